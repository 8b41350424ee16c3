extension MacroLibrary {
    static let types = LibraryFile(
        "dbt", "types.sql",
        dispatched: ["type_string()", "type_timestamp()", "type_float()", "type_numeric()", "type_bigint()", "type_int()", "type_boolean()"], #"""
        {% macro default__type_string() %}{{ return(api.Column.translate_type('string')) }}{% endmacro %}
        {% macro default__type_timestamp() %}{{ return(api.Column.translate_type('timestamp')) }}{% endmacro %}
        {% macro default__type_float() %}{{ return(api.Column.translate_type('float')) }}{% endmacro %}
        {% macro default__type_numeric() %}{{ return(api.Column.numeric_type('numeric', 28, 6)) }}{% endmacro %}
        {% macro default__type_bigint() %}{{ return(api.Column.translate_type('bigint')) }}{% endmacro %}
        {% macro default__type_int() -%}{{ return(api.Column.translate_type('integer')) }}{%- endmacro %}
        {% macro default__type_boolean() -%}{{ return(api.Column.translate_type('boolean')) }}{%- endmacro %}
        """#)
}
