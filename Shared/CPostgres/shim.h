#include <dlfcn.h>
#include <postgresql/libpq-fe.h>

// Macros of characters, which Swift does not read.
static const int sluice_pg_sqlstate = PG_DIAG_SQLSTATE;
static const int sluice_pg_message = PG_DIAG_MESSAGE_PRIMARY;
static const int sluice_pg_detail = PG_DIAG_MESSAGE_DETAIL;
static const int sluice_pg_hint = PG_DIAG_MESSAGE_HINT;
static const int sluice_pg_position = PG_DIAG_STATEMENT_POSITION;
static const int sluice_pg_context = PG_DIAG_CONTEXT;

// The functions that are used, by their names. libpq brings some twenty libraries (TLS, Kerberos, LDAP) along, which take memory and
// time at the start of each program that is linked with it; it is loaded when a server is first asked for, so that whoever works on
// another engine does without.
#define SLUICE_PQ_FUNCTIONS(X) \
    X(PQcancel) X(PQclear) X(PQcmdStatus) X(PQcmdTuples) X(PQconnectPoll) X(PQconnectStartParams) X(PQconninfoFree) X(PQconninfoParse) \
    X(PQerrorMessage) X(PQfinish) X(PQfmod) X(PQfname) X(PQfreeCancel) X(PQfreemem) X(PQftype) X(PQgetCancel) X(PQgetCopyData) \
    X(PQgetResult) X(PQgetisnull) X(PQgetlength) X(PQgetvalue) X(PQnfields) X(PQntuples) X(PQputCopyData) X(PQputCopyEnd) X(PQresetPoll) \
    X(PQresetStart) X(PQresultErrorField) X(PQresultErrorMessage) X(PQresultStatus) X(PQsendQuery) X(PQsendQueryParams) \
    X(PQsetErrorVerbosity) X(PQsetNoticeReceiver) X(PQsetSingleRowMode) X(PQsocket) X(PQstatus) X(PQtransactionStatus)

#define SLUICE_PQ_MEMBER(name) __typeof__(&name) name;
typedef struct { SLUICE_PQ_FUNCTIONS(SLUICE_PQ_MEMBER) } sluice_pq;

/// Fills the table; NULL, or what the loader says where libpq or one of the functions is missing.
static inline const char *sluice_pq_load(sluice_pq *table) {
    void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
    if (!library) return dlerror();
#define SLUICE_PQ_LOAD(name) if (!(table->name = (__typeof__(&name))dlsym(library, #name))) return dlerror();
    SLUICE_PQ_FUNCTIONS(SLUICE_PQ_LOAD)
    return 0;
}
