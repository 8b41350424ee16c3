extension MacroLibrary {
    static let grants = LibraryFile(
        "dbt", "grants.sql",
        dispatched: [
            "copy_grants()", "support_multiple_grantees_per_dcl_statement()", "get_show_grant_sql(relation)",
            "get_grant_sql(relation, privilege, grantees)", "get_revoke_sql(relation, privilege, grantees)",
            "get_dcl_statement_list(relation, grant_config, get_dcl_macro)", "call_dcl_statements(dcl_statement_list)",
            "apply_grants(relation, grant_config, should_revoke)",
        ], #"""
        {% macro default__copy_grants() %}{{ return(True) }}{% endmacro %}
        {% macro default__support_multiple_grantees_per_dcl_statement() %}{{ return(True) }}{% endmacro %}
        {# A table that was built anew has no grants to take back, unless its engine carries them over. #}
        {% macro should_revoke(existing_relation, full_refresh_mode=True) %}
            {{ return(existing_relation is not none and existing_relation and (copy_grants() if full_refresh_mode else True)) }}
        {% endmacro %}
        {% macro default__get_show_grant_sql(relation) %}show grants on {{ relation.render() }}{% endmacro %}
        {% macro default__get_grant_sql(relation, privilege, grantees) -%}
            grant {{ privilege }} on {{ relation.render() }} to {{ grantees | join(', ') }}
        {%- endmacro %}
        {% macro default__get_revoke_sql(relation, privilege, grantees) -%}
            revoke {{ privilege }} on {{ relation.render() }} from {% for name in grantees %}{{ adapter.quote(name) }}{{ ', ' if not loop.last }}{% endfor %}
        {%- endmacro %}
        {% macro default__get_dcl_statement_list(relation, grant_config, get_dcl_macro) -%}
            {%- set statements = [] -%}
            {%- for privilege, grantees in grant_config.items() -%}
                {%- if support_multiple_grantees_per_dcl_statement() and grantees -%}
                    {%- do statements.append(get_dcl_macro(relation, privilege, grantees)) -%}
                {%- else -%}
                    {%- for grantee in grantees -%}{%- do statements.append(get_dcl_macro(relation, privilege, [grantee])) -%}{%- endfor -%}
                {%- endif -%}
            {%- endfor -%}
            {{ return(statements) }}
        {%- endmacro %}
        {% macro default__call_dcl_statements(dcl_statement_list) %}
            {%- call statement('grants') %}
                {%- for statement in dcl_statement_list %}
                {{ statement }};
                {%- endfor %}
            {% endcall -%}
        {% endmacro %}
        {% macro default__apply_grants(relation, grant_config, should_revoke=True) %}
            {%- if grant_config -%}
                {%- if should_revoke -%}
                    {%- set current = adapter.standardize_grants_dict(run_query(get_show_grant_sql(relation))) -%}
                    {%- set missing = diff_of_two_dicts(grant_config, current) -%}
                    {%- set surplus = diff_of_two_dicts(current, grant_config) -%}
                    {%- if not missing and not surplus -%}
                        {%- do log('On ' ~ relation.render() ~ ': All grants are in place, no revocation or granting needed.') -%}
                    {%- endif -%}
                {%- else -%}
                    {%- set surplus = {} -%}
                    {%- set missing = grant_config -%}
                {%- endif -%}
                {%- if missing or surplus -%}
                    {%- set statements = get_dcl_statement_list(relation, surplus, get_revoke_sql) + get_dcl_statement_list(relation, missing, get_grant_sql) -%}
                    {%- if statements -%}{%- do call_dcl_statements(statements) -%}{%- endif -%}
                {%- endif -%}
            {%- endif -%}
        {% endmacro %}
        """#)

    static let comments = LibraryFile(
        "dbt", "persist_docs.sql",
        dispatched: [
            "alter_column_comment(relation, column_dict)", "alter_relation_comment(relation, relation_comment)",
            "persist_docs(relation, model, for_relation=true, for_columns=true)",
        ], #"""
        {% macro default__alter_column_comment(relation, column_dict) -%}
            {{ exceptions.raise_not_implemented('alter_column_comment macro not implemented for adapter ' ~ adapter.type()) }}
        {%- endmacro %}
        {% macro default__alter_relation_comment(relation, relation_comment) -%}
            {{ exceptions.raise_not_implemented('alter_relation_comment macro not implemented for adapter ' ~ adapter.type()) }}
        {%- endmacro %}
        {% macro default__persist_docs(relation, model, for_relation, for_columns) -%}
            {%- if for_relation and config.persist_relation_docs() and model.description -%}
                {%- do run_query(alter_relation_comment(relation, model.description)) -%}
            {%- endif -%}
            {%- if for_columns and config.persist_column_docs() and model.columns -%}
                {%- set existing = adapter.get_columns_in_relation(relation) | map(attribute='name') | list -%}
                {%- set sql = alter_column_comment(relation, validate_doc_columns(relation, model.columns, existing)) -%}
                {%- if sql and sql | trim -%}{%- do run_query(sql) -%}{%- endif -%}
            {%- endif -%}
        {%- endmacro %}
        {# The described columns that the relation has, with a warning about the others: a quoted name goes by its case too. #}
        {% macro validate_doc_columns(relation, column_dict, existing_column_names) %}
            {%- set folded = existing_column_names | map('lower') | list -%}
            {%- set present = {} -%}
            {%- set missing = [] -%}
            {%- for name, column in column_dict.items() -%}
                {%- if (column['quote'] and name in existing_column_names) or (not column['quote'] and name | lower in folded) -%}
                    {%- do present.update({name: column}) -%}
                {%- else -%}
                    {%- do missing.append(name) -%}
                {%- endif -%}
            {%- endfor -%}
            {%- if missing -%}
                {%- do exceptions.warn('In relation ' ~ relation.render() ~ ': The following columns are specified in the schema but are not present in the database: ' ~ missing | join(', ')) -%}
            {%- endif -%}
            {{ return(present) }}
        {% endmacro %}
        """#)

    static let indexes = LibraryFile(
        "dbt", "indexes.sql",
        dispatched: [
            "get_create_index_sql(relation, index_dict)", "create_indexes(relation)", "get_drop_index_sql(relation, index_name)", "get_show_indexes_sql(relation)",
        ], #"""
        {% macro default__get_create_index_sql(relation, index_dict) -%}{{ return(None) }}{%- endmacro %}
        {% macro default__create_indexes(relation) -%}
            {%- for index_dict in config.get('indexes', default=[]) -%}
                {%- set create_index_sql = get_create_index_sql(relation, index_dict) -%}
                {%- if create_index_sql -%}{%- do run_query(create_index_sql) -%}{%- endif -%}
            {%- endfor -%}
        {%- endmacro %}
        {% macro default__get_drop_index_sql(relation, index_name) -%}
            {{ exceptions.raise_compiler_error('`get_drop_index_sql has not been implemented for this adapter.') }}
        {%- endmacro %}
        {% macro default__get_show_indexes_sql(relation) -%}
            {{ exceptions.raise_compiler_error('`get_show_indexes_sql has not been implemented for this adapter.') }}
        {%- endmacro %}
        """#)

    static let timestamps = LibraryFile(
        "dbt", "timestamps.sql",
        dispatched: [
            "current_timestamp()", "snapshot_get_time()", "current_timestamp_backcompat()", "current_timestamp_in_utc_backcompat()",
            "get_snapshot_get_time_data_type()",
        ], #"""
        {% macro default__current_timestamp() -%}current_timestamp{%- endmacro %}
        {% macro default__snapshot_get_time() %}{{ current_timestamp() }}{% endmacro %}
        {% macro default__current_timestamp_backcompat() %}current_timestamp::timestamp{% endmacro %}
        {% macro default__current_timestamp_in_utc_backcompat() %}{{ return(adapter.dispatch('current_timestamp_backcompat', 'dbt')()) }}{% endmacro %}
        {% macro default__get_snapshot_get_time_data_type() %}
            {%- for column in get_column_schema_from_query('select ' ~ snapshot_get_time() ~ ' as dbt_snapshot_time') -%}{{ return(column.dtype) }}{%- endfor -%}
            {{ return(none) }}
        {% endmacro %}
        """#)
}
