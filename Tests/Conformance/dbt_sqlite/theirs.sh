# dbt-core with its sqlite adapter, to run beside ours. Sourced, not run; wants $root, the repository.
#   theirs_install        sets $theirs, the folder of dbt and pip; false where PyPI is out of reach
#   theirs_profile NAME   prints a profile whose database is the file in $THEIR_DB. Their adapter attaches every database that
#                         lies in the schema directory, $SCHEMAS, so each run is to have one of its own.
export DBT_SEND_ANONYMOUS_USAGE_STATS=false

theirs_install() { theirs=$("$root/Tests/Companions/environment" dbt-sqlite dbt-core==1.11.16 dbt-sqlite==1.10.0)/bin; }

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
