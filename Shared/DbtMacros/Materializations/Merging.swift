extension MacroLibrary {
    static let schemaChanges = LibraryFile(
        "dbt", "incremental/schema_changes.sql",
        dispatched: [
            "check_for_schema_changes(source_relation, target_relation)", "diff_column_data_types(source_columns, target_columns)",
            "sync_column_schemas(on_schema_change, target_relation, schema_changes_dict)",
            "process_schema_changes(on_schema_change, source_relation, target_relation)",
        ], #"""
        {% macro incremental_validate_on_schema_change(on_schema_change, default='ignore') %}
            {%- if on_schema_change not in ['sync_all_columns', 'append_new_columns', 'fail', 'ignore'] -%}
                {%- if on_schema_change -%}
                    {%- do log('Invalid value for on_schema_change (%s) specified. Setting default value of %s.' % (on_schema_change, default)) -%}
                {%- endif -%}
                {{ return(default) }}
            {%- endif -%}
            {{ return(on_schema_change) }}
        {% endmacro %}

        {% macro diff_columns(source_columns, target_columns) %}
            {%- set known = target_columns | map(attribute='column') | map('lower') | list -%}
            {%- set result = [] -%}
            {%- for column in source_columns if column.column | lower not in known -%}{%- do result.append(column) -%}{%- endfor -%}
            {{ return(result) }}
        {% endmacro %}

        {% macro default__diff_column_data_types(source_columns, target_columns) %}
            {%- set result = [] -%}
            {%- for source in source_columns -%}
                {%- for target in target_columns if target.name | lower == source.name | lower -%}
                    {%- if source.expanded_data_type != target.expanded_data_type and not target.can_expand_to(other_column=source) -%}
                        {%- do result.append({'column_name': target.name, 'new_type': source.expanded_data_type}) -%}
                    {%- endif -%}
                {%- endfor -%}
            {%- endfor -%}
            {{ return(result) }}
        {% endmacro %}

        {% macro default__check_for_schema_changes(source_relation, target_relation) %}
            {%- set source_columns = adapter.get_columns_in_relation(source_relation) -%}
            {%- set target_columns = adapter.get_columns_in_relation(target_relation) -%}
            {%- set added = diff_columns(source_columns, target_columns) -%}
            {%- set gone = diff_columns(target_columns, source_columns) -%}
            {%- set new_types = diff_column_data_types(source_columns, target_columns) -%}
            {{ return({
                'schema_changed': added | length > 0 or gone | length > 0 or new_types | length > 0, 'source_not_in_target': added,
                'target_not_in_source': gone, 'source_columns': source_columns, 'target_columns': target_columns, 'new_target_types': new_types
            }) }}
        {% endmacro %}

        {% macro default__sync_column_schemas(on_schema_change, target_relation, schema_changes_dict) %}
            {%- set added = schema_changes_dict['source_not_in_target'] -%}
            {%- if on_schema_change == 'append_new_columns' -%}
                {%- if added | length > 0 -%}{%- do alter_relation_add_remove_columns(target_relation, added, none) -%}{%- endif -%}
            {%- elif on_schema_change == 'sync_all_columns' -%}
                {%- set gone = schema_changes_dict['target_not_in_source'] -%}
                {%- if added | length > 0 or gone | length > 0 -%}{%- do alter_relation_add_remove_columns(target_relation, added, gone) -%}{%- endif -%}
                {%- for change in schema_changes_dict['new_target_types'] -%}
                    {%- do alter_column_type(target_relation, change['column_name'], change['new_type']) -%}
                {%- endfor -%}
            {%- endif -%}
            {%- do log('In %s: columns added %s' % (target_relation, added | map(attribute='name') | list)) -%}
        {% endmacro %}

        {% macro default__process_schema_changes(on_schema_change, source_relation, target_relation) %}
            {%- if on_schema_change == 'ignore' -%}{{ return({}) }}{%- endif -%}
            {%- set changes = check_for_schema_changes(source_relation, target_relation) -%}
            {%- if changes['schema_changed'] -%}
                {%- if on_schema_change == 'fail' -%}
                    {#- dbt's text, to the space. -#}
                    {%- set margin = ' ' * 14 -%}
                    {%- do exceptions.raise_compiler_error([
                        '',
                        margin ~ 'The source and target schemas on this incremental model are out of sync!',
                        margin ~ 'They can be reconciled in several ways:',
                        margin ~ '  - set the `on_schema_change` config to either append_new_columns or sync_all_columns, depending on your situation.',
                        margin ~ '  - Re-run the incremental model with `full_refresh: True` to update the target schema.',
                        margin ~ '  - update the schema manually and re-run the process.',
                        '',
                        margin ~ 'Additional troubleshooting context:',
                        margin ~ '   Source columns not in target: ' ~ changes['source_not_in_target'],
                        margin ~ '   Target columns not in source: ' ~ changes['target_not_in_source'],
                        margin ~ '   New column types: ' ~ changes['new_target_types'],
                        ' ' * 10,
                    ] | join('\n')) -%}
                {%- endif -%}
                {%- do sync_column_schemas(on_schema_change, target_relation, changes) -%}
            {%- endif -%}
            {{ return(changes['source_columns']) }}
        {% endmacro %}
        """#)

    static let merging = LibraryFile(
        "dbt", "incremental/merging.sql",
        dispatched: [
            "get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none)",
            "get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates)",
            "get_insert_overwrite_merge_sql(target, source, dest_columns, predicates, include_sql_header=false)",
            "get_merge_unique_key_match(source_unique_key, target_unique_key)",
            "get_merge_update_columns(merge_update_columns, merge_exclude_columns, dest_columns)",
        ], #"""
        {% macro get_quoted_csv(column_names) %}
            {%- set quoted = [] -%}
            {%- for name in column_names -%}{%- do quoted.append(adapter.quote(name)) -%}{%- endfor -%}
            {{ return(quoted | join(', ')) }}
        {% endmacro %}

        {% macro default__get_merge_update_columns(merge_update_columns, merge_exclude_columns, dest_columns) %}
            {%- if merge_update_columns and merge_exclude_columns -%}
                {{ exceptions.raise_compiler_error(
                    'Model cannot specify merge_update_columns and merge_exclude_columns. Please update model to use only one config') }}
            {%- elif merge_update_columns -%}
                {{ return(merge_update_columns) }}
            {%- elif merge_exclude_columns -%}
                {%- set excluded = merge_exclude_columns | map('lower') | list -%}
                {%- set columns = [] -%}
                {%- for column in dest_columns if column.column | lower not in excluded -%}{%- do columns.append(column.quoted) -%}{%- endfor -%}
                {{ return(columns) }}
            {%- endif -%}
            {{ return(dest_columns | map(attribute='quoted') | list) }}
        {% endmacro %}

        {# The key as a list of texts, whichever way it was written. #}
        {% macro sluice_unique_keys(unique_key) %}
            {%- if not unique_key -%}{{ return([]) }}{%- endif -%}
            {{ return([unique_key] if unique_key is string else unique_key | list) }}
        {% endmacro %}

        {% macro sluice_merge_conditions(unique_key, incremental_predicates) %}
            {%- set conditions = [] -%}
            {%- if unique_key is string and unique_key -%}
                {%- do conditions.append(get_merge_unique_key_match('DBT_INTERNAL_SOURCE.' ~ unique_key, 'DBT_INTERNAL_DEST.' ~ unique_key)) -%}
            {%- else -%}
                {%- for key in sluice_unique_keys(unique_key) -%}
                    {%- do conditions.append('DBT_INTERNAL_SOURCE.' ~ key ~ ' = DBT_INTERNAL_DEST.' ~ key) -%}
                {%- endfor -%}
            {%- endif -%}
            {%- if incremental_predicates is string -%}
                {%- do conditions.append(incremental_predicates) -%}
            {%- elif incremental_predicates -%}
                {%- do conditions.extend(incremental_predicates) -%}
            {%- endif -%}
            {{ return(conditions) }}
        {% endmacro %}

        {% macro default__get_merge_unique_key_match(source_unique_key, target_unique_key) -%}
            {{ return(equals(source_unique_key, target_unique_key) | trim) }}
        {%- endmacro %}
        {% macro default__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
            {%- set columns = get_quoted_csv(dest_columns | map(attribute='name')) -%}
            {%- set updated = get_merge_update_columns(config.get('merge_update_columns'), config.get('merge_exclude_columns'), dest_columns) -%}
            {%- set conditions = sluice_merge_conditions(unique_key, incremental_predicates) -%}
            {%- set sql_header = config.get('sql_header', none) -%}
            {{ sql_header if sql_header is not none }}
            merge into {{ target }} as DBT_INTERNAL_DEST
            using {{ source }} as DBT_INTERNAL_SOURCE
            on {{ ('(' ~ conditions | join(') and (') ~ ')') if unique_key else ('FALSE' if not conditions else 'FALSE and (' ~ conditions | join(') and (') ~ ')') }}
            {%- if unique_key %}
            when matched then update set
                {% for column in updated -%}
                {{ column }} = DBT_INTERNAL_SOURCE.{{ column }}{{ ', ' if not loop.last }}
                {%- endfor %}
            {%- endif %}
            when not matched then insert ({{ columns }}) values (
                {%- for column in dest_columns -%}DBT_INTERNAL_SOURCE.{{ adapter.quote(column.name) }}{{ ', ' if not loop.last }}{%- endfor -%})
        {%- endmacro %}

        {% macro default__get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) -%}
            {%- set columns = get_quoted_csv(dest_columns | map(attribute='name')) -%}
            {%- set keys = sluice_unique_keys(unique_key) -%}
            {%- if keys %}
            delete from {{ target }} as DBT_INTERNAL_DEST
            where ({{ keys | join(', ') }}) in (
                select {{ keys | join(', ') }} from {{ source }} as DBT_INTERNAL_SOURCE
            )
            {%- if incremental_predicates is string %}
                and {{ incremental_predicates }}
            {%- elif incremental_predicates %}
                {%- for predicate in incremental_predicates %}
                and {{ predicate }}
                {%- endfor -%}
            {%- endif -%};
            {%- endif %}
            insert into {{ target }} ({{ columns }})
            select {{ columns }} from {{ source }}
        {%- endmacro %}

        {% macro default__get_insert_overwrite_merge_sql(target, source, dest_columns, predicates, include_sql_header) -%}
            {%- set columns = get_quoted_csv(dest_columns | map(attribute='name')) -%}
            {%- set sql_header = config.get('sql_header', none) -%}
            {{ sql_header if sql_header is not none and include_sql_header }}
            merge into {{ target }} as DBT_INTERNAL_DEST
            using {{ source }} as DBT_INTERNAL_SOURCE
            on FALSE
            when not matched by source {{ ('and ' ~ predicates | join(' and ')) if predicates }} then delete
            when not matched then insert ({{ columns }}) values ({{ columns }})
        {%- endmacro %}
        """#)

    static let incrementalStrategies = LibraryFile(
        "dbt", "incremental/strategies.sql",
        dispatched: [
            "get_incremental_append_sql(arg_dict)", "get_incremental_delete_insert_sql(arg_dict)", "get_incremental_merge_sql(arg_dict)",
            "get_incremental_insert_overwrite_sql(arg_dict)", "get_incremental_default_sql(arg_dict)", "get_incremental_microbatch_sql(arg_dict)",
        ], #"""
        {% macro default__get_incremental_append_sql(arg_dict) %}
            {{ return(get_insert_into_sql(arg_dict['target_relation'], arg_dict['temp_relation'], arg_dict['dest_columns'])) }}
        {% endmacro %}
        {% macro default__get_incremental_delete_insert_sql(arg_dict) %}
            {{ return(get_delete_insert_merge_sql(
                arg_dict['target_relation'], arg_dict['temp_relation'], arg_dict['unique_key'], arg_dict['dest_columns'], arg_dict['incremental_predicates'])) }}
        {% endmacro %}
        {% macro default__get_incremental_merge_sql(arg_dict) %}
            {{ return(get_merge_sql(
                arg_dict['target_relation'], arg_dict['temp_relation'], arg_dict['unique_key'], arg_dict['dest_columns'], arg_dict['incremental_predicates'])) }}
        {% endmacro %}
        {% macro default__get_incremental_insert_overwrite_sql(arg_dict) %}
            {{ return(get_insert_overwrite_merge_sql(
                arg_dict['target_relation'], arg_dict['temp_relation'], arg_dict['dest_columns'], arg_dict['incremental_predicates'])) }}
        {% endmacro %}
        {% macro default__get_incremental_default_sql(arg_dict) %}
            {%- if arg_dict['unique_key'] -%}{{ return(get_incremental_delete_insert_sql(arg_dict)) }}{%- endif -%}
            {{ return(get_incremental_append_sql(arg_dict)) }}
        {% endmacro %}
        {# The rows of one batch take the place of those that lie in its time. #}
        {% macro default__get_incremental_microbatch_sql(arg_dict) %}
            {%- set target = arg_dict['target_relation'] -%}
            {%- set source = arg_dict['temp_relation'] -%}
            {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
            {%- set event_time = model.config.event_time -%}
            {%- set conditions = [] -%}
            {%- if arg_dict['incremental_predicates'] -%}
                {%- do conditions.extend([arg_dict['incremental_predicates']] if arg_dict['incremental_predicates'] is string else arg_dict['incremental_predicates']) -%}
            {%- endif -%}
            {%- set batch = model.batch -%}
            {%- if batch and batch.event_time_start -%}
                {%- do conditions.append(sluice_batch_boundary(event_time, '>=', batch.event_time_start)) -%}
            {%- endif -%}
            {%- if batch and batch.event_time_end -%}
                {%- do conditions.append(sluice_batch_boundary(event_time, '<', batch.event_time_end)) -%}
            {%- endif %}
            {%- if conditions %}
            delete from {{ target }} as DBT_INTERNAL_TARGET
            where {{ conditions | join('\n and ') }};
            {%- endif %}
            insert into {{ target }} ({{ columns }})
            select {{ columns }} from {{ source }}
        {% endmacro %}
        {% macro sluice_batch_boundary(column, operator, time) %}
            {{ return(adapter.dispatch('sluice_batch_boundary', 'dbt')(column, operator, time)) }}
        {% endmacro %}
        {% macro default__sluice_batch_boundary(column, operator, time) %}
            {{ return(column ~ ' ' ~ operator ~ " timestamp '" ~ time ~ "'") }}
        {% endmacro %}

        {% macro get_insert_into_sql(target_relation, temp_relation, dest_columns) -%}
            {%- set columns = get_quoted_csv(dest_columns | map(attribute='name')) -%}
            insert into {{ target_relation }} ({{ columns }})
            select {{ columns }} from {{ temp_relation }}
        {%- endmacro %}
        """#)
}
