extension MacroLibrary {
    static let test = LibraryFile(
        "dbt", "materializations/test.sql", dispatched: ["get_test_sql(main_sql, fail_calc, warn_if, error_if, limit)"], #"""
        {%- materialization test, default -%}
            {%- set relations = [] -%}
            {%- set limit = config.get('limit') -%}
            {%- set limited_sql = get_limit_subquery_sql(sql, limit) -%}
            {%- if should_store_failures() -%}
                {%- set kind = config.get('store_failures_as') or 'table' -%}
                {%- if kind not in ['table', 'view'] -%}
                    {{ exceptions.raise_compiler_error("'" ~ kind ~ "' is not a valid value for `store_failures_as`. Accepted values are: ['ephemeral', 'table', 'view']") }}
                {%- endif -%}
                {%- set old_relation = adapter.get_relation(database=database, schema=schema, identifier=model.alias) -%}
                {%- set target_relation = api.Relation.create(identifier=model.alias, schema=schema, database=database, type=kind) -%}
                {%- if old_relation -%}{%- do adapter.drop_relation(old_relation) -%}{%- endif -%}
                {%- call statement(auto_begin=True) -%}{{ get_create_sql(target_relation, limited_sql) }}{%- endcall -%}
                {%- do relations.append(target_relation) -%}
                {%- set main_sql = 'select * from ' ~ target_relation -%}
            {%- else -%}
                {%- set main_sql = limited_sql -%}
            {%- endif -%}
            {%- call statement('main', fetch_result=True) -%}
                {{ get_test_sql(main_sql, config.get('fail_calc'), config.get('warn_if'), config.get('error_if'), limit=none) }}
            {%- endcall -%}
            {{ return({'relations': relations}) }}
        {%- endmaterialization -%}

        {% macro default__get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) -%}
            select
                {{ fail_calc }} as failures,
                {{ fail_calc }} {{ warn_if }} as should_warn,
                {{ fail_calc }} {{ error_if }} as should_error
            from (
            {{ main_sql }}
            {{ 'limit ' ~ limit if limit is not none }}
            ) dbt_internal_test
        {%- endmacro %}
        """#)

    static let unit = LibraryFile(
        "dbt", "materializations/unit.sql", dispatched: ["get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names)"], #"""
        {# What the model makes of the given rows beside what is expected of it; the runner compares the two. #}
        {%- materialization unit, default -%}
            {%- set expected_rows = config.get('expected_rows') -%}
            {%- set expected_sql = config.get('expected_sql') -%}
            {%- set temp_relation = make_temp_relation(this.incorporate(type='table')) -%}
            {%- set tested = get_columns_in_query(sql) -%}
            {%- set names = {} -%}
            {%- for name in tested -%}{%- do names.update({name | lower: name}) -%}{%- endfor -%}
            {%- set expected_column_names = [] -%}
            {%- if expected_sql -%}
                {%- set expected_column_names = get_columns_in_query(expected_sql) -%}
            {%- elif expected_rows | length > 0 -%}
                {%- for name in expected_rows[0].keys() -%}{%- do expected_column_names.append(name) -%}{%- endfor -%}
            {%- else -%}
                {%- set expected_column_names = tested -%}
            {%- endif -%}
            {%- for name in expected_column_names if name | lower not in names -%}
                {{ exceptions.raise_compiler_error("Invalid column name: '" ~ name ~ "' in unit test fixture for expected output.\nAccepted columns for expected output are: " ~ tested) }}
            {%- endfor -%}
            {%- do drop_relation_if_exists(load_cached_relation(temp_relation)) -%}
            {%- do run_query(get_create_table_as_sql(True, temp_relation, get_empty_subquery_sql(sql))) -%}
            {%- set types = {} -%}
            {%- for column in adapter.get_columns_in_relation(temp_relation) -%}{%- do types.update({column.name | lower: sluice_fixture_type(column)}) -%}{%- endfor -%}
            {%- set expected_fixture_sql = expected_sql or get_expected_sql(expected_rows, types, expected_column_names) -%}
            {%- set quoted = [] -%}
            {%- for name in expected_column_names -%}{%- do quoted.append(adapter.quote(names.get(name | lower, name))) -%}{%- endfor -%}
            {%- call statement('main', fetch_result=True) -%}
                {{ get_unit_test_sql(sql, expected_fixture_sql, quoted) }}
            {%- endcall -%}
            {%- do adapter.drop_relation(temp_relation) -%}
            {{ return({'relations': []}) }}
        {%- endmaterialization -%}

        {% macro default__get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) -%}
            with dbt_internal_unit_test_actual as (
                select {{ expected_column_names | join(', ') }}, {{ string_literal('actual') }} as {{ adapter.quote('actual_or_expected') }}
                from (
                    {{ main_sql }}
                ) _dbt_internal_unit_test_actual
            ),
            dbt_internal_unit_test_expected as (
                select {{ expected_column_names | join(', ') }}, {{ string_literal('expected') }} as {{ adapter.quote('actual_or_expected') }}
                from (
                    {{ expected_fixture_sql }}
                ) _dbt_internal_unit_test_expected
            )
            select * from dbt_internal_unit_test_actual
            union all
            select * from dbt_internal_unit_test_expected
        {%- endmacro %}
        """#)

    static let fixtures = LibraryFile("dbt", "unit_fixtures.sql", dispatched: ["validate_fixture_rows(rows, row_number)"], #"""
        {# A given input as a query: each row a select, each value with the type that the real relation has. #}
        {% macro get_fixture_sql(rows, column_name_to_data_types) %}
            {%- set types = column_name_to_data_types -%}
            {%- if not types -%}
                {%- set types = {} -%}
                {%- set relation = adapter.get_relation(database=defer_relation.database, schema=defer_relation.schema, identifier=defer_relation.identifier)
                    if defer_relation else load_relation(this) -%}
                {%- if not relation -%}
                    {{ exceptions.raise_compiler_error("Not able to get columns for unit test '" ~ model.name ~ "' from relation " ~ (defer_relation or this) ~ " because the relation doesn't exist") }}
                {%- endif -%}
                {%- for column in adapter.get_columns_in_relation(relation) -%}
                    {%- do types.update({column.name | lower: sluice_fixture_type(column)}) -%}
                {%- endfor -%}
            {%- endif -%}
            {%- for row in rows -%}
                {%- do validate_fixture_rows(rows, loop.index0 + 1) -%}
                {%- set formatted = format_row(row, types) -%}
                select
                {%- for name, type in types.items() %}
                    {{ formatted.get(name, sluice_fixture_cast('null', type)) }} as {{ adapter.quote(name) }}{{ ',' if not loop.last }}
                {%- endfor %}
                {{ 'union all' if not loop.last }}
            {% endfor -%}
            {%- if rows | length == 0 -%}
                select
                {%- for name, type in types.items() %}
                    {{ sluice_fixture_cast('null', type) }} as {{ adapter.quote(name) }}{{ ',' if not loop.last }}
                {%- endfor %}
                limit 0
            {%- endif -%}
        {% endmacro %}

        {% macro get_expected_sql(rows, column_name_to_data_types, column_name_to_quoted) %}
            {%- if rows | length == 0 -%}
                select * from dbt_internal_unit_test_actual limit 0
            {%- else -%}
                {%- for row in rows -%}
                    {%- set formatted = format_row(row, column_name_to_data_types) -%}
                    select
                    {%- for name, value in formatted.items() %}
                        {{ value }} as {{ adapter.quote(name) }}{{ ',' if not loop.last }}
                    {%- endfor %}
                    {{ 'union all' if not loop.last }}
                {% endfor -%}
            {%- endif -%}
        {% endmacro %}

        {% macro format_row(row, column_name_to_data_types) %}
            {%- set formatted = {} -%}
            {%- for name, value in row.items() -%}
                {%- set key = name | lower -%}
                {%- if key not in column_name_to_data_types -%}
                    {%- set input = fixture_of if fixture_of is defined else model.name -%}
                    {{ exceptions.raise_compiler_error("Invalid column name: '" ~ name ~ "' in unit test fixture for '" ~ input ~ "'.\nAccepted columns for '" ~ input ~ "' are: " ~ (column_name_to_data_types.keys() | list)) }}
                {%- endif -%}
                {%- set type = column_name_to_data_types[key] -%}
                {%- if value is none -%}
                    {%- do formatted.update({key: sluice_fixture_cast('null', type)}) -%}
                {%- elif value is string -%}
                    {%- do formatted.update({key: sluice_fixture_cast(string_literal(escape_single_quotes(value)), type)}) -%}
                {%- else -%}
                    {%- do formatted.update({key: sluice_fixture_cast(value | string, type)}) -%}
                {%- endif -%}
            {%- endfor -%}
            {{ return(formatted) }}
        {% endmacro %}
        {# Without the length that the real column has, as a cast to it would cut what the test gives. #}
        {% macro sluice_fixture_type(column) %}{{ return('character varying' if column.dtype | lower in ('character varying', 'varchar') else column.data_type) }}{% endmacro %}
        {% macro sluice_fixture_cast(text, type) %}{{ return(adapter.dispatch('sluice_fixture_cast', 'dbt')(text, type)) }}{% endmacro %}
        {% macro default__sluice_fixture_cast(text, type) %}{{ return(safe_cast(text, type)) }}{% endmacro %}
        {# For engines that look at them; called for each row. #}
        {% macro default__validate_fixture_rows(rows, row_number) -%}{%- endmacro %}
        """#)
}
