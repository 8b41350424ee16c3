extension MacroLibrary {
    static let seed = LibraryFile("dbt", "materializations/seed.sql", #"""
        {% materialization seed, default %}
            {%- set full_refresh_mode = should_full_refresh() -%}
            {%- set old_relation = adapter.get_relation(database=this.database, schema=this.schema, identifier=this.identifier) -%}
            {%- if old_relation is not none and old_relation.is_view -%}
                {{ exceptions.raise_compiler_error("Cannot seed to '" ~ old_relation ~ "', it is a view") }}
            {%- endif -%}
            {%- set target_relation = this.incorporate(type='table') -%}
            {%- set grant_config = config.get('grants') -%}
            {%- set agate_table = load_agate_table() -%}
            {%- do store_result('agate_table', response='OK', agate_table=agate_table) -%}
            {{ run_hooks(pre_hooks, inside_transaction=False) }}
            {{ run_hooks(pre_hooks, inside_transaction=True) }}
            {%- if old_relation is none -%}
                {%- set create_table_sql = create_csv_table(model, agate_table) -%}
            {%- else -%}
                {%- set create_table_sql = reset_csv_table(model, full_refresh_mode, old_relation, agate_table) -%}
            {%- endif -%}
            {%- set code = 'CREATE' if full_refresh_mode else 'INSERT' -%}
            {%- set rows_affected = agate_table.rows | length -%}
            {%- set sql = load_csv_rows(model, agate_table) -%}
            {%- call noop_statement('main', code ~ ' ' ~ rows_affected, code, rows_affected) -%}
                {{ get_csv_sql(create_table_sql, sql) }}
            {%- endcall -%}
            {%- do apply_grants(target_relation, grant_config, should_revoke=should_revoke(old_relation, full_refresh_mode)) -%}
            {%- do persist_docs(target_relation, model) -%}
            {%- if full_refresh_mode or old_relation is none -%}{%- do create_indexes(target_relation) -%}{%- endif -%}
            {{ run_hooks(post_hooks, inside_transaction=True) }}
            {{ run_hooks(post_hooks, inside_transaction=False) }}
            {{ return({'relations': [target_relation]}) }}
        {% endmaterialization %}
        """#)

    static let seedRows = LibraryFile(
        "dbt", "seeds.sql",
        dispatched: [
            "create_csv_table(model, agate_table)", "reset_csv_table(model, full_refresh, old_relation, agate_table)",
            "get_csv_sql(create_or_truncate_sql, insert_sql)", "get_binding_char()", "get_batch_size()", "load_csv_rows(model, agate_table)",
        ], #"""
        {% macro default__create_csv_table(model, agate_table) %}
            {%- set column_override = model['config'].get('column_types', {}) or {} -%}
            {%- set quote_seed_column = model['config'].get('quote_columns', none) -%}
            {%- set sql -%}
                create table {{ this.render() }} (
                    {%- for name in agate_table.column_names -%}
                        {%- set type = column_override.get(name, adapter.convert_type(agate_table, loop.index0)) -%}
                        {{ adapter.quote_seed_column(name | string, quote_seed_column) }} {{ type }}{{ ', ' if not loop.last }}
                    {%- endfor -%}
                )
            {%- endset -%}
            {%- call statement('_') -%}{{ sql }}{%- endcall -%}
            {{ return(sql) }}
        {% endmacro %}

        {# Emptied and filled again, so that grants, indexes and views stay; built anew where it is asked for or where the
           columns are other ones. #}
        {% macro default__reset_csv_table(model, full_refresh, old_relation, agate_table) %}
            {%- set known = adapter.get_columns_in_relation(old_relation) | map(attribute='name') | map('lower') | list -%}
            {%- set wanted = agate_table.column_names | map('string') | map('lower') | list -%}
            {%- if full_refresh or known != wanted -%}
                {%- do adapter.retire_relation(old_relation) -%}
                {{ return(create_csv_table(model, agate_table)) }}
            {%- endif -%}
            {%- do adapter.truncate_relation(old_relation) -%}
            {{ return('truncate table ' ~ old_relation.render()) }}
        {% endmacro %}

        {% macro default__get_csv_sql(create_or_truncate_sql, insert_sql) %}
            {{ create_or_truncate_sql }};
            -- dbt seed --
            {{ insert_sql }}
        {% endmacro %}
        {% macro default__get_binding_char() %}{{ return('%s') }}{% endmacro %}
        {% macro default__get_batch_size() %}{{ return(10000) }}{% endmacro %}
        {% macro get_seed_column_quoted_csv(model, column_names) %}
            {%- set quote_seed_column = model['config'].get('quote_columns', none) -%}
            {%- set quoted = [] -%}
            {%- for name in column_names -%}{%- do quoted.append(adapter.quote_seed_column(name, quote_seed_column)) -%}{%- endfor -%}
            {{ return(quoted | join(', ')) }}
        {% endmacro %}
        {% macro sluice_load_rows_as_text(columns, agate_table) %}
            {#- No engine takes more than some thousand values at once. -#}
            {%- set size = [get_batch_size(), [1, 900 // (agate_table.column_names | length)] | max] | min -%}
            {%- set statements = [] -%}
            {%- for chunk in agate_table.rows | batch(size) -%}
                {%- set bindings = [] -%}
                {%- set places = [] -%}
                {%- for row in chunk -%}
                    {%- do bindings.extend(row) -%}
                    {%- set marks = [] -%}
                    {%- for name in agate_table.column_names -%}{%- do marks.append(get_binding_char()) -%}{%- endfor -%}
                    {%- do places.append('(' ~ marks | join(',') ~ ')') -%}
                {%- endfor -%}
                {%- set sql = 'insert into ' ~ this.render() ~ ' (' ~ columns ~ ') values ' ~ places | join(',') -%}
                {%- do adapter.add_query(sql, bindings=bindings, abridge_sql_log=True) -%}
                {%- if not statements -%}{%- do statements.append(sql) -%}{%- endif -%}
            {%- endfor -%}
            {{ return(statements | first | default('')) }}
        {% endmacro %}
        {# The rows go in below the language: rendering a text for each would take longer than the database takes. #}
        {% macro default__load_csv_rows(model, agate_table) %}
            {%- set columns = get_seed_column_quoted_csv(model, agate_table.column_names) -%}
            {%- if adapter.is_overridden('get_binding_char', 'get_batch_size') -%}{{ return(sluice_load_rows_as_text(columns, agate_table)) }}{%- endif -%}
            {%- do adapter.insert_rows(this, columns, agate_table) -%}
            {{ return('insert into ' ~ this.render() ~ ' (' ~ columns ~ ') values (' ~ agate_table.rows | length ~ ' rows)') }}
        {% endmacro %}
        """#)
}
