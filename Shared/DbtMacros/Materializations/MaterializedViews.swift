extension MacroLibrary {
    static let materializedView = LibraryFile(
        "dbt", "materializations/materialized_view.sql",
        dispatched: [
            "refresh_materialized_view(relation)", "get_materialized_view_configuration_changes(existing_relation, new_config)",
            "get_alter_materialized_view_as_sql(relation, configuration_changes, sql, existing_relation, backup_relation, intermediate_relation)",
        ], #"""
        {% materialization materialized_view, default %}
            {%- set existing_relation = load_cached_relation(this) -%}
            {%- set target_relation = this.incorporate(type=this.MaterializedView) -%}
            {%- set intermediate_relation = make_intermediate_relation(target_relation) -%}
            {%- set backup_relation = make_backup_relation(target_relation, target_relation.type if existing_relation is none else existing_relation.type) -%}
            {{ materialized_view_setup(backup_relation, intermediate_relation, pre_hooks) }}
            {%- set build_sql = materialized_view_get_build_sql(existing_relation, target_relation, backup_relation, intermediate_relation) -%}
            {%- if build_sql == '' -%}
                {{ materialized_view_execute_no_op(target_relation) }}
            {%- else -%}
                {{ materialized_view_execute_build_sql(build_sql, existing_relation, target_relation, post_hooks) }}
            {%- endif -%}
            {{ materialized_view_teardown(backup_relation, intermediate_relation, post_hooks) }}
            {{ return({'relations': [target_relation]}) }}
        {% endmaterialization %}

        {# What a run that was cut off left behind goes first. #}
        {% macro materialized_view_setup(backup_relation, intermediate_relation, pre_hooks) %}
            {%- do drop_relation_if_exists(load_cached_relation(backup_relation)) -%}
            {%- do drop_relation_if_exists(load_cached_relation(intermediate_relation)) -%}
            {{ run_hooks(pre_hooks, inside_transaction=False) }}
        {% endmacro %}
        {% macro materialized_view_teardown(backup_relation, intermediate_relation, post_hooks) %}
            {%- do drop_relation_if_exists(load_cached_relation(backup_relation)) -%}
            {%- do drop_relation_if_exists(load_cached_relation(intermediate_relation)) -%}
            {{ run_hooks(post_hooks, inside_transaction=False) }}
        {% endmacro %}

        {# Empty where the configuration changed and the node lets that be. #}
        {% macro materialized_view_get_build_sql(existing_relation, target_relation, backup_relation, intermediate_relation) %}
            {%- if existing_relation is none -%}{{ return(get_create_materialized_view_as_sql(target_relation, sql)) }}{%- endif -%}
            {#- One that was put back over a table made anew has what the table has, and not the model's text. -#}
            {%- if should_full_refresh() or not existing_relation.is_materialized_view or adapter.is_put_back(existing_relation) -%}
                {{ return(get_replace_sql(existing_relation, target_relation, sql)) }}
            {%- endif -%}
            {%- set on_change = config.get('on_configuration_change') -%}
            {%- set changes = get_materialized_view_configuration_changes(existing_relation, config) -%}
            {%- set told = 'Configuration changes were identified and `on_configuration_change` was set to `%s` for `%s`' -%}
            {%- if changes is none -%}
                {{ return(refresh_materialized_view(target_relation)) }}
            {%- elif on_change == 'apply' -%}
                {{ return(get_alter_materialized_view_as_sql(target_relation, changes, sql, existing_relation, backup_relation, intermediate_relation)) }}
            {%- elif on_change == 'continue' -%}
                {%- do exceptions.warn(told % ('continue', target_relation.render())) -%}
                {{ return('') }}
            {%- elif on_change == 'fail' -%}
                {%- do exceptions.raise_fail_fast_error(told % ('fail', target_relation.render())) -%}
            {%- endif -%}
            {%- do exceptions.raise_compiler_error('Unexpected configuration scenario') -%}
        {% endmacro %}
        {% macro materialized_view_execute_no_op(target_relation) %}
            {%- do store_raw_result(name='main', message='skip ' ~ target_relation, code='skip', rows_affected='-1') -%}
        {% endmacro %}
        {% macro materialized_view_execute_build_sql(build_sql, existing_relation, target_relation, post_hooks) %}
            {{ run_hooks(pre_hooks, inside_transaction=True) }}
            {%- set grant_config = config.get('grants') -%}
            {%- call statement(name='main') -%}{{ build_sql }}{%- endcall -%}
            {%- do apply_grants(target_relation, grant_config, should_revoke=should_revoke(existing_relation, full_refresh_mode=True)) -%}
            {%- do persist_docs(target_relation, model) -%}
            {{ run_hooks(post_hooks, inside_transaction=True) }}
        {% endmacro %}

        {% macro default__refresh_materialized_view(relation) %}
            {{ exceptions.raise_compiler_error('`refresh_materialized_view` has not been implemented for this adapter.') }}
        {% endmacro %}
        {% macro default__get_materialized_view_configuration_changes(existing_relation, new_config) %}
            {{ exceptions.raise_compiler_error('Materialized views have not been implemented for this adapter.') }}
        {% endmacro %}
        {% macro default__get_alter_materialized_view_as_sql(relation, configuration_changes, sql, existing_relation, backup_relation, intermediate_relation) %}
            {{ exceptions.raise_compiler_error('Materialized views have not been implemented for this adapter.') }}
        {% endmacro %}
        """#)
}
