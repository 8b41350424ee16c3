#include <sqlite3.h>

// Variadic in C, which Swift cannot call. Before the first connection of a process only; later it changes nothing.
static inline int sluice_sqlite3_stop_counting_memory(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }
