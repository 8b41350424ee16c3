#include <postgresql/libpq-fe.h>

// Macros of characters, which Swift does not read.
static const int sluice_pg_sqlstate = PG_DIAG_SQLSTATE;
static const int sluice_pg_message = PG_DIAG_MESSAGE_PRIMARY;
static const int sluice_pg_detail = PG_DIAG_MESSAGE_DETAIL;
static const int sluice_pg_hint = PG_DIAG_MESSAGE_HINT;
static const int sluice_pg_position = PG_DIAG_STATEMENT_POSITION;
static const int sluice_pg_context = PG_DIAG_CONTEXT;
