internal import Project

/// The macros that every project has, as the package `dbt`. Written for this project; what they promise is what dbt's do.
enum BuiltinMacros {
    static let files: [MacroFile] = [
        MacroFile(packageName: "dbt", path: "dbt/tests.sql", text: tests),
        MacroFile(packageName: "dbt", path: "dbt/names.sql", text: names),
        MacroFile(packageName: "dbt", path: "dbt/functions.sql", text: functions),
    ]

    private static let tests = """
        {% macro get_where_subquery(relation) -%}
            {%- set condition = config.get('where', '') -%}
            {%- if condition -%}
                {%- do return("(select * from " ~ relation ~ " where " ~ condition ~ ") dbt_subquery") -%}
            {%- endif -%}
            {%- do return(relation) -%}
        {%- endmacro %}

        {% test not_null(model, column_name) %}
        {{ return(adapter.dispatch('test_not_null', 'dbt')(model, column_name)) }}
        {% endtest %}
        {% macro default__test_not_null(model, column_name) %}
        select {% if should_store_failures() %}*{% else %}{{ column_name }}{% endif %}
        from {{ model }}
        where {{ column_name }} is null
        {% endmacro %}

        {% test unique(model, column_name) %}
        {{ return(adapter.dispatch('test_unique', 'dbt')(model, column_name)) }}
        {% endtest %}
        {% macro default__test_unique(model, column_name) %}
        select
            {{ column_name }} as unique_field,
            count(*) as n_records
        from {{ model }}
        where {{ column_name }} is not null
        group by {{ column_name }}
        having count(*) > 1
        {% endmacro %}

        {% test accepted_values(model, column_name, values, quote=True) %}
        {{ return(adapter.dispatch('test_accepted_values', 'dbt')(model, column_name, values, quote)) }}
        {% endtest %}
        {% macro default__test_accepted_values(model, column_name, values, quote=True) %}
        with all_values as (
            select
                {{ column_name }} as value_field,
                count(*) as n_records
            from {{ model }}
            group by {{ column_name }}
        )
        select *
        from all_values
        where value_field not in (
            {%- for value in values %}
            {% if quote %}'{{ value }}'{% else %}{{ value }}{% endif %}{% if not loop.last %},{% endif %}
            {%- endfor %}
        )
        {% endmacro %}

        {% test relationships(model, column_name, to, field) %}
        {{ return(adapter.dispatch('test_relationships', 'dbt')(model, column_name, to, field)) }}
        {% endtest %}
        {% macro default__test_relationships(model, column_name, to, field) %}
        with child as (
            select {{ column_name }} as from_field
            from {{ model }}
            where {{ column_name }} is not null
        ),
        parent as (
            select {{ field }} as to_field
            from {{ to }}
        )
        select from_field
        from child
        left join parent on child.from_field = parent.to_field
        where parent.to_field is null
        {% endmacro %}
        """

    private static let names = """
        {% macro generate_schema_name(custom_schema_name=none, node=none) -%}
            {{ adapter.dispatch('generate_schema_name', 'dbt')(custom_schema_name, node) }}
        {%- endmacro %}
        {% macro default__generate_schema_name(custom_schema_name, node) -%}
            {{ target.schema if custom_schema_name is none else target.schema ~ '_' ~ (custom_schema_name | trim) }}
        {%- endmacro %}
        {% macro generate_schema_name_for_env(custom_schema_name, node) -%}
            {{ custom_schema_name | trim if target.name == 'prod' and custom_schema_name is not none else target.schema }}
        {%- endmacro %}
        {% macro generate_alias_name(custom_alias_name=none, node=none) -%}
            {{ custom_alias_name | trim if custom_alias_name else node.name }}
        {%- endmacro %}
        {% macro generate_database_name(custom_database_name=none, node=none) -%}
            {{ target.database if custom_database_name is none else custom_database_name | trim }}
        {%- endmacro %}
        """

    private static let functions = """
        {% macro current_timestamp() %}{{ return(adapter.dispatch('current_timestamp', 'dbt')()) }}{% endmacro %}
        {% macro default__current_timestamp() %}current_timestamp{% endmacro %}
        {% macro string_literal(value) %}'{{ value }}'{% endmacro %}
        {% macro concat(fields) %}{{ return(adapter.dispatch('concat', 'dbt')(fields)) }}{% endmacro %}
        {% macro default__concat(fields) %}{{ fields | join(' || ') }}{% endmacro %}
        {% macro length(expression) %}length({{ expression }}){% endmacro %}
        {% macro replace(field, old_chars, new_chars) %}replace({{ field }}, {{ old_chars }}, {{ new_chars }}){% endmacro %}
        {% macro type_string() %}{{ return('text') }}{% endmacro %}
        {% macro type_int() %}{{ return('integer') }}{% endmacro %}
        {% macro type_bigint() %}{{ return('bigint') }}{% endmacro %}
        {% macro type_float() %}{{ return('float') }}{% endmacro %}
        {% macro type_numeric() %}{{ return('numeric') }}{% endmacro %}
        {% macro type_boolean() %}{{ return('boolean') }}{% endmacro %}
        {% macro type_timestamp() %}{{ return('timestamp') }}{% endmacro %}
        {% macro cast(field, type) %}cast({{ field }} as {{ type }}){% endmacro %}
        {% macro safe_cast(field, type) %}cast({{ field }} as {{ type }}){% endmacro %}
        {% macro any_value(expression) %}{{ return(adapter.dispatch('any_value', 'dbt')(expression)) }}{% endmacro %}
        {% macro default__any_value(expression) %}any_value({{ expression }}){% endmacro %}
        {% macro sqlite__any_value(expression) %}min({{ expression }}){% endmacro %}
        {% macro hash(field) %}{{ return(adapter.dispatch('hash', 'dbt')(field)) }}{% endmacro %}
        {% macro default__hash(field) %}md5(cast({{ field }} as {{ type_string() }})){% endmacro %}
        {% macro except() %}except{% endmacro %}
        {% macro intersect() %}intersect{% endmacro %}
        """
}
