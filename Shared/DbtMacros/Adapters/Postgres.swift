extension MacroLibrary {
    static let postgresRelations = LibraryFile("dbt_postgres", "relations.sql", #"""
        {# In brackets, so that a query that ends its statement itself is refused. #}
        {% macro postgres__create_table_as(temporary, relation, sql) -%}
            {%- set sql_header = config.get('sql_header', none) -%}
            {%- set contract_config = config.get('contract') -%}
            {%- set is_enforced = contract_config and contract_config.enforced -%}
            {{ sql_header if sql_header is not none }}
            create {{ 'temporary ' if temporary else 'unlogged ' if config.get('unlogged', default=false) }}table {{ relation }}
            {%- if is_enforced %}{{ get_assert_columns_equivalent(sql) }}{% endif %}
            {%- if is_enforced and not temporary %}
            {{ get_table_columns_and_constraints() }};
            insert into {{ relation }} ({{ adapter.dispatch('get_column_names', 'dbt')() }})
            {%- set sql = get_select_subquery(sql) %}
            {%- else %} as
            {%- endif %}
            (
                {{ sql }}
            );
        {%- endmacro %}
        {% macro postgres__get_replace_table_sql(relation, sql) -%}{{ sluice_postgres_replacing('table', relation, sql) }}{%- endmacro %}
        {% macro postgres__get_replace_view_sql(relation, sql) -%}{{ sluice_postgres_replacing('view', relation, sql) }}{%- endmacro %}
        {% macro sluice_postgres_replacing(kind, relation, sql) -%}
            {%- set sql_header = config.get('sql_header', none) -%}
            {%- set contract_config = config.get('contract') -%}
            {{ sql_header if sql_header is not none }}
            create or replace {{ kind }} {{ relation }}
            {%- if contract_config and contract_config.enforced %}
            {{ get_assert_columns_equivalent(sql) }}
            {%- if kind == 'table' %}
            {{ get_table_columns_and_constraints() }}
            {%- set sql = get_select_subquery(sql) %}
            {%- endif %}
            {%- endif %}
            as (
                {{ sql }}
            );
        {%- endmacro %}
        {% macro postgres__drop_table(relation) -%}drop table if exists {{ relation }} cascade{%- endmacro %}
        {% macro postgres__drop_view(relation) -%}drop view if exists {{ relation }} cascade{%- endmacro %}
        {% macro postgres__drop_materialized_view(relation) -%}drop materialized view if exists {{ relation }} cascade{%- endmacro %}
        {% macro postgres__get_rename_table_sql(relation, new_name) %}alter table {{ relation }} rename to {{ new_name }}{% endmacro %}
        {% macro postgres__get_rename_view_sql(relation, new_name) %}alter view {{ relation }} rename to {{ new_name }}{% endmacro %}
        {% macro postgres__get_rename_materialized_view_sql(relation, new_name) %}
            alter materialized view {{ relation }} rename to {{ new_name }}
        {% endmacro %}
        {# A temporary table has no schema, and its name is cut so that the suffix fits. #}
        {% macro postgres__make_temp_relation(base_relation, suffix) %}
            {{ return(postgres__make_relation_with_suffix(base_relation, suffix, dstring=True).incorporate(path={'schema': none, 'database': none})) }}
        {% endmacro %}
        {% macro postgres__make_intermediate_relation(base_relation, suffix) %}
            {{ return(postgres__make_relation_with_suffix(base_relation, suffix, dstring=False)) }}
        {% endmacro %}
        {% macro postgres__make_backup_relation(base_relation, backup_relation_type, suffix) %}
            {{ return(postgres__make_relation_with_suffix(base_relation, suffix, dstring=False).incorporate(type=backup_relation_type)) }}
        {% endmacro %}
        {% macro postgres__make_relation_with_suffix(base_relation, suffix, dstring) %}
            {%- set end = suffix ~ (modules.datetime.datetime.now().strftime('%H%M%S%f') if dstring else '') -%}
            {%- set room = base_relation.relation_max_name_length() - end | length -%}
            {%- if room < 0 -%}
                {%- do exceptions.raise_compiler_error('Relation suffix is too long (' ~ end | length ~ ' characters). Maximum length is ' ~ base_relation.relation_max_name_length() ~ ' characters.') -%}
            {%- endif -%}
            {{ return(base_relation.incorporate(path={'identifier': base_relation.identifier[:room] ~ end})) }}
        {% endmacro %}
        {% macro postgres__information_schema_name(database) -%}information_schema{%- endmacro %}
        {% macro postgres__get_columns_in_relation(relation) -%}{{ return(adapter.described_columns(relation)) }}{%- endmacro %}
        {% macro postgres__list_relations_without_caching(schema_relation) %}{{ return(adapter.described_relations(schema_relation)) }}{% endmacro %}
        {# Which view reads which relation: a view's rule hangs on the view and on all that it reads. #}
        {% macro postgres__get_relations() -%}
            {%- call statement('relations', fetch_result=True) -%}
                select distinct vn.nspname as dependent_schema, v.relname as dependent_name, rn.nspname as referenced_schema, r.relname as referenced_name
                from pg_rewrite rule
                join pg_class v on v.oid = rule.ev_class
                join pg_namespace vn on vn.oid = v.relnamespace
                join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = rule.oid
                    and d.refclassid = 'pg_class'::regclass and d.refobjid <> v.oid
                join pg_class r on r.oid = d.refobjid
                join pg_namespace rn on rn.oid = r.relnamespace
                where rn.nspname <> 'information_schema' and rn.nspname not like 'pg\_%'
                order by 1, 2, 3, 4
            {%- endcall -%}
            {{ return(load_result('relations').table) }}
        {%- endmacro %}
        {% macro postgres_get_relations() %}{{ return(postgres__get_relations()) }}{% endmacro %}
        {% macro postgres__create_schema(relation) -%}
            {%- if relation.database -%}{{ adapter.verify_database(relation.database) }}{%- endif -%}
            {%- call statement('create_schema') -%}create schema if not exists {{ relation.without_identifier().include(database=False) }}{%- endcall -%}
        {%- endmacro %}
        {% macro postgres__drop_schema(relation) -%}
            {%- if relation.database -%}{{ adapter.verify_database(relation.database) }}{%- endif -%}
            {%- call statement('drop_schema') -%}drop schema if exists {{ relation.without_identifier().include(database=False) }} cascade{%- endcall -%}
        {%- endmacro %}
        {% macro postgres__list_schemas(database) %}
            {%- if database -%}{{ adapter.verify_database(database) }}{%- endif -%}
            {{ return(run_query('select distinct nspname from pg_namespace')) }}
        {% endmacro %}
        {% macro postgres__check_schema_exists(information_schema, schema) -%}
            {{ return(run_query("select count(*) from pg_namespace where nspname = '" ~ schema ~ "'")) }}
        {%- endmacro %}
        {% macro postgres__copy_grants() %}{{ return(False) }}{% endmacro %}
        {% macro postgres__get_show_grant_sql(relation) %}
            select grantee, privilege_type
            from {{ relation.information_schema('role_table_grants') }}
            where grantor = current_role and grantee != current_role
                and table_schema = '{{ relation.schema }}' and table_name = '{{ relation.identifier }}'
        {% endmacro %}

        {% macro postgres__alter_relation_comment(relation, comment) %}
            comment on {{ (relation.type or 'table') | replace('_', ' ') }} {{ relation.render() }} is {{ postgres_escape_comment(comment) }}
        {% endmacro %}
        {% macro postgres__alter_column_comment(relation, column_dict) %}
            {%- set existing = adapter.get_columns_in_relation(relation) | map(attribute='name') | list -%}
            {%- for name in column_dict if name in existing %}
            comment on column {{ relation.render() }}.{{ adapter.quote(name) if column_dict[name]['quote'] else name }} is {{ postgres_escape_comment(column_dict[name]['description']) }};
            {%- endfor -%}
        {% endmacro %}
        {# Quoted by dollars, so that nothing inside needs escaping; a text that holds the mark itself is refused. #}
        {% macro postgres_escape_comment(comment) -%}
            {%- if comment is not string -%}{%- do exceptions.raise_compiler_error('cannot escape a non-string: ' ~ comment) -%}{%- endif -%}
            {%- set mark = '$dbt_comment_literal_block$' -%}
            {%- if mark in comment -%}{%- do exceptions.raise_compiler_error('The string ' ~ mark ~ ' is not allowed in comments.') -%}{%- endif -%}
            {{ mark }}{{ comment }}{{ mark }}
        {%- endmacro %}

        {% macro postgres__get_create_index_sql(relation, index_dict) -%}
            {%- set index_config = adapter.parse_index(index_dict) -%}
            {%- set method = index_config.type or 'btree' -%}
            create {{ 'unique ' if index_config.unique }}index if not exists "{{ index_config.render(relation) }}"
            on {{ relation }} using {{ method }} ({{ index_config.columns | join(', ') }})
        {%- endmacro %}
        {% macro postgres__get_drop_index_sql(relation, index_name) -%}drop index if exists "{{ relation.schema }}"."{{ index_name }}"{%- endmacro %}
        {% macro postgres__get_show_indexes_sql(relation) %}
            select i.relname as name, m.amname as method, ix.indisunique as "unique",
                array_to_string(array_agg(a.attname), ',') as column_names
            from pg_index ix
            join pg_class i on i.oid = ix.indexrelid
            join pg_am m on m.oid = i.relam
            join pg_class t on t.oid = ix.indrelid
            join pg_namespace n on n.oid = t.relnamespace
            join pg_attribute a on a.attrelid = t.oid and a.attnum = any(ix.indkey)
            where t.relname = '{{ relation.identifier }}' and n.nspname = '{{ relation.schema }}' and t.relkind in ('r', 'm')
            group by 1, 2, 3 order by 1, 2, 3
        {% endmacro %}
        {% macro postgres__alter_column_type(relation, column_name, new_column_type) -%}
            {%- call statement('alter_column_type') -%}
                alter table {{ relation.render() }} alter column {{ adapter.quote(column_name) }} type {{ new_column_type }}
            {%- endcall -%}
        {%- endmacro %}
        {% macro postgres__get_incremental_default_sql(arg_dict) %}
            {%- if arg_dict['unique_key'] -%}{{ return(get_incremental_delete_insert_sql(arg_dict)) }}{%- endif -%}
            {{ return(get_incremental_append_sql(arg_dict)) }}
        {% endmacro %}
        {% macro postgres__get_incremental_microbatch_sql(arg_dict) %}
            {%- if arg_dict['unique_key'] -%}
                {%- do arg_dict.pop('incremental_predicates', none) -%}
                {%- do arg_dict.update({'incremental_predicates': []}) -%}
                {{ return(adapter.dispatch('get_incremental_merge_sql', 'dbt')(arg_dict)) }}
            {%- endif -%}
            {%- do exceptions.raise_compiler_error("dbt-postgres 'microbatch' requires a `unique_key` config") -%}
        {% endmacro %}
        {% macro postgres__snapshot_merge_sql(target, source, insert_cols) -%}{{ sluice_snapshot_update_then_insert_sql(target, source, insert_cols) }}{%- endmacro %}
        {% macro postgres__sluice_batch_boundary(column, operator, time) %}
            {{ return(column ~ ' ' ~ operator ~ " '" ~ time ~ "'::timestamp with time zone") }}
        {% endmacro %}
        {% macro postgres__get_catalog(information_schema, schemas) -%}
            {%- set names = [] -%}
            {%- for schema in schemas -%}{%- do names.append("'" ~ schema ~ "'") -%}{%- endfor -%}
            {{ return(run_query(sluice_postgres_catalog('n.nspname in (' ~ names | join(', ') ~ ')'))) }}
        {%- endmacro %}
        {% macro postgres__get_catalog_relations(information_schema, relations) -%}
            {%- set conditions = [] -%}
            {%- for relation in relations -%}
                {%- do conditions.append("(n.nspname = '" ~ relation.schema ~ "'" ~ (" and t.relname = '" ~ relation.identifier ~ "'" if relation.identifier else '') ~ ')') -%}
            {%- endfor -%}
            {{ return(run_query(sluice_postgres_catalog(conditions | join(' or ')))) }}
        {%- endmacro %}
        {% macro sluice_postgres_catalog(condition) %}
            select '{{ target.database }}' as table_database, n.nspname as table_schema, t.relname as table_name,
                case t.relkind when 'v' then 'VIEW' when 'm' then 'MATERIALIZED VIEW' else 'BASE TABLE' end as table_type,
                td.description as table_comment, a.attname as column_name, a.attnum as column_index,
                format_type(a.atttypid, a.atttypmod) as column_type, cd.description as column_comment, pg_get_userbyid(t.relowner) as table_owner
            from pg_namespace n
            join pg_class t on t.relnamespace = n.oid
            join pg_attribute a on a.attrelid = t.oid
            left join pg_description td on td.objoid = t.oid and td.objsubid = 0
            left join pg_description cd on cd.objoid = t.oid and cd.objsubid = a.attnum
            where ({{ condition }}) and t.relpersistence in ('p', 'u') and t.relkind in ('r', 'v', 'f', 'p', 'm')
                and a.attnum > 0 and not a.attisdropped
            order by 1, 2, 3, 7
        {% endmacro %}
        """#)

    static let postgresFunctions = LibraryFile("dbt_postgres", "functions.sql", #"""
        {% macro postgres__current_timestamp() -%}now(){%- endmacro %}
        {% macro postgres__snapshot_string_as_time(timestamp) -%}{{ return("'" ~ timestamp ~ "'::timestamp without time zone") }}{%- endmacro %}
        {% macro postgres__snapshot_get_time() -%}{{ current_timestamp() }}::timestamp without time zone{%- endmacro %}
        {% macro postgres__current_timestamp_backcompat() %}
            current_timestamp::{{ type_timestamp() }}
        {% endmacro %}
        {% macro postgres__current_timestamp_in_utc_backcompat() %}
            (current_timestamp at time zone 'utc')::{{ type_timestamp() }}
        {% endmacro %}
        {% macro postgres__equals(expr1, expr2) -%}
            {%- if adapter.behavior.enable_truthy_nulls_equals_macro.no_warn %}
            ({{ expr1 }} is not distinct from {{ expr2 }})
            {%- else -%}
            ({{ expr1 }} = {{ expr2 }})
            {%- endif %}
        {%- endmacro %}
        {% macro postgres__any_value(expression) -%}min({{ expression }}){%- endmacro %}
        {% macro postgres__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
            {%- if limit_num -%}
            array_to_string(
                (array_agg(
                    {{ measure }}
                    {{ order_by_clause or '' }}
                ))[1:{{ limit_num }}],
                {{ delimiter_text }}
                )
            {%- else %}
            string_agg(
                {{ measure }},
                {{ delimiter_text }}
                {{ order_by_clause or '' }}
                )
            {%- endif -%}
        {%- endmacro %}
        {% macro postgres__split_part(string_text, delimiter_text, part_number) %}

          {{ "" }}
            {%- if part_number is not number or part_number >= 0 %}
            {{ default__split_part(string_text, delimiter_text, part_number) }}
            {%- else %}
            {{ _split_part_negative(string_text, delimiter_text, part_number) }}
            {%- endif %}
          {{ "\n" }}
        {% endmacro %}
        """#)

    static let postgresDates = LibraryFile("dbt_postgres", "dates.sql", #"""
        {% macro postgres__dateadd(datepart, interval, from_date_or_timestamp) %}

            {{ from_date_or_timestamp }} + ((interval '1 {{ datepart }}') * ({{ interval }}))

        {% endmacro %}
        {% macro sluice_postgres_parts(field, first_date, second_date, type='date') -%}
            date_part('{{ field }}', ({{ second_date }})::{{ type }}) - date_part('{{ field }}', ({{ first_date }})::{{ type }})
        {%- endmacro %}
        {# How many borders of the part lie between the two; a smaller part is counted on from the next larger one. #}
        {% macro postgres__datediff(first_date, second_date, datepart) -%}
            {%- if datepart == 'year' %}
                ({{ sluice_postgres_parts('year', first_date, second_date) }})
            {%- elif datepart in ['quarter', 'month'] %}
                ({{ datediff(first_date, second_date, 'year') }} * {{ 4 if datepart == 'quarter' else 12 }} + {{ sluice_postgres_parts(datepart, first_date, second_date) }})
            {%- elif datepart == 'day' %}
                (({{ second_date }})::date - ({{ first_date }})::date)
            {%- elif datepart == 'week' %}
                ({{ datediff(first_date, second_date, 'day') }} / 7 + case
                    when date_part('dow', ({{ first_date }})::timestamp) <= date_part('dow', ({{ second_date }})::timestamp) then
                        case when {{ first_date }} <= {{ second_date }} then 0 else -1 end
                    else
                        case when {{ first_date }} <= {{ second_date }} then 1 else 0 end
                end)
            {%- elif datepart == 'hour' %}
                ({{ datediff(first_date, second_date, 'day') }} * 24 + {{ sluice_postgres_parts('hour', first_date, second_date, 'timestamp') }})
            {%- elif datepart == 'minute' %}
                ({{ datediff(first_date, second_date, 'hour') }} * 60 + {{ sluice_postgres_parts('minute', first_date, second_date, 'timestamp') }})
            {%- elif datepart in ['second', 'millisecond', 'microsecond'] %}
                {%- set factor = {'second': 60, 'millisecond': 60000, 'microsecond': 60000000}[datepart] %}
                ({{ datediff(first_date, second_date, 'minute') }} * {{ factor }} + floor(date_part('{{ datepart }}', ({{ second_date }})::timestamp)) - floor(date_part('{{ datepart }}', ({{ first_date }})::timestamp)))
            {%- else %}
                {{ exceptions.raise_compiler_error("Unsupported datepart for macro datediff in postgres: '" ~ datepart ~ "'") }}
            {%- endif %}
            {{ "" }}
        {%- endmacro %}
        {% macro postgres__last_day(date, datepart) -%}
            {%- if datepart == 'quarter' -%}
            cast(
                {{ dateadd('day', '-1', dateadd('month', '3', date_trunc('quarter', date))) }}
                as date)
            {%- else -%}
                {{ default_last_day(date, datepart) }}
            {%- endif -%}
        {%- endmacro %}
        """#)

    static let postgresMaterializedViews = LibraryFile("dbt_postgres", "materialized_view.sql", #"""
        {% macro postgres__get_create_materialized_view_as_sql(relation, sql) %}
            create materialized view if not exists {{ relation }} as {{ sql }};
            {% for index_dict in config.get('indexes', []) -%}
            {{ get_create_index_sql(relation, index_dict) }};
            {% endfor %}
        {% endmacro %}
        {% macro postgres__refresh_materialized_view(relation) %}refresh materialized view {{ relation }}{% endmacro %}
        {# Its indexes alone: another query goes unseen, as in dbt, until a full refresh. #}
        {% macro postgres__describe_materialized_view(relation) %}
            {{ return({'indexes': run_query(get_show_indexes_sql(relation))}) }}
        {% endmacro %}
        {% macro postgres__get_materialized_view_configuration_changes(existing_relation, new_config) %}
            {{ return(existing_relation.get_materialized_view_config_change_collection(
                postgres__describe_materialized_view(existing_relation), new_config.model)) }}
        {% endmacro %}
        {% macro postgres__get_alter_materialized_view_as_sql(relation, configuration_changes, sql, existing_relation, backup_relation, intermediate_relation) %}
            {%- if configuration_changes.requires_full_refresh -%}
                {{ get_replace_sql(existing_relation, relation, sql) }}
            {%- else -%}
                {{ postgres__update_indexes_on_materialized_view(relation, configuration_changes.indexes) }}
            {%- endif -%}
        {% endmacro %}
        {% macro postgres__update_indexes_on_materialized_view(relation, index_changes) -%}
            {%- do log('Applying UPDATE INDEXES to: ' ~ relation) -%}
            {%- set statements = [] -%}
            {%- for change in index_changes -%}
                {%- if change.action == 'drop' -%}
                    {%- do statements.append(postgres__get_drop_index_sql(relation, change.context.name)) -%}
                {%- elif change.action == 'create' -%}
                    {%- do statements.append(postgres__get_create_index_sql(relation, change.context.as_node_config)) -%}
                {%- endif -%}
            {%- endfor -%}
            {{ statements | join(';\n') }}
        {%- endmacro %}
        """#)
}
