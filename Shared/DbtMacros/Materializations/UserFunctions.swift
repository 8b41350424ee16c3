extension MacroLibrary {
    static let userFunctions = LibraryFile(
        "dbt", "materializations/function.sql",
        dispatched: [
            "scalar_function_sql(target_relation)", "scalar_function_create_replace_signature_sql(target_relation)", "scalar_function_body_sql()",
            "formatted_scalar_function_args_sql()", "scalar_function_volatility_sql()", "unsupported_volatility_warning(volatility)",
            "function_execute_build_sql(build_sql, existing_relation, target_relation)", "formatted_scalar_function_args_javascript()",
            "scalar_function_volatility_javascript()", "get_aggregate_function_create_replace_signature(target_relation)",
            "get_formatted_aggregate_function_args()", "get_function_language_specifier()", "get_aggregate_function_volatility_specifier()",
            "get_function_python_options()",
        ], #"""
        {# The macro that writes it is named by the kind and the language: scalar_function_sql. #}
        {% materialization function, default %}
            {%- set target_relation = this.incorporate(type='function') -%}
            {{ run_hooks(pre_hooks, inside_transaction=False) }}
            {{ run_hooks(pre_hooks, inside_transaction=True) }}
            {%- set macro_name = this.get_function_macro_name(this.get_function_config(model)) -%}
            {%- set build_sql = adapter.dispatch(macro_name, 'dbt')(target_relation) -%}
            {{ function_execute_build_sql(build_sql, none, target_relation) }}
            {{ run_hooks(post_hooks, inside_transaction=True) }}
            {{ run_hooks(post_hooks, inside_transaction=False) }}
            {{ return({'relations': [target_relation]}) }}
        {% endmaterialization %}
        {% macro default__function_execute_build_sql(build_sql, existing_relation, target_relation) %}
            {%- call statement('main') -%}{{ build_sql }}{%- endcall -%}
        {% endmacro %}

        {% macro default__scalar_function_sql(target_relation) %}
            {{- scalar_function_create_replace_signature_sql(target_relation) | trim }}
            {{ scalar_function_body_sql() | trim }};
        {%- endmacro %}
        {% macro default__scalar_function_create_replace_signature_sql(target_relation) %}
            CREATE OR REPLACE FUNCTION {{ target_relation.render() }} ({{ formatted_scalar_function_args_sql() | trim }})
            RETURNS {{ model.returns.data_type }}
            {{ scalar_function_volatility_sql() | trim }}
            AS
        {% endmacro %}
        {% macro default__formatted_scalar_function_args_sql() %}
            {%- for argument in model.arguments -%}
                {{ argument.name }} {{ argument.data_type }}{{ ', ' if not loop.last }}
            {%- endfor -%}
        {% endmacro %}
        {% macro default__scalar_function_body_sql() %}
            $$
               {{ model.compiled_code }}
            $$ LANGUAGE SQL
        {% endmacro %}
        {# Whether it gives the same for the same arguments: always, within a statement, or not. #}
        {% macro default__scalar_function_volatility_sql() %}
            {%- set volatility = model.config.get('volatility') -%}
            {%- set words = {'deterministic': 'IMMUTABLE', 'stable': 'STABLE', 'non-deterministic': 'VOLATILE'} -%}
            {%- if volatility in words -%}
                {{ words[volatility] }}
            {%- elif volatility is not none -%}
                {%- do unsupported_volatility_warning(volatility) -%}
            {%- endif -%}
        {% endmacro %}
        {% macro default__formatted_scalar_function_args_javascript() %}
            {%- do exceptions.raise_compiler_error('formatted_scalar_function_args_javascript not implemented for adapter ' ~ adapter.type()) -%}
        {% endmacro %}
        {% macro default__scalar_function_volatility_javascript() %}
            {%- if model.config.get('volatility') is not none -%}
                {%- do exceptions.warn('Volatility is not supported by ' ~ adapter.type() ~ ' in javascript UDF and will be ignored') -%}
            {%- endif -%}
        {% endmacro %}

        {# For adapters whose engines have them: an aggregate takes its words from the scalar one. #}
        {% macro default__get_aggregate_function_create_replace_signature(target_relation) %}
            CREATE OR REPLACE AGGREGATE FUNCTION {{ target_relation.render() }} ({{ get_formatted_aggregate_function_args() }})
            RETURNS {{ model.returns.data_type }}
            {{ get_function_language_specifier() }}
            {{ get_aggregate_function_volatility_specifier() }}
            {{ get_function_python_options() if model.get('language') == 'python' }}
            AS
        {% endmacro %}
        {% macro default__get_formatted_aggregate_function_args() %}{{ formatted_scalar_function_args_sql() }}{% endmacro %}
        {% macro default__get_aggregate_function_volatility_specifier() %}{{ scalar_function_volatility_sql() }}{% endmacro %}
        {% macro default__get_function_language_specifier() %}
            {%- set language = model.get('language') -%}
            {%- if language != 'sql' -%}LANGUAGE {{ {'python': 'PYTHON', 'javascript': 'js'}.get(language) or language | upper }}{%- endif -%}
        {% endmacro %}
        {% macro default__get_function_python_options() %}
            RUNTIME_VERSION = '{{ model.config.get('runtime_version') }}'
            HANDLER = '{{ model.config.get('entry_point') }}'
            {%- set packages = model.config.get('packages', []) %}
            {{ "PACKAGES = ('" ~ packages | join("','") ~ "')" if packages }}
        {% endmacro %}
        {% macro default__unsupported_volatility_warning(volatility) %}
            {%- do exceptions.warn("Found `" ~ volatility ~ "` volatility specified on function `" ~ model.name ~ "`. This volatility is not supported by " ~ adapter.type() ~ ", and will be ignored") -%}
        {% endmacro %}
        """#)

    static let postgresUserFunctions = LibraryFile("dbt_postgres", "function.sql", #"""
        {% macro postgres__formatted_scalar_function_args_sql() %}
            {%- for argument in model.arguments -%}
                {{ argument.name }} {{ argument.data_type }}{{ ' DEFAULT ' ~ argument.default_value if argument.default_value is defined }}{{ ', ' if not loop.last }}
            {%- endfor -%}
        {% endmacro %}
        """#)

    static let sqliteUserFunctions = LibraryFile("dbt_sqlite", "function.sql", #"""
        {% macro sqlite__scalar_function_sql(target_relation) %}
            {{ exceptions.raise_compiler_error("SQLite has no functions that SQL defines, so '" ~ model.name ~ "' cannot be made there: write it as a macro, or disable it") }}
        {% endmacro %}
        """#)
}
