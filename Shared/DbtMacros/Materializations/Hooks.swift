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

    /// What an adapter puts around a model in Python. None runs here, so these are for packages that call them.
    static let python = LibraryFile(
        "dbt", "python.sql", dispatched: ["resolve_model_name(input_model_name)"], #"""
        {% macro is_core_v2() -%}{{ return(dbt_version.split('.') | first | int == 2) }}{%- endmacro %}
        {% macro default__resolve_model_name(input_model_name) -%}{{ input_model_name | string | replace('"', '\"') }}{%- endmacro %}
        {% macro build_ref_function(model) %}
            {%- set relations = {} -%}
            {%- for asked in model.refs -%}
                {%- set names = [asked.get('package'), asked['name']] if asked.get('package') else [asked['name']] -%}
                {%- set found = ref(*names, v=asked.get('version')) -%}
                {%- if found.render is defined and found.render is callable -%}{%- set found = found.render() -%}{%- endif -%}
                {%- set key = names | join('.') ~ ('.v' ~ asked['version'] if asked.get('version') else '') -%}
                {%- do relations.update({key: resolve_model_name(found)}) -%}
            {%- endfor %}

        def ref(*args, **kwargs):
            version = kwargs.get("v") or kwargs.get("version")
            key = ".".join(args) + (f".v{version}" if version else "")
            return kwargs.get("dbt_load_df_function")({{ relations | tojson }}[key])

        {% endmacro %}
        {% macro build_source_function(model) %}
            {%- set relations = {} -%}
            {%- for asked in model.sources -%}{%- do relations.update({asked | join('.'): resolve_model_name(source(*asked))}) -%}{%- endfor %}

        def source(*args, dbt_load_df_function):
            return dbt_load_df_function({{ relations | tojson }}[".".join(args)])

        {% endmacro %}
        {% macro build_config_dict(model) %}
            {%- set settings = {} -%}
            {%- for key, default in zip(model.config.config_keys_used or [], model.config.config_keys_defaults or []) -%}
                {%- do settings.update({key: model.config.get(key, default)}) -%}
            {%- endfor -%}
            {%- set meta = {} -%}
            {%- for key, default in zip(model.config.meta_keys_used or [], model.config.meta_keys_defaults or []) -%}
                {%- do meta.update({key: (model.config.meta or {}).get(key, default)}) -%}
            {%- endfor %}
        config_dict = {{ settings }}
        meta_dict = {{ meta }}
        {% endmacro %}
        {% macro py_script_comment() %}{% endmacro %}
        {% macro py_script_postfix(model) %}
        # What follows makes dbt's words known to the model above.
        {{ build_ref_function(model) }}
        {{ build_source_function(model) }}
        {{ build_config_dict(model) }}

        class config:
            def __init__(self, *args, **kwargs):
                pass

            @staticmethod
            def get(key, default=None):
                return config_dict.get(key, default)

            @staticmethod
            def meta_get(key, default=None):
                return meta_dict.get(key, default)

        class this:
            database, schema, identifier = "{{ this.database }}", "{{ this.schema }}", "{{ this.identifier }}"

            def __repr__(self):
                return '{{ resolve_model_name(this) }}'


        class dbtObj:
            def __init__(self, load_df_function) -> None:
                self.source = lambda *args: source(*args, dbt_load_df_function=load_df_function)
                self.ref = lambda *args, **kwargs: ref(*args, **kwargs, dbt_load_df_function=load_df_function)
                self.config, self.this, self.is_incremental = config, this(), {{ is_incremental() }}

        {{ py_script_comment() }}
        {% endmacro %}
        """#)
}
