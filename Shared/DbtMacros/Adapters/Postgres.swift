extension MacroLibrary {
    static let postgresRelations = LibraryFile("dbt_postgres", "relations.sql", #"""
        {% macro postgres__table_kind(temporary) %}
            {{ return('temporary table' if temporary else 'unlogged table' if config.get('unlogged', default=false) else 'table') }}
        {% endmacro %}
        {# In brackets, as dbt writes it: the statement is kept in target/run, where people compare it. #}
        {% macro postgres__contract_query(sql) %}
            {{ return('(\n' ~ get_select_subquery(sql) ~ '\n);') }}
        {% endmacro %}
        {# A temporary table has no schema, and its name is cut so that the suffix fits. #}
        {% macro postgres__make_temp_relation(base_relation, suffix) %}
            {{ return(postgres__suffixed_relation(base_relation, suffix, dstring=True).incorporate(path={'schema': none, 'database': none})) }}
        {% endmacro %}
        {% macro postgres__make_intermediate_relation(base_relation, suffix) %}{{ return(postgres__suffixed_relation(base_relation, suffix)) }}{% endmacro %}
        {% macro postgres__make_backup_relation(base_relation, backup_relation_type, suffix) %}
            {{ return(postgres__suffixed_relation(base_relation, suffix).incorporate(type=backup_relation_type)) }}
        {% endmacro %}
        {% macro postgres__suffixed_relation(base_relation, suffix, dstring=False) %}
            {%- set end = suffix ~ (modules.datetime.datetime.now().strftime('%H%M%S%f') if dstring else '') -%}
            {%- set room = base_relation.relation_max_name_length() - end | length -%}
            {%- if room <= 0 -%}
                {{ exceptions.raise_compiler_error('Relation suffix is too long (' ~ end | length ~ ' characters). Maximum length is ' ~ base_relation.relation_max_name_length() ~ ' characters.') }}
            {%- endif -%}
            {{ return(base_relation.incorporate(path={'identifier': base_relation.identifier[:room] ~ end})) }}
        {% endmacro %}
        {% macro postgres__create_schema(relation) -%}
            {%- if relation.database -%}{{ adapter.verify_database(relation.database) }}{%- endif -%}
            {%- call statement('create_schema') -%}create schema if not exists {{ relation.without_identifier().include(database=False) }}{%- endcall -%}
        {%- endmacro %}
        {% macro postgres__drop_schema(relation) -%}
            {%- if relation.database -%}{{ adapter.verify_database(relation.database) }}{%- endif -%}
            {%- call statement('drop_schema') -%}drop schema if exists {{ relation.without_identifier().include(database=False) }} cascade{%- endcall -%}
        {%- endmacro %}
        {% macro postgres__list_schemas(database) %}
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
            {%- for name in column_dict if name in existing or (not column_dict[name]['quote'] and name | lower in existing) %}
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
            {{ return(default__get_incremental_microbatch_sql(arg_dict)) }}
        {% endmacro %}
        {% macro postgres__snapshot_merge_sql(target, source, insert_cols) -%}{{ snapshot_update_then_insert_sql(target, source, insert_cols) }}{%- endmacro %}
        {% macro postgres__batch_boundary(column, operator, time) %}
            {{ return(column ~ ' ' ~ operator ~ " '" ~ time ~ "'::timestamp with time zone") }}
        {% endmacro %}
        {% macro postgres__get_catalog(information_schema, schemas) -%}
            {%- set names = [] -%}
            {%- for schema in schemas -%}{%- do names.append("'" ~ schema ~ "'") -%}{%- endfor -%}
            {{ return(run_query(postgres__catalog_sql('n.nspname in (' ~ names | join(', ') ~ ')'))) }}
        {%- endmacro %}
        {% macro postgres__get_catalog_relations(information_schema, relations) -%}
            {%- set conditions = [] -%}
            {%- for relation in relations -%}
                {%- do conditions.append("(n.nspname = '" ~ relation.schema ~ "'" ~ (" and t.relname = '" ~ relation.identifier ~ "'" if relation.identifier else '') ~ ')') -%}
            {%- endfor -%}
            {{ return(run_query(postgres__catalog_sql(conditions | join(' or ')))) }}
        {%- endmacro %}
        {% macro postgres__catalog_sql(condition) %}
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
        {% macro postgres_parts(field, first_date, second_date, type='date') -%}
            date_part('{{ field }}', ({{ second_date }})::{{ type }}) - date_part('{{ field }}', ({{ first_date }})::{{ type }})
        {%- endmacro %}
        {# How many borders of the part lie between the two; a smaller part is counted on from the next larger one. #}
        {% macro postgres__datediff(first_date, second_date, datepart) -%}
            {%- if datepart == 'year' %}
                ({{ postgres_parts('year', first_date, second_date) }})
            {%- elif datepart in ['quarter', 'month'] %}
                ({{ datediff(first_date, second_date, 'year') }} * {{ 4 if datepart == 'quarter' else 12 }} + {{ postgres_parts(datepart, first_date, second_date) }})
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
                ({{ datediff(first_date, second_date, 'day') }} * 24 + {{ postgres_parts('hour', first_date, second_date, 'timestamp') }})
            {%- elif datepart == 'minute' %}
                ({{ datediff(first_date, second_date, 'hour') }} * 60 + {{ postgres_parts('minute', first_date, second_date, 'timestamp') }})
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

    static let postgresMaterializedViews = LibraryFile(
        "dbt_postgres", "materialized_view.sql",
        dispatched: [
            "refresh_materialized_view(relation)", "get_materialized_view_configuration_changes(existing_relation, new_config)",
        ], #"""
        {% materialization materialized_view, adapter='postgres' %}
            {%- set existing_relation = load_cached_relation(this) -%}
            {%- set target_relation = this.incorporate(type='materialized_view') -%}
            {{ run_hooks(pre_hooks, inside_transaction=False) }}
            {%- if existing_relation is none or should_full_refresh() or not existing_relation.is_materialized_view or adapter.is_put_back(existing_relation) -%}
                {%- set build_sql = get_create_materialized_view_as_sql(target_relation, sql) -%}
                {{ run_hooks(pre_hooks, inside_transaction=True) }}
                {%- if existing_relation is not none and existing_relation.is_materialized_view -%}{%- do adapter.drop_relation(existing_relation) -%}
                {%- elif existing_relation is not none -%}
                    {#- What goes for it goes last, as the answer of dbt's statement says. -#}
                    {%- set backup_relation = make_backup_relation(target_relation, existing_relation.type) -%}
                    {%- do drop_relation_if_exists(load_cached_relation(backup_relation)) -%}
                    {%- do adapter.rename_relation(existing_relation, backup_relation) -%}
                    {%- set build_sql = build_sql ~ ';\n' ~ get_drop_sql(backup_relation) -%}
                {%- endif -%}
            {%- else -%}
                {%- set changes = get_materialized_view_configuration_changes(existing_relation, config) -%}
                {%- set build_sql = changed_materialized_view_sql(target_relation, changes) -%}
                {%- if build_sql -%}{{ run_hooks(pre_hooks, inside_transaction=True) }}{%- endif -%}
            {%- endif -%}
            {%- if build_sql -%}
                {%- call statement('main') -%}{{ build_sql }}{%- endcall -%}
                {%- do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(existing_relation, full_refresh_mode=True)) -%}
                {%- do persist_docs(target_relation, model) -%}
                {{ run_hooks(post_hooks, inside_transaction=True) }}
            {%- else -%}
                {%- do store_raw_result(name='main', message='skip ' ~ target_relation, code='skip', rows_affected='-1') -%}
            {%- endif -%}
            {{ run_hooks(post_hooks, inside_transaction=False) }}
            {{ return({'relations': [target_relation]}) }}
        {% endmaterialization %}
        {% macro changed_materialized_view_sql(relation, changes) -%}
            {%- set answer = config.get('on_configuration_change') -%}
            {%- set found = 'Configuration changes were identified and `on_configuration_change` was set to `' ~ answer ~ '` for `' ~ relation.render() ~ '`' -%}
            {%- if changes is none -%}{{ return(refresh_materialized_view(relation)) }}
            {%- elif answer == 'fail' -%}{%- do exceptions.raise_fail_fast_error(found) -%}
            {%- elif answer == 'continue' -%}{%- do exceptions.warn(found) -%}{{ return('') }}
            {%- endif -%}
            {%- set statements = [] -%}
            {%- for change in changes.indexes -%}
                {%- do statements.append(get_drop_index_sql(relation, change.context.name) if change.action == 'drop' else get_create_index_sql(relation, change.context)) -%}
            {%- endfor -%}
            {{ return(statements | join(';\n')) }}
        {%- endmacro %}
        {# dbt looks at the indexes alone: of which columns, of which kind, and whether unique. #}
        {% macro postgres__get_materialized_view_configuration_changes(existing_relation, new_config) -%}
            {%- set wanted = {} -%}
            {%- for index in new_config.get('indexes', []) -%}
                {%- set columns = [index['columns']] if index['columns'] is string else index['columns'] or [] -%}
                {%- do wanted.update({(columns | map('lower') | sort | join(',')) ~ ' ' ~ (index['type'] or 'btree') ~ ' ' ~ (index['unique'] is true): index}) -%}
            {%- endfor -%}
            {%- set known = [] -%}
            {%- set changes = [] -%}
            {%- for row in run_query(get_show_indexes_sql(existing_relation)).rows -%}
                {%- set key = (row['column_names'].split(',') | map('lower') | sort | join(',')) ~ ' ' ~ row['method'] ~ ' ' ~ row['unique'] -%}
                {%- do known.append(key) -%}
                {%- if key not in wanted -%}{%- do changes.append({'action': 'drop', 'context': {'name': row['name']}}) -%}{%- endif -%}
            {%- endfor -%}
            {%- for key, index in wanted.items() if key not in known -%}{%- do changes.append({'action': 'create', 'context': index}) -%}{%- endfor -%}
            {{ return({'indexes': changes} if changes else none) }}
        {%- endmacro %}
        {% macro postgres__get_create_materialized_view_as_sql(relation, sql) -%}
            create materialized view if not exists {{ relation.render() }} as
            {{ sql }}
            {%- for index in config.get('indexes', []) -%};
            {{ get_create_index_sql(relation, index) }}
            {%- endfor -%}
        {%- endmacro %}
        {% macro postgres__refresh_materialized_view(relation) %}refresh materialized view {{ relation.render() }}{% endmacro %}
        """#)
}
