extension MacroLibrary {
    static let relations = LibraryFile(
        "dbt", "relations.sql",
        dispatched: [
            "make_intermediate_relation(base_relation, suffix='__dbt_tmp')", "make_temp_relation(base_relation, suffix='__dbt_tmp')",
            "make_backup_relation(base_relation, backup_relation_type, suffix='__dbt_backup')", "truncate_relation(relation)",
            "get_or_create_relation(database, schema, identifier, type)", "drop_relation(relation)", "rename_relation(from_relation, to_relation)",
            "get_drop_sql(relation)", "drop_table(relation)", "drop_view(relation)", "drop_materialized_view(relation)",
            "get_rename_sql(relation, new_name)", "get_rename_table_sql(relation, new_name)", "get_rename_view_sql(relation, new_name)",
            "get_rename_materialized_view_sql(relation, new_name)", "get_create_sql(relation, sql)", "get_create_backup_sql(relation)",
            "get_create_intermediate_sql(relation, sql)", "get_drop_backup_sql(relation)", "get_rename_intermediate_sql(relation)",
            "get_replace_sql(existing_relation, target_relation, sql)", "get_replace_table_sql(relation, sql)", "get_replace_view_sql(relation, sql)",
            "get_replace_materialized_view_sql(relation, sql)", "drop_schema_named(schema_name)",
        ], #"""
        {% macro load_cached_relation(relation) %}
            {{ return(adapter.get_relation(database=relation.database, schema=relation.schema, identifier=relation.identifier)) }}
        {% endmacro %}
        {% macro load_relation(relation) %}{{ return(load_cached_relation(relation)) }}{% endmacro %}
        {% macro drop_relation_if_exists(relation) %}
            {%- if relation is not none -%}{{ adapter.drop_relation(relation) }}{%- endif -%}
        {% endmacro %}

        {% macro default__make_intermediate_relation(base_relation, suffix) %}{{ return(default__make_temp_relation(base_relation, suffix)) }}{% endmacro %}
        {% macro default__make_temp_relation(base_relation, suffix) %}
            {{ return(base_relation.incorporate(path={'identifier': base_relation.identifier ~ suffix})) }}
        {% endmacro %}
        {% macro default__make_backup_relation(base_relation, backup_relation_type, suffix) %}
            {{ return(base_relation.incorporate(path={'identifier': base_relation.identifier ~ suffix}, type=backup_relation_type)) }}
        {% endmacro %}
        {% macro default__get_or_create_relation(database, schema, identifier, type) %}
            {%- set found = adapter.get_relation(database=database, schema=schema, identifier=identifier) -%}
            {%- if found -%}{{ return([true, found]) }}{%- endif -%}
            {{ return([false, api.Relation.create(database=database, schema=schema, identifier=identifier, type=type)]) }}
        {% endmacro %}

        {% macro default__truncate_relation(relation) %}
            {%- call statement('truncate_relation') -%}truncate table {{ relation.render() }}{%- endcall -%}
        {% endmacro %}
        {% macro default__drop_relation(relation) %}
            {%- call statement('drop_relation', auto_begin=False) -%}{{ get_drop_sql(relation) }}{%- endcall -%}
        {% endmacro %}
        {% macro default__get_drop_sql(relation) %}
            {%- if relation.is_view -%}{{ drop_view(relation) }}
            {%- elif relation.is_table -%}{{ drop_table(relation) }}
            {%- elif relation.is_materialized_view -%}{{ drop_materialized_view(relation) }}
            {%- else -%}drop {{ relation.type }} if exists {{ relation.render() }} cascade
            {%- endif -%}
        {% endmacro %}
        {% macro default__drop_table(relation) %}drop table if exists {{ relation.render() }} cascade{% endmacro %}
        {% macro default__drop_view(relation) %}drop view if exists {{ relation.render() }} cascade{% endmacro %}
        {% macro default__drop_materialized_view(relation) %}drop materialized view if exists {{ relation.render() }} cascade{% endmacro %}
        {% macro default__drop_schema_named(schema_name) %}
            {%- do adapter.drop_schema(api.Relation.create(database=target.database, schema=schema_name)) -%}
        {% endmacro %}

        {% macro default__rename_relation(from_relation, to_relation) %}
            {%- set new_name = adapter.quote_as_configured(to_relation.identifier, 'identifier') -%}
            {%- call statement('rename_relation') -%}alter table {{ from_relation.render() }} rename to {{ new_name }}{%- endcall -%}
        {% endmacro %}
        {% macro default__get_rename_sql(relation, new_name) %}
            {%- if relation.is_view -%}{{ get_rename_view_sql(relation, new_name) }}
            {%- elif relation.is_table -%}{{ get_rename_table_sql(relation, new_name) }}
            {%- elif relation.is_materialized_view -%}{{ get_rename_materialized_view_sql(relation, new_name) }}
            {%- else -%}{{ exceptions.raise_compiler_error('`get_rename_sql` has not been implemented for: ' ~ relation.type) }}
            {%- endif -%}
        {% endmacro %}
        {% macro default__get_rename_table_sql(relation, new_name) %}
            {{ exceptions.raise_compiler_error('`get_rename_table_sql` has not been implemented for this adapter.') }}
        {% endmacro %}
        {% macro default__get_rename_view_sql(relation, new_name) %}
            {{ exceptions.raise_compiler_error('`get_rename_view_sql` has not been implemented for this adapter.') }}
        {% endmacro %}
        {% macro default__get_rename_materialized_view_sql(relation, new_name) %}
            {{ exceptions.raise_compiler_error('`get_rename_materialized_view_sql` has not been implemented for this adapter.') }}
        {% endmacro %}

        {% macro default__get_create_sql(relation, sql) %}
            {%- if relation.is_view -%}{{ get_create_view_as_sql(relation, sql) }}
            {%- elif relation.is_table -%}{{ get_create_table_as_sql(False, relation, sql) }}
            {%- elif relation.is_materialized_view -%}{{ get_create_materialized_view_as_sql(relation, sql) }}
            {%- else -%}{{ exceptions.raise_compiler_error('`get_create_sql` has not been implemented for: ' ~ relation.type) }}
            {%- endif -%}
        {% endmacro %}
        {% macro default__get_create_backup_sql(relation) %}
            {%- set backup_relation = make_backup_relation(relation, relation.type) -%}
            {{ get_drop_sql(backup_relation) }};
            {{ get_rename_sql(relation, backup_relation.identifier) }}
        {% endmacro %}
        {% macro default__get_create_intermediate_sql(relation, sql) %}
            {%- set intermediate_relation = make_intermediate_relation(relation) -%}
            {{ get_drop_sql(intermediate_relation) }};
            {{ get_create_sql(intermediate_relation, sql) }}
        {% endmacro %}
        {% macro default__get_drop_backup_sql(relation) %}{{ get_drop_sql(make_backup_relation(relation, relation.type)) }}{% endmacro %}
        {% macro default__get_rename_intermediate_sql(relation) %}
            {{ get_rename_sql(make_intermediate_relation(relation), relation.identifier) }}
        {% endmacro %}
        {# In one statement where the engine has one; else built beside the old one, or after it, by what may be renamed. #}
        {% macro default__get_replace_sql(existing_relation, target_relation, sql) %}
            {%- set is_replaceable = existing_relation.type == target_relation.type and existing_relation.can_be_replaced -%}
            {%- if is_replaceable and existing_relation.is_view -%}{{ get_replace_view_sql(target_relation, sql) }}
            {%- elif is_replaceable and existing_relation.is_table -%}{{ get_replace_table_sql(target_relation, sql) }}
            {%- elif is_replaceable and existing_relation.is_materialized_view -%}{{ get_replace_materialized_view_sql(target_relation, sql) }}
            {%- else -%}
                {%- set has_backup = existing_relation.can_be_renamed -%}
                {%- set is_staged = target_relation.can_be_renamed -%}
                {%- set free = get_create_backup_sql(existing_relation) if has_backup else get_drop_sql(existing_relation) -%}
                {%- set steps = [get_create_intermediate_sql(target_relation, sql), free, get_rename_intermediate_sql(target_relation)]
                    if is_staged else [free, get_create_sql(target_relation, sql)] -%}
                {%- if has_backup -%}{%- do steps.append(get_drop_backup_sql(existing_relation)) -%}{%- endif -%}
                {{ steps | join(';\n') }}
            {%- endif -%}
        {% endmacro %}
        {% macro default__get_replace_table_sql(relation, sql) %}
            {{ exceptions.raise_compiler_error('`get_replace_table_sql` has not been implemented for this adapter.') }}
        {% endmacro %}
        {% macro default__get_replace_view_sql(relation, sql) %}
            {{ exceptions.raise_compiler_error('`get_replace_view_sql` has not been implemented for this adapter.') }}
        {% endmacro %}
        {% macro default__get_replace_materialized_view_sql(relation, sql) %}
            {{ exceptions.raise_compiler_error('`get_replace_materialized_view_sql` has not been implemented for this adapter.') }}
        {% endmacro %}
        """#)

    static let creating = LibraryFile(
        "dbt", "creating.sql",
        dispatched: [
            "get_create_table_as_sql(temporary, relation, sql)", "get_create_view_as_sql(relation, sql)", "create_view_as(relation, sql)",
            "get_create_materialized_view_as_sql(relation, sql)", "get_select_subquery(sql)",
        ], #"""
        {% macro default__get_create_table_as_sql(temporary, relation, sql) %}{{ return(create_table_as(temporary, relation, sql)) }}{% endmacro %}
        {# An adapter's own version may know three arguments only, so the language is told where it is another one. #}
        {% macro create_table_as(temporary, relation, compiled_code, language='sql') -%}
            {%- set create = adapter.dispatch('create_table_as', 'dbt') -%}
            {%- if language == 'sql' -%}{{ return(create(temporary, relation, compiled_code)) }}{%- endif -%}
            {{ return(create(temporary, relation, compiled_code, language)) }}
        {%- endmacro %}
        {% macro default__create_table_as(temporary, relation, sql) -%}
            {%- set sql_header = config.get('sql_header', none) -%}
            {%- set contract_config = config.get('contract') -%}
            {{ sql_header if sql_header is not none }}
            create {{ 'temporary ' if temporary }}table {{ relation.include(database=(not temporary), schema=(not temporary)) }}
            {%- if contract_config and contract_config.enforced and not temporary %}
            {{ get_assert_columns_equivalent(sql) }}
            {{ get_table_columns_and_constraints() }}
            {%- set sql = get_select_subquery(sql) %}
            {%- endif %}
            as (
                {{ sql }}
            );
        {%- endmacro %}

        {% macro default__get_create_view_as_sql(relation, sql) %}{{ return(create_view_as(relation, sql)) }}{% endmacro %}
        {% macro default__create_view_as(relation, sql) -%}
            {%- set sql_header = config.get('sql_header', none) -%}
            {{ sql_header if sql_header is not none }}
            {%- set contract_config = config.get('contract') -%}
            {%- if contract_config and contract_config.enforced -%}{{ get_assert_columns_equivalent(sql) }}{%- endif %}
            create view {{ relation.render() }} as (
                {{ sql }}
            );
        {%- endmacro %}
        {% macro default__get_create_materialized_view_as_sql(relation, sql) -%}
            {{ exceptions.raise_compiler_error('`get_create_materialized_view_as_sql` has not been implemented for this adapter.') }}
        {%- endmacro %}

        {% macro default__get_select_subquery(sql) %}
            select {{ adapter.dispatch('get_column_names', 'dbt')() }}
            from (
                {{ sql }}
            ) as model_subq
        {% endmacro %}
        {% macro default__get_column_names() -%}
            {%- for name in model['columns'] -%}
                {{ adapter.quote(name) if model['columns'][name].get('quote') else name }}{{ ', ' if not loop.last }}
            {%- endfor -%}
        {%- endmacro %}
        """#)

    static let schemas = LibraryFile(
        "dbt", "schemas.sql",
        dispatched: ["create_schema(relation)", "drop_schema(relation)", "list_schemas(database)", "check_schema_exists(information_schema, schema)"], #"""
        {% macro default__create_schema(relation) -%}
            {%- call statement('create_schema') -%}create schema if not exists {{ relation.without_identifier() }}{%- endcall -%}
        {%- endmacro %}
        {% macro default__drop_schema(relation) -%}
            {%- call statement('drop_schema') -%}drop schema if exists {{ relation.without_identifier() }} cascade{%- endcall -%}
        {%- endmacro %}
        {% macro default__list_schemas(database) -%}
            {%- set sql -%}select distinct schema_name from information_schema.schemata{%- endset -%}
            {{ return(run_query(sql)) }}
        {%- endmacro %}
        {% macro default__check_schema_exists(information_schema, schema) -%}
            {%- set sql -%}select count(*) from information_schema.schemata where schema_name = '{{ schema }}'{%- endset -%}
            {{ return(run_query(sql)) }}
        {%- endmacro %}
        """#)
}
