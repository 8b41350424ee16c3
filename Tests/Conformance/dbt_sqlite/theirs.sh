# dbt-core with its sqlite adapter, to run beside ours. Sourced, not run; wants $root, the repository.
#   theirs_install        makes the virtual environment once, below .build; false where PyPI is out of reach
#   theirs_profile NAME   prints a profile whose database is the file in $THEIR_DB. Their adapter attaches every database that
#                         lies in the schema directory, $SCHEMAS, so each run is to have one of its own.
theirs_venv=$root/.build/dbt-core-1.11.16
theirs_dbt=$theirs_venv/bin/dbt
export DBT_SEND_ANONYMOUS_USAGE_STATS=false

theirs_install() {
    [ -x "$theirs_dbt" ] && return 0
    python3 -m venv "$theirs_venv" && "$theirs_venv/bin/pip" install -q dbt-core==1.11.16 dbt-sqlite==1.10.0 && return 0
    rm -rf "$theirs_venv"
    return 1
}

theirs_profile() {
    cat <<YML
$1:
  target: dev
  outputs:
    dev:
      type: sqlite
      threads: 1
      database: database
      schema: main
      schemas_and_paths: {main: "{{ env_var('THEIR_DB') }}"}
      schema_directory: "{{ env_var('SCHEMAS') }}"
YML
}
