"""What the adapters' own packages change in dbt's suite, and how a test reaches its warehouse."""
import os

name = os.environ["CONFORMANCE_ADAPTER"]

# Cases that look into the memory of dbt's own process, which is not there.
in_process = {
    "caching/": "looks at the relation cache inside dbt's process",
}

# Class (module/Class) -> members that the concrete class gets.
changes = {}


def target(folder):
    """The output of the profile that every case uses."""
    if name == "sqlite":
        return {
            "type": "sqlite", "threads": 1, "database": "dbt", "schema": "main",
            "schemas_and_paths": {"main": f"{folder}/main.db"}, "schema_directory": folder,
        }
    setting = lambda word, default: os.environ.get("POSTGRES_TEST_" + word, default)
    return {
        "type": "postgres", "threads": 4, "host": setting("HOST", "127.0.0.1"), "port": int(setting("PORT", "5432")),
        "user": setting("USER", "root"), "pass": setting("PASS", "password"), "dbname": setting("DATABASE", "dbt"),
    }


def prepare():
    """dbt's fixtures send several statements at once, which Python's SQLite takes as a script only."""
    if name != "sqlite":
        return
    from dbt.adapters.sqlite.impl import SQLiteAdapter

    def run_sql_for_tests(self, sql, fetch, connection):
        if fetch not in ("one", "all"):
            connection.handle.executescript(sql)
            return None
        cursor = connection.handle.execute(sql)
        return cursor.fetchone() if fetch == "one" else cursor.fetchall()

    SQLiteAdapter.run_sql_for_tests = run_sql_for_tests
