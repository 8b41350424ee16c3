extension MacroLibrary {
    /// White space is as dbt has it, so that what is compiled is the same to the byte.
    static let functions = LibraryFile(
        "dbt", "functions.sql",
        dispatched: [
            "any_value(expression)", "array_append(array, new_element)", "array_concat(array_1, array_2)",
            "bool_or(expression)", "cast(field, type)", "cast_bool_to_text(field)", "concat(fields)", "equals(expr1, expr2)",
            "escape_single_quotes(expression)", "except()", "hash(field)", "intersect()", "length(expression)",
            "position(substring_text, string_text)",
            "replace(field, old_chars, new_chars)", "right(string_text, length_expression)", "safe_cast(field, type)",
            "split_part(string_text, delimiter_text, part_number)", "string_literal(value)",
        ], #"""
        {% macro listagg(measure, delimiter_text="','", order_by_clause=none, limit_num=none) %}
            {{ return(adapter.dispatch('listagg', 'dbt')(measure, delimiter_text, order_by_clause, limit_num)) }}
        {% endmacro %}
        {% macro array_construct(inputs=[], data_type=api.Column.translate_type('integer')) %}
            {{ return(adapter.dispatch('array_construct', 'dbt')(inputs, data_type)) }}
        {% endmacro %}
        {% macro default__any_value(expression) -%}any_value({{ expression }}){%- endmacro %}
        {% macro default__array_append(array, new_element) -%}array_append({{ array }}, {{ new_element }}){%- endmacro %}
        {% macro default__array_concat(array_1, array_2) -%}array_cat({{ array_1 }}, {{ array_2 }}){%- endmacro %}
        {% macro default__array_construct(inputs, data_type) -%}
            {{ "\n    " }}
            {%- if inputs | length > 0 -%}
                array[ {{ inputs | join(' , ') }} ]
            {%- else -%}
                array[]::{{ data_type }}[]
            {%- endif -%}
            {{ "\n    " }}
        {%- endmacro %}
        {% macro default__bool_or(expression) -%}bool_or({{ expression }}){%- endmacro %}
        {% macro default__cast(field, type) %}
            {{- "\n    " }}cast({{ field }} as {{ type }})
        {% endmacro %}
        {% macro default__cast_bool_to_text(field) -%}
            {{ "\n  " ~ default__cast(field, api.Column.translate_type('string')) ~ "\n" }}
        {%- endmacro %}
        {% macro default__concat(fields) -%}{{ fields | join(' || ') }}{%- endmacro %}
        {% macro default__equals(expr1, expr2) -%}
            {%- if adapter.behavior.enable_truthy_nulls_equals_macro.no_warn -%}
                case when (({{ expr1 }} = {{ expr2 }}) or ({{ expr1 }} is null and {{ expr2 }} is null)) then 0 else 1 end = 0
            {%- else -%}
                ({{ expr1 }} = {{ expr2 }})
            {%- endif -%}
        {%- endmacro %}
        {% macro default__escape_single_quotes(expression) -%}{{ expression | replace("'", "''") }}{%- endmacro %}
        {% macro default__except() %}

            {{- "\n\n    except\n\n" }}
        {%- endmacro %}
        {% macro default__hash(field) -%}md5(cast({{ field }} as {{ api.Column.translate_type('string') }})){%- endmacro %}
        {% macro default__intersect() %}
            {{- "\n\n    intersect\n\n" }}
        {%- endmacro %}
        {% macro default__length(expression) %}

            length(
                {{ expression }}
            ){% endmacro %}
        {% macro default__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
            {%- if limit_num -%}
                array_to_string(array_slice(array_agg({{ measure }}){{ ' within group (' ~ order_by_clause ~ ')' if order_by_clause }}, 0, {{ limit_num }}), {{ delimiter_text }})
            {%- else -%}
                listagg({{ measure }}, {{ delimiter_text }}){{ ' within group (' ~ order_by_clause ~ ')' if order_by_clause }}
            {%- endif -%}
        {%- endmacro %}
        {% macro default__position(substring_text, string_text) %}

            position(
                {{ substring_text }} in {{ string_text }}
            ){% endmacro %}
        {% macro default__replace(field, old_chars, new_chars) %}

            replace(
                {{ field }},
                {{ old_chars }},
                {{ new_chars }}
            )


        {% endmacro %}
        {% macro default__right(string_text, length_expression) %}

            right(
                {{ string_text }},
                {{ length_expression }}
            ){% endmacro %}
        {% macro default__safe_cast(field, type) -%}
            {{ "\n    " ~ default__cast(field, type) }}
        {%- endmacro %}
        {% macro default__split_part(string_text, delimiter_text, part_number) %}

            split_part(
                {{ string_text }},
                {{ delimiter_text }},
                {{ part_number }}
                )

        {% endmacro %}
        {# For engines whose split_part refuses to count from the end. #}
        {% macro _split_part_negative(string_text, delimiter_text, part_number) %}

            split_part(
                {{ string_text }},
                {{ delimiter_text }},
                  length({{ string_text }})
                  - length(
                      replace({{ string_text }},  {{ delimiter_text }}, '')
                  ) + 2 + {{ part_number }}
                )

        {% endmacro %}
        {% macro default__string_literal(value) -%}'{{ value }}'{%- endmacro %}
        """#)
}
