extension MacroLibrary {
    static let metadata = LibraryFile(
        "dbt", "metadata.sql",
        dispatched: [
            "list_relations_without_caching(schema_relation)", "information_schema_name(database)", "get_catalog(information_schema, schemas)",
            "get_catalog_relations(information_schema, relations)", "get_catalog_for_single_relation(relation)", "get_relations()",
            "get_relation_last_modified(information_schema, relations)", "validate_sql(sql)",
            "list_function_relations_without_caching(schema_relation)",
        ], #"""
        {% macro default__list_relations_without_caching(schema_relation) %}{{ return(adapter.described_relations(schema_relation)) }}{% endmacro %}
        {% macro default__information_schema_name(database) -%}
            {{ return((adapter.quote(database) ~ '.' if database else '') ~ 'information_schema') }}
        {%- endmacro %}
        {% macro default__get_catalog(information_schema, schemas) -%}
            {{ exceptions.raise_not_implemented('get_catalog macro not implemented for adapter ' ~ adapter.type()) }}
        {%- endmacro %}
        {% macro default__get_catalog_relations(information_schema, relations) -%}
            {{ exceptions.raise_not_implemented('get_catalog_relations macro not implemented for adapter ' ~ adapter.type()) }}
        {%- endmacro %}
        {% macro default__get_catalog_for_single_relation(relation) -%}
            {{ exceptions.raise_not_implemented('get_catalog_for_single_relation macro not implemented for adapter ' ~ adapter.type()) }}
        {%- endmacro %}
        {% macro default__list_function_relations_without_caching(schema_relation) %}
            {{ exceptions.raise_not_implemented('list_function_relations_without_caching macro not implemented for adapter ' ~ adapter.type()) }}
        {% endmacro %}
        {% macro default__get_relations() %}
            {{ exceptions.raise_not_implemented('get_relations macro not implemented for adapter ' ~ adapter.type()) }}
        {% endmacro %}
        {% macro default__get_relation_last_modified(information_schema, relations) %}
            {{ exceptions.raise_not_implemented('get_relation_last_modified macro not implemented for adapter ' ~ adapter.type()) }}
        {% endmacro %}
        {% macro default__validate_sql(sql) -%}
            {%- call statement('validate_sql') -%}explain {{ sql }}{%- endcall -%}
            {{ return(load_result('validate_sql')) }}
        {%- endmacro %}
        """#)

    static let freshness = LibraryFile(
        "dbt", "freshness.sql",
        dispatched: ["collect_freshness(source, loaded_at_field, filter)", "collect_freshness_custom_sql(source, loaded_at_query)"], #"""
        {% macro default__collect_freshness(source, loaded_at_field, filter) %}
            {%- call statement('collect_freshness', fetch_result=True, auto_begin=False) %}
                select max({{ loaded_at_field }}) as max_loaded_at, {{ current_timestamp() }} as snapshotted_at
                from {{ source }}
                {{ 'where ' ~ filter if filter }}
            {% endcall -%}
            {{ return(load_result('collect_freshness')) }}
        {% endmacro %}
        {% macro default__collect_freshness_custom_sql(source, loaded_at_query) %}
            {%- call statement('collect_freshness_custom_sql', fetch_result=True, auto_begin=False) %}
                with source_query as (
                    {{ loaded_at_query }}
                )
                select (select * from source_query) as max_loaded_at, {{ current_timestamp() }} as snapshotted_at
            {% endcall -%}
            {{ return(load_result('collect_freshness_custom_sql')) }}
        {% endmacro %}
        """#)

    static let showing = LibraryFile(
        "dbt", "show.sql", #"""
        {% macro get_show_sql(compiled_code, sql_header, limit) -%}
            {%- if sql_header is not none and sql_header %}
            {{ sql_header }}
            {%- endif %}
            {{ get_limit_subquery_sql(compiled_code, limit) }}
        {%- endmacro %}
        {% macro default__get_limit_sql(sql, limit) %}
            {{ sql }}
            {{ 'limit ' ~ limit if limit is not none }}
        {% endmacro %}
        {% macro get_limit_subquery_sql(sql, limit) %}{{ return(adapter.dispatch('get_limit_sql', 'dbt')(sql, limit)) }}{% endmacro %}
        """#)
}
