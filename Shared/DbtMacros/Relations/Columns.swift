extension MacroLibrary {
    static let columns = LibraryFile(
        "dbt", "columns.sql",
        dispatched: [
            "get_columns_in_relation(relation)", "get_empty_subquery_sql(select_sql, select_sql_header=none)", "get_empty_schema_sql(columns)",
            "get_columns_in_query(select_sql)", "alter_column_type(relation, column_name, new_column_type)",
            "alter_relation_add_remove_columns(relation, add_columns=none, remove_columns=none)",
        ], #"""
        {% macro default__get_columns_in_relation(relation) %}{{ return(adapter.described_columns(relation)) }}{% endmacro %}
        {% macro sql_convert_columns_in_relation(table) -%}
            {%- set columns = [] -%}
            {%- for row in table -%}{%- do columns.append(api.Column(*row)) -%}{%- endfor -%}
            {{ return(columns) }}
        {%- endmacro %}

        {% macro get_list_of_column_names(columns) %}{{ return(columns | map(attribute='name') | list) }}{% endmacro %}

        {% macro default__get_empty_subquery_sql(select_sql, select_sql_header=none) %}
            {%- if select_sql_header is not none %}{{ select_sql_header }}{%- endif %}
            select * from (
                {{ select_sql }}
            ) as __dbt_sbq
            where false
            limit 0
        {% endmacro %}
        {% macro default__get_empty_schema_sql(columns) %}
            {%- set naked = [] -%}
            select
            {%- for name in columns %}
                {%- set column = columns[name] %}
                {%- if column['data_type'] is not defined or not column['data_type'] -%}
                    {{ exceptions.raise_compiler_error("Contracted models require data_type to be defined for each column. Please ensure that the column name and data_type are defined within the YAML configuration for the " ~ [column['name']] ~ " column(s).") }}
                {%- endif %}
                {%- if column['data_type'] | trim | lower in ('numeric', 'decimal', 'number') -%}{%- do naked.append(column['name']) -%}{%- endif %}
                cast(null as {{ column['data_type'] }}) as {{ adapter.quote(column['name']) if column.get('quote') else column['name'] }}{{ ',' if not loop.last }}
            {%- endfor %}
            {%- if naked -%}{%- do exceptions.warn('Detected columns with numeric type and unspecified precision/scale, this can lead to unintended rounding: ' ~ naked ~ '`') -%}{%- endif %}
        {% endmacro %}

        {% macro get_column_schema_from_query(select_sql, select_sql_header=none) -%}
            {{ return(adapter.get_column_schema_from_query(get_empty_subquery_sql(select_sql, select_sql_header))) }}
        {%- endmacro %}
        {% macro default__get_columns_in_query(select_sql) %}
            {%- call statement('get_columns_in_query', fetch_result=True, auto_begin=False) -%}{{ get_empty_subquery_sql(select_sql) }}{%- endcall -%}
            {{ return(load_result('get_columns_in_query').table.columns | map(attribute='name') | list) }}
        {% endmacro %}

        {% macro default__alter_column_type(relation, column_name, new_column_type) -%}
            {%- set new_name = column_name ~ '__dbt_alter' -%}
            {%- call statement('alter_column_type') %}
                alter table {{ relation.render() }} add column {{ adapter.quote(new_name) }} {{ new_column_type }};
                update {{ relation.render() }} set {{ adapter.quote(new_name) }} = {{ adapter.quote(column_name) }};
                alter table {{ relation.render() }} drop column {{ adapter.quote(column_name) }} cascade;
                alter table {{ relation.render() }} rename column {{ adapter.quote(new_name) }} to {{ adapter.quote(column_name) }}
            {% endcall -%}
        {%- endmacro %}
        {% macro default__alter_relation_add_remove_columns(relation, add_columns, remove_columns) %}
            {%- set changes = [] -%}
            {%- for column in add_columns or [] -%}
                {%- do changes.append('add column ' ~ column.quoted ~ ' ' ~ column.expanded_data_type) -%}
            {%- endfor -%}
            {%- for column in remove_columns or [] -%}{%- do changes.append('drop column ' ~ column.quoted) -%}{%- endfor -%}
            {%- if changes -%}{%- do run_query('alter ' ~ relation.type ~ ' ' ~ relation.render() ~ ' ' ~ changes | join(', ')) -%}{%- endif -%}
        {% endmacro %}
        """#)

    static let contracts = LibraryFile(
        "dbt", "contracts.sql",
        dispatched: ["get_assert_columns_equivalent(sql)", "get_table_columns_and_constraints()"], #"""
        {% macro default__get_assert_columns_equivalent(sql) -%}{{ return(assert_columns_equivalent(sql)) }}{%- endmacro %}
        {% macro default__get_table_columns_and_constraints() -%}{{ return(table_columns_and_constraints()) }}{%- endmacro %}

        {% macro table_columns_and_constraints() %}
            {%- set column_specs = adapter.render_raw_columns_constraints(raw_columns=model['columns']) -%}
            {%- set model_specs = adapter.render_raw_model_constraints(raw_constraints=model['constraints']) %}
            (
                {{ (column_specs + model_specs) | join(',\n                ') }}
            )
        {% endmacro %}

        {% macro assert_columns_equivalent(sql) %}
            {%- set user_columns = model['columns'] -%}
            {%- if not user_columns -%}
                {%- do exceptions.raise_compiler_error("This model has an enforced contract, and its 'columns' specification is missing") -%}
            {%- endif -%}
            {%- set without_type = [] -%}
            {%- for column in user_columns.values() if not column['data_type'] -%}{%- do without_type.append(column['name']) -%}{%- endfor -%}
            {%- if without_type -%}{%- do exceptions.column_type_missing(column_names=without_type) -%}{%- endif -%}
            {%- set sql_header = config.get('sql_header', none) -%}
            {%- set found = format_columns(get_column_schema_from_query(sql, sql_header)) -%}
            {%- set stated = format_columns(get_column_schema_from_query(get_empty_schema_sql(user_columns), sql_header)) -%}
            {%- set by_name = {} -%}
            {%- for column in found -%}{%- do by_name.update({column['name']: column}) -%}{%- endfor -%}
            {%- set outcome = namespace(differs=found | length != stated | length) -%}
            {%- for column in stated -%}
                {#- An engine that does not say what type an expression has cannot break a contract about it. -#}
                {%- set other = by_name.get(column['name']) -%}
                {%- if not other or (other['data_type'] and column['data_type'] and other['formatted'] != column['formatted']) -%}{%- set outcome.differs = true -%}{%- endif -%}
            {%- endfor -%}
            {%- if outcome.differs -%}{%- do exceptions.raise_contract_error(stated, found) -%}{%- endif -%}
        {% endmacro %}
        {% macro format_columns(columns) %}
            {%- set formatted = [] -%}
            {%- for column in columns -%}{%- do formatted.append(adapter.dispatch('format_column', 'dbt')(column)) -%}{%- endfor -%}
            {{ return(formatted) }}
        {% endmacro %}
        {% macro default__format_column(column) -%}
            {{ return({'name': column.column, 'data_type': column.dtype, 'formatted': column.column | lower ~ ' ' ~ column.dtype}) }}
        {%- endmacro %}
        """#)
}
