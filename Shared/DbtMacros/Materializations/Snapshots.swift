extension MacroLibrary {
    static let snapshot = LibraryFile("dbt", "materializations/snapshot.sql", #"""
        {% materialization snapshot, default %}
            {%- set strategy_name = config.get('strategy') -%}
            {%- set unique_key = config.get('unique_key') -%}
            {%- set grant_config = config.get('grants') -%}
            {%- set existing_relation = load_cached_relation(this) -%}
            {%- set target_relation_exists = existing_relation is not none -%}
            {%- set target_relation = existing_relation if target_relation_exists else this.incorporate(type='table') -%}
            {%- if target_relation_exists and not target_relation.is_table -%}
                {%- do exceptions.relation_wrong_type(target_relation, 'table') -%}
            {%- endif -%}
            {%- if not adapter.check_schema_exists(model.database, model.schema) -%}
                {%- do create_schema(this) -%}
            {%- endif -%}
            {{ run_hooks(pre_hooks, inside_transaction=False) }}
            {{ run_hooks(pre_hooks, inside_transaction=True) }}
            {%- set strategy_macro = strategy_dispatch(strategy_name) -%}
            {%- set strategy = strategy_macro(model, 'snapshotted_data', 'source_data', model['config'], target_relation_exists) -%}
            {%- if not target_relation_exists -%}
                {%- set build_sql = build_snapshot_table(strategy, model['compiled_code']) -%}
                {%- call statement('main') -%}{{ create_table_as(False, target_relation, build_sql) }}{%- endcall -%}
            {%- else -%}
                {%- set names = get_snapshot_table_column_names() -%}
                {{ adapter.assert_valid_snapshot_target_given_strategy(target_relation, names, strategy) }}
                {%- set staging_table = build_snapshot_staging_table(strategy, model['compiled_code'], target_relation) -%}
                {# So that a row of the new query fits into the old table. #}
                {%- do adapter.expand_target_column_types(from_relation=staging_table, to_relation=target_relation) -%}
                {%- set remove_columns = ['dbt_change_type', 'dbt_unique_key'] -%}
                {%- for key in sluice_unique_keys(unique_key) if unique_key is not string -%}
                    {%- do remove_columns.append('dbt_unique_key_' ~ loop.index) -%}
                {%- endfor -%}
                {%- set missing = [] -%}
                {%- for column in adapter.get_missing_columns(staging_table, target_relation) if column.name | lower not in remove_columns -%}
                    {%- do missing.append(column) -%}
                {%- endfor -%}
                {%- do create_columns(target_relation, missing) -%}
                {%- set insert_cols = [] -%}
                {%- for column in adapter.get_columns_in_relation(staging_table) if column.name | lower not in remove_columns -%}
                    {%- do insert_cols.append(adapter.quote(column.name)) -%}
                {%- endfor -%}
                {%- call statement('main') -%}
                    {{ snapshot_merge_sql(target=target_relation, source=staging_table, insert_cols=insert_cols) }}
                {%- endcall -%}
            {%- endif -%}
            {{ check_time_data_types(build_sql) }}
            {%- do apply_grants(target_relation, grant_config, should_revoke=should_revoke(target_relation_exists, full_refresh_mode=False)) -%}
            {%- do persist_docs(target_relation, model) -%}
            {%- if not target_relation_exists -%}{%- do create_indexes(target_relation) -%}{%- endif -%}
            {{ run_hooks(post_hooks, inside_transaction=True) }}
            {%- if staging_table is defined -%}{%- do post_snapshot(staging_table) -%}{%- endif -%}
            {{ run_hooks(post_hooks, inside_transaction=False) }}
            {{ return({'relations': [target_relation]}) }}
        {% endmaterialization %}
        """#)

    static let snapshotTables = LibraryFile(
        "dbt", "snapshots/tables.sql",
        dispatched: [
            "snapshot_merge_sql(target, source, insert_cols)", "create_columns(relation, columns)", "post_snapshot(staging_relation)",
            "get_true_sql()", "snapshot_staging_table(strategy, source_sql, target_relation)", "build_snapshot_table(strategy, sql)",
            "build_snapshot_staging_table(strategy, sql, target_relation)",
        ], #"""
        {% macro get_snapshot_table_column_names() %}
            {%- set names = {
                'dbt_valid_to': 'dbt_valid_to', 'dbt_valid_from': 'dbt_valid_from', 'dbt_scd_id': 'dbt_scd_id',
                'dbt_updated_at': 'dbt_updated_at', 'dbt_is_deleted': 'dbt_is_deleted'
            } -%}
            {%- for key, name in (config.get('snapshot_meta_column_names') or {}).items() if name -%}{%- do names.update({key: name}) -%}{%- endfor -%}
            {{ return(names) }}
        {% endmacro %}

        {% macro default__create_columns(relation, columns) %}
            {%- for column in columns -%}
                {%- call statement() -%}
                    alter table {{ relation.render() }} add column {{ adapter.quote(column.name) }} {{ column.expanded_data_type }}
                {%- endcall -%}
            {%- endfor -%}
        {% endmacro %}
        {% macro default__post_snapshot(staging_relation) %}{%- do drop_relation_if_exists(load_cached_relation(staging_relation)) -%}{% endmacro %}
        {% macro default__get_true_sql() %}{{ return('TRUE') }}{% endmacro %}

        {% macro get_dbt_valid_to_current(strategy, columns) %}
            {%- set current = config.get('dbt_valid_to_current') -%}
            {%- set null_value = "nullif(" ~ strategy.updated_at ~ ", " ~ strategy.updated_at ~ ")" -%}
            {{ return(("coalesce(" ~ null_value ~ ", " ~ current ~ ")" if current else null_value) ~ " as " ~ columns.dbt_valid_to) }}
        {% endmacro %}

        {# Whether a row of the snapshot is the current one of its key. #}
        {% macro sluice_is_current_snapshot_row(columns) %}
            {%- set current = config.get('dbt_valid_to_current') -%}
            {%- if current -%}
                {#- Rows from before the setting still end in null. -#}
                {{ return('(' ~ columns.dbt_valid_to ~ ' = ' ~ current ~ ' or ' ~ columns.dbt_valid_to ~ ' is null)') }}
            {%- endif -%}
            {{ return(columns.dbt_valid_to ~ ' is null') }}
        {% endmacro %}

        {% macro unique_key_fields(unique_key) %}
            {%- if unique_key is string -%}{{ return(unique_key ~ ' as dbt_unique_key') }}{%- endif -%}
            {%- set fields = [] -%}
            {%- for key in unique_key -%}{%- do fields.append(key ~ ' as dbt_unique_key_' ~ loop.index) -%}{%- endfor -%}
            {{ return(fields | join(', ')) }}
        {% endmacro %}
        {% macro unique_key_join_on(unique_key, identifier, from_identifier) %}
            {%- if unique_key is string -%}{{ return(identifier ~ '.dbt_unique_key = ' ~ from_identifier ~ '.dbt_unique_key') }}{%- endif -%}
            {%- set matches = [] -%}
            {%- for key in unique_key -%}
                {%- do matches.append(identifier ~ '.dbt_unique_key_' ~ loop.index ~ ' = ' ~ from_identifier ~ '.dbt_unique_key_' ~ loop.index) -%}
            {%- endfor -%}
            {{ return(matches | join(' and ')) }}
        {% endmacro %}
        {% macro unique_key_is_null(unique_key, identifier) %}
            {{ return(identifier ~ ('.dbt_unique_key' if unique_key is string else '.dbt_unique_key_1') ~ ' is null') }}
        {% endmacro %}
        {% macro unique_key_is_not_null(unique_key, identifier) %}
            {{ return(identifier ~ ('.dbt_unique_key' if unique_key is string else '.dbt_unique_key_1') ~ ' is not null') }}
        {% endmacro %}

        {% macro default__build_snapshot_table(strategy, sql) %}
            {%- set columns = get_snapshot_table_column_names() %}
            select *,
                {{ strategy.scd_id }} as {{ columns.dbt_scd_id }},
                {{ strategy.updated_at }} as {{ columns.dbt_updated_at }},
                {{ strategy.updated_at }} as {{ columns.dbt_valid_from }},
                {{ get_dbt_valid_to_current(strategy, columns) }}
                {%- if strategy.hard_deletes == 'new_record' %},
                'False' as {{ columns.dbt_is_deleted }}
                {%- endif %}
            from (
                {{ sql }}
            ) sbq
        {% endmacro %}

        {% macro default__build_snapshot_staging_table(strategy, sql, target_relation) %}
            {%- set temp_relation = make_temp_relation(target_relation) -%}
            {%- set select = snapshot_staging_table(strategy, sql, target_relation) -%}
            {%- call statement('build_snapshot_staging_relation') -%}
                {{ create_table_as(True, temp_relation, select) }}
            {%- endcall -%}
            {{ return(temp_relation) }}
        {% endmacro %}

        {# What the snapshot lacks: rows to insert, rows to end, and rows whose source is gone. Every part has the query's
           columns, the keys and then the snapshot's own columns, in this order. #}
        {% macro default__snapshot_staging_table(strategy, source_sql, target_relation) %}
            {%- set columns = get_snapshot_table_column_names() -%}
            {%- set key = strategy.unique_key -%}
            {%- set keeps_deleted = strategy.hard_deletes == 'new_record' -%}
            {%- set row_changed = '(' ~ strategy.row_changed ~ ')' -%}
            {%- if keeps_deleted -%}
                {%- set row_changed = '(' ~ strategy.row_changed ~ ' or snapshotted_data.' ~ columns.dbt_is_deleted ~ " = 'True')" -%}
            {%- endif %}
            with snapshot_query as (
                {{ source_sql }}
            ),
            snapshotted_data as (
                select *, {{ unique_key_fields(key) }}
                from {{ target_relation }}
                where {{ sluice_is_current_snapshot_row(columns) }}
            ),
            new_data as (
                select *, {{ unique_key_fields(key) }},
                    {{ strategy.updated_at }} as {{ columns.dbt_updated_at }},
                    {{ strategy.updated_at }} as {{ columns.dbt_valid_from }},
                    {{ get_dbt_valid_to_current(strategy, columns) }},
                    {{ strategy.scd_id }} as {{ columns.dbt_scd_id }}
                from snapshot_query
            ),
            ending_data as (
                select *, {{ unique_key_fields(key) }},
                    {{ strategy.updated_at }} as {{ columns.dbt_updated_at }},
                    {{ strategy.updated_at }} as {{ columns.dbt_valid_from }},
                    {{ strategy.updated_at }} as {{ columns.dbt_valid_to }}
                from snapshot_query
            )
            select 'insert' as dbt_change_type, source_data.*
                {%- if keeps_deleted %}, 'False' as {{ columns.dbt_is_deleted }}{%- endif %}
            from new_data as source_data
            left join snapshotted_data on {{ unique_key_join_on(key, 'snapshotted_data', 'source_data') }}
            where {{ unique_key_is_null(key, 'snapshotted_data') }} or {{ row_changed }}
            union all
            select 'update' as dbt_change_type, source_data.*, snapshotted_data.{{ columns.dbt_scd_id }}
                {%- if keeps_deleted %}, snapshotted_data.{{ columns.dbt_is_deleted }}{%- endif %}
            from ending_data as source_data
            join snapshotted_data on {{ unique_key_join_on(key, 'snapshotted_data', 'source_data') }}
            where {{ row_changed }}
            {%- if strategy.hard_deletes in ('invalidate', 'new_record') %}
            union all
            select 'delete' as dbt_change_type, source_data.*,
                {{ snapshot_get_time() }} as {{ columns.dbt_updated_at }},
                {{ snapshot_get_time() }} as {{ columns.dbt_valid_from }},
                {{ snapshot_get_time() }} as {{ columns.dbt_valid_to }},
                snapshotted_data.{{ columns.dbt_scd_id }}
                {%- if keeps_deleted %}, snapshotted_data.{{ columns.dbt_is_deleted }}{%- endif %}
            from snapshotted_data
            left join (select *, {{ unique_key_fields(key) }} from snapshot_query) as source_data
                on {{ unique_key_join_on(key, 'snapshotted_data', 'source_data') }}
            where {{ unique_key_is_null(key, 'source_data') }}
                {%- if keeps_deleted %} and snapshotted_data.{{ columns.dbt_is_deleted }} <> 'True'{%- endif %}
            {%- endif %}
            {%- if keeps_deleted %}
            {%- set known = adapter.get_columns_in_relation(target_relation) | map(attribute='name') | map('lower') | list %}
            union all
            select 'insert' as dbt_change_type,
                {%- for column in get_column_schema_from_query(source_sql) %}
                {{ ('snapshotted_data.' ~ adapter.quote(column.name)) if column.name | lower in known else 'null' }} as {{ adapter.quote(column.name) }},
                {%- endfor %}
                {%- if key is string %}
                snapshotted_data.dbt_unique_key,
                {%- else %}
                {%- for part in key %}
                snapshotted_data.dbt_unique_key_{{ loop.index }},
                {%- endfor %}
                {%- endif %}
                {{ snapshot_get_time() }} as {{ columns.dbt_updated_at }},
                {{ snapshot_get_time() }} as {{ columns.dbt_valid_from }},
                snapshotted_data.{{ columns.dbt_valid_to }} as {{ columns.dbt_valid_to }},
                {{ snapshot_hash_arguments(['snapshotted_data.' ~ columns.dbt_scd_id, snapshot_get_time()]) }} as {{ columns.dbt_scd_id }},
                'True' as {{ columns.dbt_is_deleted }}
            from snapshotted_data
            left join (select *, {{ unique_key_fields(key) }} from snapshot_query) as source_data
                on {{ unique_key_join_on(key, 'snapshotted_data', 'source_data') }}
            where {{ unique_key_is_null(key, 'source_data') }} and snapshotted_data.{{ columns.dbt_is_deleted }} <> 'True'
            {%- endif %}
        {% endmacro %}

        {% macro default__snapshot_merge_sql(target, source, insert_cols) -%}
            {%- set columns = get_snapshot_table_column_names() -%}
            merge into {{ target.render() }} as DBT_INTERNAL_DEST
            using {{ source }} as DBT_INTERNAL_SOURCE
            on DBT_INTERNAL_SOURCE.{{ columns.dbt_scd_id }} = DBT_INTERNAL_DEST.{{ columns.dbt_scd_id }}
            when matched and {{ sluice_is_current_snapshot_row({'dbt_valid_to': 'DBT_INTERNAL_DEST.' ~ columns.dbt_valid_to}) }}
                and DBT_INTERNAL_SOURCE.dbt_change_type in ('update', 'delete')
                then update set {{ columns.dbt_valid_to }} = DBT_INTERNAL_SOURCE.{{ columns.dbt_valid_to }}
            when not matched and DBT_INTERNAL_SOURCE.dbt_change_type = 'insert'
                then insert ({{ insert_cols | join(', ') }}) values ({{ insert_cols | join(', ') }})
        {%- endmacro %}

        {# The same for engines without a statement that does both. #}
        {% macro sluice_snapshot_update_then_insert_sql(target, source, insert_cols) -%}
            {%- set columns = get_snapshot_table_column_names() -%}
            update {{ target }}
            set {{ columns.dbt_valid_to }} = DBT_INTERNAL_SOURCE.{{ columns.dbt_valid_to }}
            from {{ source }} as DBT_INTERNAL_SOURCE
            where DBT_INTERNAL_SOURCE.{{ columns.dbt_scd_id }} = {{ target }}.{{ columns.dbt_scd_id }}
                and DBT_INTERNAL_SOURCE.dbt_change_type in ('update', 'delete')
                and {{ sluice_is_current_snapshot_row({'dbt_valid_to': target ~ '.' ~ columns.dbt_valid_to}) }};
            insert into {{ target }} ({{ insert_cols | join(', ') }})
            select {{ insert_cols | join(', ') }} from {{ source }} as DBT_INTERNAL_SOURCE
            where DBT_INTERNAL_SOURCE.dbt_change_type = 'insert'
        {%- endmacro %}

        {# A word of warning where the two times that are compared have different types. #}
        {% macro check_time_data_types(sql) %}
            {%- set dbt_updated_at_data_type = get_updated_at_column_data_type(sql) -%}
            {%- set snapshot_get_time_data_type = get_snapshot_get_time_data_type() -%}
            {%- if snapshot_get_time_data_type is not none and dbt_updated_at_data_type is not none
                and snapshot_get_time_data_type != dbt_updated_at_data_type -%}
                {%- do exceptions.warn_snapshot_timestamp_data_types(snapshot_get_time_data_type, dbt_updated_at_data_type) -%}
            {%- endif -%}
        {% endmacro %}
        {% macro get_updated_at_column_data_type(snapshot_sql) %}
            {%- if not snapshot_sql -%}{{ return(none) }}{%- endif -%}
            {%- set wanted = get_snapshot_table_column_names().dbt_updated_at -%}
            {%- for column in get_column_schema_from_query(snapshot_sql) if column.column | lower == wanted | lower -%}
                {{ return(column.dtype) }}
            {%- endfor -%}
            {{ return(none) }}
        {% endmacro %}
        """#)

    static let snapshotStrategies = LibraryFile(
        "dbt", "snapshots/strategies.sql",
        dispatched: ["snapshot_hash_arguments(args)", "snapshot_string_as_time(timestamp)"], #"""
        {% macro strategy_dispatch(name) -%}
            {%- set package_name, own_name = (name.split('.', 1) if '.' in name else [none, name]) -%}
            {%- set wanted = 'snapshot_' ~ own_name ~ '_strategy' -%}
            {%- set namespace_of_name = context if package_name is none else context.get(package_name) -%}
            {%- if namespace_of_name is none -%}
                {{ exceptions.raise_compiler_error("Error while dispatching to strategy: could not find package '" ~ package_name ~ "'") }}
            {%- endif -%}
            {%- set found = namespace_of_name.get(wanted) -%}
            {%- if found is none -%}
                {{ exceptions.raise_compiler_error("Error while dispatching to strategy: could not find the macro '" ~ wanted ~ "'") }}
            {%- endif -%}
            {{ return(found) }}
        {%- endmacro %}

        {% macro default__snapshot_hash_arguments(args) -%}
            md5({%- for arg in args -%}coalesce(cast({{ arg }} as varchar), ''){{ " || '|' || " if not loop.last }}{%- endfor -%})
        {%- endmacro %}

        {% macro snapshot_timestamp_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) %}
            {%- set unique_key = config.get('unique_key') -%}
            {%- set updated_at = config.get('updated_at') -%}
            {%- set hard_deletes = adapter.get_hard_deletes_behavior(config) -%}
            {%- set columns = get_snapshot_table_column_names() -%}
            {{ return({
                'unique_key': unique_key, 'updated_at': updated_at, 'hard_deletes': hard_deletes, 'invalidate_hard_deletes': hard_deletes == 'invalidate',
                'row_changed': '(' ~ snapshotted_rel ~ '.' ~ columns.dbt_valid_from ~ ' < ' ~ current_rel ~ '.' ~ updated_at ~ ')',
                'scd_id': snapshot_hash_arguments(api.Relation.scd_args(unique_key, updated_at))
            }) }}
        {% endmacro %}

        {% macro default__snapshot_string_as_time(timestamp) %}
            {%- do exceptions.raise_not_implemented('snapshot_string_as_time macro not implemented for adapter ' ~ adapter.type()) -%}
        {% endmacro %}

        {% macro snapshot_check_all_get_existing_columns(node, target_exists, check_cols_config) -%}
            {%- set query_columns = get_columns_in_query(node['compiled_code']) -%}
            {%- if check_cols_config == 'all' -%}
                {%- set wanted = query_columns -%}
            {%- elif check_cols_config is iterable and check_cols_config is not string and check_cols_config | length > 0 -%}
                {%- set asked = check_cols_config | map('lower') | list -%}
                {%- set wanted = [] -%}
                {%- for name in query_columns if name | lower in asked -%}{%- do wanted.append(name) -%}{%- endfor -%}
            {%- else -%}
                {%- do exceptions.raise_compiler_error("Invalid value for 'check_cols': " ~ check_cols_config) -%}
            {%- endif -%}
            {%- set existing = namespace(columns=wanted) -%}
            {%- if target_exists -%}
                {%- set target = adapter.get_relation(database=node.database, schema=node.schema, identifier=node.alias) -%}
                {%- set existing.columns = adapter.get_columns_in_relation(target) | map(attribute='column') | list -%}
            {%- endif -%}
            {%- set known = existing.columns | map('lower') | list -%}
            {%- set compared = [] -%}
            {%- for name in wanted if name | lower in known -%}{%- do compared.append(adapter.quote(name)) -%}{%- endfor -%}
            {{ return([compared | length < wanted | length, compared]) }}
        {%- endmacro %}

        {% macro snapshot_check_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) %}
            {%- set unique_key = config.get('unique_key') -%}
            {%- set hard_deletes = adapter.get_hard_deletes_behavior(config) -%}
            {%- set updated_at = config.get('updated_at') or snapshot_get_time() -%}
            {%- set column_added, compared = snapshot_check_all_get_existing_columns(node, target_exists, config.get('check_cols')) -%}
            {%- set changes = [] -%}
            {%- for column in compared -%}
                {%- set old = snapshotted_rel ~ '.' ~ column -%}
                {%- set new = current_rel ~ '.' ~ column -%}
                {%- do changes.append(old ~ ' != ' ~ new ~ ' or (' ~ old ~ ' is null and ' ~ new ~ ' is not null) or (' ~ old ~ ' is not null and ' ~ new ~ ' is null)') -%}
            {%- endfor -%}
            {{ return({
                'unique_key': unique_key, 'updated_at': updated_at, 'hard_deletes': hard_deletes, 'invalidate_hard_deletes': hard_deletes == 'invalidate',
                'row_changed': get_true_sql() if column_added else '(' ~ changes | join(' or ') ~ ')',
                'scd_id': snapshot_hash_arguments(api.Relation.scd_args(unique_key, updated_at))
            }) }}
        {% endmacro %}
        """#)
}
