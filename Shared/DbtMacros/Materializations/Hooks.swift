extension MacroLibrary {
    static let hooks = LibraryFile("dbt", "hooks.sql", #"""
        {# What runs outside the node's transaction runs before it begins and after it is committed; the runner sees to those. #}
        {% macro run_hooks(hooks, inside_transaction=True) %}
            {%- if inside_transaction -%}
                {%- for hook in hooks | selectattr('transaction', 'equalto', True) -%}
                    {%- set rendered = render(hook.get('sql')) | trim -%}
                    {%- if rendered | length > 0 -%}
                        {%- call statement(auto_begin=inside_transaction) -%}{{ rendered }}{%- endcall -%}
                    {%- endif -%}
                {%- endfor -%}
            {%- endif -%}
        {% endmacro %}

        {% macro make_hook_config(sql, inside_transaction) %}{{ tojson({"sql": sql, "transaction": inside_transaction}) }}{% endmacro %}
        {% macro before_begin(sql) %}{{ make_hook_config(sql, inside_transaction=False) }}{% endmacro %}
        {% macro in_transaction(sql) %}{{ make_hook_config(sql, inside_transaction=True) }}{% endmacro %}
        {% macro after_commit(sql) %}{{ make_hook_config(sql, inside_transaction=False) }}{% endmacro %}
        """#)

    static let configuration = LibraryFile("dbt", "configs.sql", #"""
        {% macro set_sql_header(config) -%}{{ config.set('sql_header', caller()) }}{%- endmacro %}
        {% macro noop_statement(name=None, message=None, code=None, rows_affected=None, res=None) -%}
            {%- set sql = caller() -%}
            {%- if name is not none -%}
                {{ store_raw_result(name, message=message, code=code, rows_affected=rows_affected, agate_table=res) }}
            {%- endif -%}
        {%- endmacro %}
        """#)
}
