extension MacroLibrary {
    static let names = LibraryFile(
        "dbt", "names.sql",
        dispatched: [
            "generate_alias_name(custom_alias_name=none, node=none)", "generate_schema_name(custom_schema_name=none, node=none)",
            "generate_database_name(custom_database_name=none, node=none)",
            "generate_latest_version_pointer_alias(custom_alias_name=none, node=none)",
        ], #"""
        {% macro default__generate_alias_name(custom_alias_name=none, node=none) -%}
            {%- if custom_alias_name -%}
                {{ custom_alias_name | trim }}
            {%- elif node.version -%}
                {{ node.name ~ "_v" ~ (node.version | replace(".", "_")) }}
            {%- else -%}
                {{ node.name }}
            {%- endif -%}
        {%- endmacro %}
        {% macro default__generate_latest_version_pointer_alias(custom_alias_name=none, node=none) -%}
            {{ custom_alias_name | trim if custom_alias_name else node.name }}
        {%- endmacro %}
        {% macro default__generate_schema_name(custom_schema_name, node) -%}
            {{ target.schema if custom_schema_name is none else target.schema ~ '_' ~ (custom_schema_name | trim) }}
        {%- endmacro %}
        {% macro generate_schema_name_for_env(custom_schema_name, node) -%}
            {{ custom_schema_name | trim if target.name == 'prod' and custom_schema_name is not none else target.schema }}
        {%- endmacro %}
        {% macro default__generate_database_name(custom_database_name=none, node=none) -%}
            {{ target.database if custom_database_name is none else custom_database_name | trim }}
        {%- endmacro %}
        """#)

    /// The comment of a project that says nothing of its own.
    public static let queryComment = """
        {%- set comment_dict = {
            'app': 'dbt', 'dbt_version': dbt_version, 'profile_name': target.get('profile_name'), 'target_name': target.get('target_name')
        } -%}
        {%- if node is not none -%}
            {%- do comment_dict.update({'node_id': node.unique_id}) -%}
        {%- else -%}
            {%- do comment_dict.update({'connection_name': connection_name}) -%}
        {%- endif -%}
        {{ return(tojson(comment_dict)) }}
        """
}
