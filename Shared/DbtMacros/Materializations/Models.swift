extension MacroLibrary {
    static let view = LibraryFile(
        "dbt", "materializations/view.sql",
        dispatched: ["sluice_replace_with_view(existing_relation, target_relation, sql)", "handle_existing_table(full_refresh, old_relation)"], #"""
        {% materialization view, default %}
            {%- set existing_relation = load_cached_relation(this) -%}
            {%- set target_relation = this.incorporate(type='view') -%}
            {%- set grant_config = config.get('grants') -%}
            {{ run_hooks(pre_hooks, inside_transaction=False) }}
            {{ run_hooks(pre_hooks, inside_transaction=True) }}
            {%- set backup_relation = none -%}
            {%- if sluice_has_own_steps() -%}
                {%- set backup_relation = sluice_build_and_rename(existing_relation, target_relation, sql) -%}
            {%- elif existing_relation is none -%}
                {%- call statement('main') -%}{{ get_create_view_as_sql(target_relation, sql) }}{%- endcall -%}
            {%- else -%}
                {%- do sluice_replace_with_view(existing_relation, target_relation, sql) -%}
            {%- endif -%}
            {%- do apply_grants(target_relation, grant_config, should_revoke=should_revoke(existing_relation, full_refresh_mode=True)) -%}
            {%- do persist_docs(target_relation, model) -%}
            {{ run_hooks(post_hooks, inside_transaction=True) }}
            {%- do drop_relation_if_exists(backup_relation) -%}
            {{ run_hooks(post_hooks, inside_transaction=False) }}
            {{ return({'relations': [target_relation]}) }}
        {% endmaterialization %}

        {# Whether the project or a package has its own macro for a step of dbt's that is left out here. #}
        {% macro sluice_has_own_steps() %}
            {{ return(adapter.is_overridden(
                'make_intermediate_relation', 'make_backup_relation', 'rename_relation', 'drop_relation', 'get_drop_sql', 'drop_table', 'drop_view')) }}
        {% endmacro %}
        {# Then all of dbt's steps are taken, up to the drop of the old one, which is left to the caller. #}
        {% macro sluice_build_and_rename(existing_relation, target_relation, sql) %}
            {%- set intermediate_relation = make_intermediate_relation(target_relation) -%}
            {%- set preexisting_intermediate_relation = load_cached_relation(intermediate_relation) -%}
            {%- set backup_relation = make_backup_relation(target_relation, target_relation.type if existing_relation is none else existing_relation.type) -%}
            {%- set preexisting_backup_relation = load_cached_relation(backup_relation) -%}
            {%- do drop_relation_if_exists(preexisting_intermediate_relation) -%}
            {%- do drop_relation_if_exists(preexisting_backup_relation) -%}
            {%- call statement('main') -%}{{ get_create_sql(intermediate_relation, sql) }}{%- endcall -%}
            {%- if target_relation.is_table -%}{%- do create_indexes(intermediate_relation) -%}{%- endif -%}
            {%- if existing_relation is not none -%}{%- do adapter.rename_relation(existing_relation, backup_relation) -%}{%- endif -%}
            {%- do adapter.rename_relation(intermediate_relation, target_relation) -%}
            {{ return(backup_relation) }}
        {% endmacro %}

        {# Built beside the old one and put in its place, whatever kind that was. #}
        {% macro default__sluice_replace_with_view(existing_relation, target_relation, sql) %}
            {%- set intermediate_relation = make_intermediate_relation(target_relation) -%}
            {%- do drop_relation_if_exists(load_cached_relation(intermediate_relation)) -%}
            {%- call statement('main') -%}{{ get_create_view_as_sql(intermediate_relation, sql) }}{%- endcall -%}
            {%- do adapter.publish_relation(intermediate_relation, target_relation) -%}
        {% endmacro %}

        {% macro create_or_replace_view() %}
            {%- set existing_relation = load_cached_relation(this) -%}
            {%- set target_relation = this.incorporate(type='view') -%}
            {{ run_hooks(pre_hooks) }}
            {%- if existing_relation is none -%}
                {%- call statement('main') -%}{{ get_create_view_as_sql(target_relation, sql) }}{%- endcall -%}
            {%- else -%}
                {%- do sluice_replace_with_view(existing_relation, target_relation, sql) -%}
            {%- endif -%}
            {%- do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(existing_relation, full_refresh_mode=True)) -%}
            {{ run_hooks(post_hooks) }}
            {{ return({'relations': [target_relation]}) }}
        {% endmacro %}
        {% macro default__handle_existing_table(full_refresh, old_relation) %}{%- do adapter.drop_relation(old_relation) -%}{% endmacro %}
        """#)

    static let table = LibraryFile("dbt", "materializations/table.sql", dispatched: ["sluice_build_table(existing_relation, target_relation, sql)"], #"""
        {% materialization table, default %}
            {%- set existing_relation = load_cached_relation(this) -%}
            {%- set target_relation = this.incorporate(type='table') -%}
            {%- set grant_config = config.get('grants') -%}
            {{ run_hooks(pre_hooks, inside_transaction=False) }}
            {{ run_hooks(pre_hooks, inside_transaction=True) }}
            {%- set backup_relation = none -%}
            {%- if sluice_has_own_steps() -%}
                {%- set backup_relation = sluice_build_and_rename(existing_relation, target_relation, sql) -%}
            {%- else -%}
                {%- do sluice_build_table(existing_relation, target_relation, sql) -%}
            {%- endif -%}
            {%- do apply_grants(target_relation, grant_config, should_revoke=should_revoke(existing_relation, full_refresh_mode=True)) -%}
            {%- do persist_docs(target_relation, model) -%}
            {{ run_hooks(post_hooks, inside_transaction=True) }}
            {%- do drop_relation_if_exists(backup_relation) -%}
            {{ run_hooks(post_hooks, inside_transaction=False) }}
            {{ return({'relations': [target_relation]}) }}
        {% endmaterialization %}

        {# Built beside the old one, then put in its place: a view on the table never sees it missing. Where there is no old
           one it is built in its place, as a rename makes some engines read their whole schema. #}
        {% macro default__sluice_build_table(existing_relation, target_relation, sql) %}
            {%- set built_relation = target_relation if existing_relation is none else make_intermediate_relation(target_relation) -%}
            {%- if existing_relation is not none -%}
                {%- do drop_relation_if_exists(load_cached_relation(built_relation)) -%}
            {%- endif -%}
            {%- call statement('main') -%}{{ get_create_table_as_sql(False, built_relation, sql) }}{%- endcall -%}
            {%- if existing_relation is none -%}
                {%- do create_indexes(target_relation) -%}
            {%- else -%}
                {%- do adapter.publish_relation(built_relation, target_relation) -%}
                {%- do create_indexes(target_relation) -%}
            {%- endif -%}
        {% endmacro %}
        """#)

    static let incremental = LibraryFile("dbt", "materializations/incremental.sql", #"""
        {% materialization incremental, default -%}
            {%- set existing_relation = load_cached_relation(this) -%}
            {%- set target_relation = this.incorporate(type='table') -%}
            {%- set temp_relation = make_temp_relation(target_relation) -%}
            {%- set unique_key = config.get('unique_key') -%}
            {%- set full_refresh_mode = should_full_refresh() or (existing_relation is not none and existing_relation.is_view) -%}
            {%- set on_schema_change = incremental_validate_on_schema_change(config.get('on_schema_change'), default='ignore') -%}
            {%- set grant_config = config.get('grants') -%}
            {# Asked for before anything is written, also on the first run, when it is not needed yet. #}
            {%- set strategy_macro = adapter.get_incremental_strategy_macro(context, config.get('incremental_strategy') or 'default') -%}

            {{ run_hooks(pre_hooks, inside_transaction=False) }}
            {{ run_hooks(pre_hooks, inside_transaction=True) }}
            {%- set backup_relation = none -%}
            {%- if existing_relation is not none and full_refresh_mode and sluice_has_own_steps() -%}
                {%- set backup_relation = sluice_build_and_rename(existing_relation, target_relation, sql) -%}
            {%- elif existing_relation is none or full_refresh_mode -%}
                {%- do sluice_build_table(existing_relation, target_relation, sql) -%}
            {%- else -%}
                {%- do sluice_stage_incremental(temp_relation, sql) -%}
                {%- set contract_config = config.get('contract') -%}
                {%- if not contract_config or not contract_config.enforced -%}
                    {%- do adapter.expand_target_column_types(from_relation=temp_relation, to_relation=target_relation) -%}
                {%- endif -%}
                {%- set dest_columns = process_schema_changes(on_schema_change, temp_relation, existing_relation) -%}
                {%- if not dest_columns -%}
                    {%- set dest_columns = adapter.get_columns_in_relation(existing_relation) -%}
                {%- endif -%}
                {%- set predicates = config.get('predicates', none) or config.get('incremental_predicates', none) -%}
                {%- set arguments = {
                    'target_relation': target_relation, 'temp_relation': temp_relation, 'unique_key': unique_key,
                    'dest_columns': dest_columns, 'incremental_predicates': predicates
                } -%}
                {%- call statement('main') -%}{{ strategy_macro(arguments) }}{%- endcall -%}
                {%- do drop_relation_if_exists(temp_relation) -%}
            {%- endif -%}
            {%- do apply_grants(target_relation, grant_config, should_revoke=should_revoke(existing_relation, full_refresh_mode)) -%}
            {%- do persist_docs(target_relation, model) -%}
            {{ run_hooks(post_hooks, inside_transaction=True) }}
            {%- do drop_relation_if_exists(backup_relation) -%}
            {{ run_hooks(post_hooks, inside_transaction=False) }}
            {{ return({'relations': [target_relation]}) }}
        {%- endmaterialization %}

        {% macro sluice_stage_incremental(temp_relation, sql) %}
            {{ return(adapter.dispatch('sluice_stage_incremental', 'dbt')(temp_relation, sql)) }}
        {% endmacro %}
        {% macro default__sluice_stage_incremental(temp_relation, sql) %}
            {%- call statement('stage') -%}{{ get_create_table_as_sql(True, temp_relation, sql) }}{%- endcall -%}
        {% endmacro %}
        """#)

    static let clone = LibraryFile(
        "dbt", "materializations/clone.sql", dispatched: ["can_clone_table()", "create_or_replace_clone(this_relation, defer_relation)"], #"""
        {% materialization clone, default %}
            {%- if not defer_relation -%}
                {{ log('No relation found in state manifest for ' ~ model.unique_id, info=True) }}
                {{ return({'relations': []}) }}
            {%- endif -%}
            {%- set existing_relation = load_cached_relation(this) -%}
            {%- if existing_relation and not flags.FULL_REFRESH -%}
                {{ log('Relation ' ~ existing_relation ~ ' already exists', info=True) }}
                {{ return({'relations': []}) }}
            {%- endif -%}
            {%- set other_relation = load_cached_relation(defer_relation) -%}
            {%- if not (other_relation and other_relation.is_table and can_clone_table()) -%}
                {%- set own_name = 'materialization_view_' ~ adapter.type() -%}
                {{ return(context[own_name if own_name in context else 'materialization_view_default']()) }}
            {%- endif -%}
            {%- set target_relation = this.incorporate(type='table') -%}
            {%- if existing_relation and not existing_relation.is_table -%}{%- do drop_relation_if_exists(existing_relation) -%}{%- endif -%}
            {%- call statement('main') -%}{{ create_or_replace_clone(target_relation, defer_relation) }}{%- endcall -%}
            {%- do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(existing_relation, full_refresh_mode=True)) -%}
            {%- do persist_docs(target_relation, model) -%}
            {{ return({'relations': [target_relation]}) }}
        {% endmaterialization %}
        {% macro default__can_clone_table() %}{{ return(False) }}{% endmacro %}
        {% macro default__create_or_replace_clone(this_relation, defer_relation) %}
            create or replace table {{ this_relation.render() }} clone {{ defer_relation.render() }}
        {% endmacro %}
        """#)
}
