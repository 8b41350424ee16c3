extension MacroLibrary {
    static let sqliteRelations = LibraryFile("dbt_sqlite", "relations.sql", #"""
        {# There are no roles: what a reader may see is copied for it when the command is through. #}
        {% macro sqlite__apply_grants(relation, grant_config, should_revoke=True) %}{% endmacro %}
        {% macro sqlite__drop_relation(relation) %}{{ return(default__drop_relation(relation)) }}{% endmacro %}
        {% macro sqlite__make_temp_relation(base_relation, suffix) %}{{ return(default__make_temp_relation(base_relation, suffix)) }}{% endmacro %}
        {% macro sqlite__list_relations_without_caching(schema_relation) %}{{ return(adapter.described_relations(schema_relation)) }}{% endmacro %}
        {% macro sqlite__load_csv_rows(model, agate_table) %}{{ return(default__load_csv_rows(model, agate_table)) }}{% endmacro %}
        {% macro sqlite__get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) %}
            {{ return(default__get_test_sql(main_sql, fail_calc, warn_if, error_if, limit)) }}
        {% endmacro %}
        {% macro sqlite__drop_table(relation) %}drop table if exists {{ relation.render() }}{% endmacro %}
        {% macro sqlite__drop_view(relation) %}drop view if exists {{ relation.render() }}{% endmacro %}
        {# Without brackets, which the engine refuses there. #}
        {% macro sqlite__create_table_as(temporary, relation, sql) -%}
            {%- set sql_header = config.get('sql_header', none) -%}
            {%- set contract_config = config.get('contract') -%}
            {{ sql_header if sql_header is not none }}
            {%- if contract_config and contract_config.enforced and not temporary %}
            {{ get_assert_columns_equivalent(sql) }}
            create table {{ relation }} {{ get_table_columns_and_constraints() }};
            insert into {{ relation }} ({{ adapter.dispatch('get_column_names', 'dbt')() }})
            {{ get_select_subquery(sql) }}
            {%- else %}
            create {{ 'temporary ' if temporary }}table {{ adapter.name_in_place(relation) if temporary else relation }} as
            {{ sql }}
            {%- endif %}
        {%- endmacro %}
        {% macro sqlite__create_view_as(relation, sql, auto_begin=False) -%}
            {%- set sql_header = config.get('sql_header', none) -%}
            {%- set contract_config = config.get('contract') -%}
            {{ sql_header if sql_header is not none }}
            {%- if contract_config and contract_config.enforced -%}{{ get_assert_columns_equivalent(sql) }}{%- endif %}
            {#- As dbt's adapter, whose statement for a view ends itself. -#}
            {%- if (sql | trim).endswith(';') -%}{%- do exceptions.raise_database_error('You can only execute one statement at a time.') -%}{%- endif %}
            create view {{ relation.render() }} as
            {{ sql }}
        {%- endmacro %}
        {% macro sqlite__truncate_relation(relation) %}
            {%- call statement('truncate_relation') -%}delete from {{ relation.render() }}{%- endcall -%}
        {% endmacro %}
        {# A view cannot be renamed: it is written down again under its new name. #}
        {% macro sqlite__rename_relation(from_relation, to_relation) %}
            {%- if from_relation.is_view -%}
                {%- set definition = adapter.view_definition(from_relation) -%}
                {%- call statement('drop_relation') -%}drop view if exists {{ from_relation.render() }}{%- endcall -%}
                {%- call statement('rename_relation') -%}create view {{ to_relation.render() }} as {{ definition }}{%- endcall -%}
            {%- else -%}
                {%- call statement('rename_relation') -%}alter table {{ from_relation.render() }} rename to {{ adapter.name_in_place(to_relation) }}{%- endcall -%}
            {%- endif -%}
        {% endmacro %}
        {% macro sqlite__sluice_replace_with_view(existing_relation, target_relation, sql) %}
            {%- do adapter.drop_relation(existing_relation) -%}
            {%- call statement('main') -%}{{ get_create_view_as_sql(target_relation, sql) }}{%- endcall -%}
        {% endmacro %}
        {# A rename makes the engine read its whole schema again, for each table. So the old one goes first, unless the query reads it:
           all is one transaction, and readers see the old one until its end. #}
        {% macro sqlite__sluice_build_table(existing_relation, target_relation, sql) %}
            {%- if existing_relation is not none and existing_relation.is_table and not adapter.may_read(sql, existing_relation) -%}
                {%- do adapter.drop_relation(existing_relation) -%}
                {%- set existing_relation = none -%}
            {%- endif -%}
            {%- do default__sluice_build_table(existing_relation, target_relation, sql) -%}
        {% endmacro %}
        {# A table of the file itself and not a temporary one, which would have to fit into memory. #}
        {% macro sqlite__sluice_stage_incremental(temp_relation, sql) %}
            {%- do drop_relation_if_exists(load_cached_relation(temp_relation)) -%}
            {%- call statement('stage') -%}{{ get_create_table_as_sql(False, temp_relation, sql) }}{%- endcall -%}
        {% endmacro %}
        {% macro sqlite__build_snapshot_staging_table(strategy, sql, target_relation) %}
            {%- set temp_relation = make_temp_relation(target_relation) -%}
            {%- do drop_relation_if_exists(load_cached_relation(temp_relation)) -%}
            {%- set select = snapshot_staging_table(strategy, sql, target_relation) -%}
            {%- call statement('build_snapshot_staging_relation') -%}create table {{ temp_relation }} as {{ select }}{%- endcall -%}
            {{ return(temp_relation) }}
        {% endmacro %}
        {% macro sqlite__create_schema(relation, auto_begin=False) -%}{%- do adapter.make_schema(relation.schema) -%}{%- endmacro %}
        {% macro sqlite__drop_schema(relation) -%}
            {%- for found in adapter.list_relations_without_caching(relation) -%}{%- do adapter.drop_relation(found) -%}{%- endfor -%}
            {%- do adapter.forget_schema(relation.schema) -%}
        {%- endmacro %}
        {# Every schema there is or could be: a schema is the beginning of a name here. #}
        {% macro sqlite__check_schema_exists(information_schema, schema) -%}{{ return(adapter.rows_of([[1]], ['count'])) }}{%- endmacro %}
        {% macro sqlite__list_schemas(database) -%}{{ return(adapter.rows_of([[target.schema]], ['schema'])) }}{%- endmacro %}

        {% macro sqlite__alter_relation_add_remove_columns(relation, add_columns, remove_columns) %}
            {%- for column in add_columns or [] -%}
                {%- do run_query('alter table ' ~ relation.render() ~ ' add column ' ~ column.quoted ~ ' ' ~ column.expanded_data_type) -%}
            {%- endfor -%}
            {%- for column in remove_columns or [] -%}
                {%- do run_query('alter table ' ~ relation.render() ~ ' drop column ' ~ column.quoted) -%}
            {%- endfor -%}
        {% endmacro %}
        {% macro sqlite__alter_column_type(relation, column_name, new_column_type) -%}
            {%- set new_name = adapter.quote(column_name ~ '__dbt_alter') -%}
            {%- set old_name = adapter.quote(column_name) -%}
            {%- call statement('alter_column_type') -%}
                alter table {{ relation.render() }} add column {{ new_name }} {{ new_column_type }};
                update {{ relation.render() }} set {{ new_name }} = {{ old_name }};
                alter table {{ relation.render() }} drop column {{ old_name }};
                alter table {{ relation.render() }} rename column {{ new_name }} to {{ old_name }}
            {%- endcall -%}
        {%- endmacro %}
        {% macro sqlite__get_create_index_sql(relation, index_dict) -%}
            {%- set columns = get_quoted_csv(index_dict.columns) -%}
            {%- set name = adapter.quote((relation.render() | replace('"', '')) ~ '__' ~ local_md5(index_dict.columns | join('_'))) -%}
            create {{ 'unique ' if index_dict.unique }}index if not exists {{ name }} on {{ relation.render() }} ({{ columns }})
        {%- endmacro %}
        {% macro sqlite__get_binding_char() %}{{ return('?') }}{% endmacro %}
        """#)

    static let sqliteMerging = LibraryFile("dbt_sqlite", "merging.sql", #"""
        {# An update and an insert. The insert joins, because the engine makes an index for a join by itself; a correlated
           `not exists` would read the target for each new row. #}
        {% macro sqlite__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
            {%- set columns = get_quoted_csv(dest_columns | map(attribute='name')) -%}
            {%- set keys = sluice_unique_keys(unique_key) -%}
            {%- set conditions = sluice_merge_conditions(unique_key, incremental_predicates) | join(' and ') -%}
            {%- if keys -%}
            {%- set updated = get_merge_update_columns(config.get('merge_update_columns'), config.get('merge_exclude_columns'), dest_columns) %}
            update {{ target }} as DBT_INTERNAL_DEST
            set {% for column in updated -%}{{ column }} = DBT_INTERNAL_SOURCE.{{ column }}{{ ', ' if not loop.last }}{%- endfor %}
            from {{ source }} as DBT_INTERNAL_SOURCE
            where {{ conditions }};
            insert into {{ target }} ({{ columns }})
            select {% for column in dest_columns -%}DBT_INTERNAL_SOURCE.{{ adapter.quote(column.name) }}{{ ', ' if not loop.last }}{%- endfor %}
            from {{ source }} as DBT_INTERNAL_SOURCE
            left join (select {{ '*' if incremental_predicates else keys | join(', ') }}, 1 as dbt_is_there from {{ target }}) as DBT_INTERNAL_DEST on {{ conditions }}
            where DBT_INTERNAL_DEST.dbt_is_there is null
            {%- else %}
            insert into {{ target }} ({{ columns }})
            select {{ columns }} from {{ source }}
            {%- endif %}
        {%- endmacro %}
        {% macro sqlite__snapshot_merge_sql(target, source, insert_cols) -%}{{ sluice_snapshot_update_then_insert_sql(target, source, insert_cols) }}{%- endmacro %}
        {% macro sqlite__sluice_batch_boundary(column, operator, time) %}
            {{ return('datetime(' ~ column ~ ') ' ~ operator ~ " datetime('" ~ time ~ "')") }}
        {% endmacro %}
        """#)

    static let sqliteFunctions = LibraryFile("dbt_sqlite", "functions.sql", #"""
        {% macro sqlite__current_timestamp() -%}datetime(){%- endmacro %}
        {# With its fractions: two snapshots of one second must differ. #}
        {% macro sqlite__snapshot_get_time() -%}strftime('%Y-%m-%d %H:%M:%f', 'now'){%- endmacro %}
        {% macro sqlite__current_timestamp_backcompat() -%}datetime('now'){%- endmacro %}
        {% macro sqlite__get_snapshot_get_time_data_type() %}{{ return(none) }}{% endmacro %}
        {% macro sqlite__snapshot_string_as_time(timestamp) %}{{ return("'" ~ timestamp ~ "'") }}{% endmacro %}
        {% macro sqlite__any_value(expression) -%}min({{ expression }}){%- endmacro %}
        {% macro sqlite__bool_or(expression) -%}max({{ expression }}){%- endmacro %}
        {% macro sqlite__cast_bool_to_text(field) -%}
            case when {{ field }} then 'true' when not {{ field }} then 'false' end
        {%- endmacro %}
        {% macro sqlite__hash(field) -%}md5(cast({{ field }} as text)){%- endmacro %}
        {% macro sqlite__snapshot_hash_arguments(args) -%}
            md5({%- for arg in args -%}coalesce(cast({{ arg }} as text), ''){{ " || '|' || " if not loop.last }}{%- endfor -%})
        {%- endmacro %}
        {% macro sqlite__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
            {%- if limit_num and execute -%}
                {{ exceptions.raise_compiler_error('listagg: SQLite cannot limit the rows of an aggregate; number them in the query and filter there') }}
            {%- endif -%}
            group_concat({{ measure }}, {{ delimiter_text }}{{ ' ' ~ order_by_clause if order_by_clause }})
        {%- endmacro %}
        {% macro sqlite__position(substring_text, string_text) -%}instr({{ string_text }}, {{ substring_text }}){%- endmacro %}
        {% macro sqlite__right(string_text, length_expression) -%}
            case when {{ length_expression }} = 0 then '' else substr({{ string_text }}, -1 * ({{ length_expression }})) end
        {%- endmacro %}
        {% macro sqlite__escape_single_quotes(expression) -%}{{ expression | replace("'", "''") }}{%- endmacro %}
        {# The text as a JSON list: what lies between two delimiters becomes one entry. #}
        {% macro sqlite__split_part(string_text, delimiter_text, part_number) -%}
            {%- set list = "'[\"' || replace(replace(replace(cast(" ~ string_text ~ " as text), '\\', '\\\\'), '\"', '\\\"'), " ~ delimiter_text ~ ", '\",\"') || '\"]'" -%}
            {%- set index = ("'$[' || (" ~ part_number ~ " - 1) || ']'") if part_number is not number or part_number > 0
                else "'$[#" ~ part_number ~ "]'" -%}
            coalesce(json_extract({{ list }}, {{ index }}), case when {{ string_text }} is not null then '' end)
        {%- endmacro %}
        {# An expression's column has no type here, or one that means nothing. #}
        {% macro sqlite__sluice_fixture_cast(text, type) %}
            {{ return(text if type | upper in ['', 'NUM'] or text == 'null' else safe_cast(text, type)) }}
        {% endmacro %}
        {% macro sqlite__array_construct(inputs, data_type) -%}json_array({{ inputs | join(', ') }}){%- endmacro %}
        {% macro sqlite__array_append(array, new_element) -%}json_insert({{ array }}, '$[#]', {{ new_element }}){%- endmacro %}
        {% macro sqlite__array_concat(array_1, array_2) -%}
            (select json_group_array(value) from (select value from json_each({{ array_1 }}) union all select value from json_each({{ array_2 }})))
        {%- endmacro %}
        """#)

    static let sqliteDates = LibraryFile("dbt_sqlite", "dates.sql", #"""
        {% macro sqlite__date(year, month, day) -%}
            '{{ modules.datetime.date(year, month, day).strftime('%Y-%m-%d') }}'
        {%- endmacro %}
        {# A time of day appears only where there was one or the part asks for it. #}
        {% macro sqlite__dateadd(datepart, interval, from_date_or_timestamp) -%}
            {%- set part = datepart | lower | trim -%}
            {%- set units = {'quarter': ['month', 3], 'week': ['day', 7], 'millisecond': ['second', 0.001], 'microsecond': ['second', 0.000001]} -%}
            {%- set unit, factor = units.get(part, [part, 1]) -%}
            {%- set times = '((' ~ interval ~ ') * ' ~ factor ~ ')' if factor != 1 else '(' ~ interval ~ ')' -%}
            {%- set date = from_date_or_timestamp -%}
            {%- if part in ['hour', 'minute', 'second', 'millisecond', 'microsecond'] -%}
                datetime({{ date }}, {{ times }} || ' {{ unit }}')
            {%- elif unit == 'day' -%}
                case when length({{ date }}) > 10 then datetime({{ date }}, {{ times }} || ' day') else date({{ date }}, {{ times }} || ' day') end
            {%- else -%}
                {#- The engine lets the 31st of a shorter month run over into the next; its last day is meant. -#}
                {%- set months = '(' ~ times ~ ' * 12)' if unit == 'year' else times -%}
                {%- set day -%}
                    min(date({{ date }}, {{ months }} || ' month'), date({{ date }}, 'start of month', ({{ months }} + 1) || ' month', '-1 day'))
                {%- endset -%}
                case when length({{ date }}) > 10 then {{ day }} || ' ' || time({{ date }}) else {{ day }} end
            {%- endif -%}
        {%- endmacro %}
        {% macro sluice_sqlite_months(date) -%}(cast(strftime('%Y', {{ date }}) as integer) * 12 + cast(strftime('%m', {{ date }}) as integer)){%- endmacro %}
        {% macro sluice_sqlite_seconds(date, unit) -%}(cast(strftime('%s', {{ date }}) as integer) / {{ unit }}){%- endmacro %}
        {# How many borders of the part lie between the two. #}
        {% macro sqlite__datediff(first_date, second_date, datepart) -%}
            {%- set part = datepart | lower | trim -%}
            {%- if part == 'year' -%}
                (cast(strftime('%Y', {{ second_date }}) as integer) - cast(strftime('%Y', {{ first_date }}) as integer))
            {%- elif part == 'quarter' -%}
                (({{ sluice_sqlite_months(second_date) }} - 1) / 3 - ({{ sluice_sqlite_months(first_date) }} - 1) / 3)
            {%- elif part == 'month' -%}
                ({{ sluice_sqlite_months(second_date) }} - {{ sluice_sqlite_months(first_date) }})
            {%- elif part == 'week' -%}
                (cast((julianday(date({{ second_date }}, 'weekday 6', '-6 days')) - julianday(date({{ first_date }}, 'weekday 6', '-6 days'))) / 7 as integer))
            {%- elif part == 'day' -%}
                (cast(julianday(date({{ second_date }})) - julianday(date({{ first_date }})) as integer))
            {%- elif part == 'hour' -%}
                ({{ sluice_sqlite_seconds(second_date, 3600) }} - {{ sluice_sqlite_seconds(first_date, 3600) }})
            {%- elif part == 'minute' -%}
                ({{ sluice_sqlite_seconds(second_date, 60) }} - {{ sluice_sqlite_seconds(first_date, 60) }})
            {%- elif part == 'second' -%}
                ({{ sluice_sqlite_seconds(second_date, 1) }} - {{ sluice_sqlite_seconds(first_date, 1) }})
            {%- elif part in ['millisecond', 'microsecond'] -%}
                {%- set factor = 1000 if part == 'millisecond' else 1000000 -%}
                cast(round((julianday({{ second_date }}) - julianday({{ first_date }})) * 86400000.0) * {{ factor / 1000 }} as integer)
            {%- else -%}
                {%- if execute -%}{{ exceptions.raise_compiler_error("Unsupported datepart for macro datediff in sqlite: '" ~ datepart ~ "'") }}{%- endif -%}
            {%- endif -%}
        {%- endmacro %}
        {% macro sqlite__date_trunc(datepart, date) -%}
            {%- set part = datepart | lower | trim -%}
            {%- if part == 'year' -%}date({{ date }}, 'start of year')
            {%- elif part == 'quarter' -%}
                date({{ date }}, 'start of month', '-' || ((cast(strftime('%m', {{ date }}) as integer) - 1) % 3) || ' month')
            {%- elif part == 'month' -%}date({{ date }}, 'start of month')
            {%- elif part == 'week' -%}date({{ date }}, '-6 day', 'weekday 1')
            {%- elif part == 'day' -%}date({{ date }})
            {%- elif part == 'hour' -%}strftime('%Y-%m-%d %H:00:00', {{ date }})
            {%- elif part == 'minute' -%}strftime('%Y-%m-%d %H:%M:00', {{ date }})
            {%- elif part == 'second' -%}strftime('%Y-%m-%d %H:%M:%S', {{ date }})
            {%- else -%}
                {%- if execute -%}{{ exceptions.raise_compiler_error("Unsupported datepart for macro date_trunc in sqlite: '" ~ datepart ~ "'") }}{%- endif -%}
            {%- endif -%}
        {%- endmacro %}
        {% macro sqlite__last_day(date, datepart) -%}
            {%- set months = {'month': 1, 'quarter': 3, 'year': 12}.get(datepart | lower | trim) -%}
            {%- if months -%}
                date({{ sqlite__date_trunc(datepart, date) }}, '+{{ months }} month', '-1 day')
            {%- else -%}
                date({{ sqlite__date_trunc(datepart, date) }}, '+{{ 7 if datepart | lower | trim == 'week' else 1 }} day', '-1 day')
            {%- endif -%}
        {%- endmacro %}
        {% macro sqlite__generate_series(upper_bound) %}
            with recursive series(generated_number) as (
                select 1 union all select generated_number + 1 from series where generated_number < {{ upper_bound }}
            )
            select generated_number from series where generated_number <= {{ upper_bound }}
        {% endmacro %}
        """#)
}
