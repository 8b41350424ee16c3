// libcurl sets and asks options through variadic functions, which Swift cannot call: one typed line for each kind.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

static inline CURLcode sluice_curl_set_long(CURL *handle, CURLoption option, long value) { return curl_easy_setopt(handle, option, value); }
static inline CURLcode sluice_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) { return curl_easy_setopt(handle, option, value); }
static inline CURLcode sluice_curl_set_text(CURL *handle, CURLoption option, const char *value) { return curl_easy_setopt(handle, option, value); }
static inline CURLcode sluice_curl_set_pointer(CURL *handle, CURLoption option, const void *value) { return curl_easy_setopt(handle, option, value); }
typedef size_t (*sluice_curl_take)(char *bytes, size_t size, size_t count, void *context);
static inline CURLcode sluice_curl_set_take(CURL *handle, CURLoption option, sluice_curl_take value) { return curl_easy_setopt(handle, option, value); }
typedef int (*sluice_curl_watch)(void *context, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
static inline CURLcode sluice_curl_set_watch(CURL *handle, CURLoption option, sluice_curl_watch value) { return curl_easy_setopt(handle, option, value); }
static inline CURLcode sluice_curl_get_long(CURL *handle, CURLINFO info, long *value) { return curl_easy_getinfo(handle, info, value); }
static inline CURLcode sluice_curl_get_offset(CURL *handle, CURLINFO info, curl_off_t *value) { return curl_easy_getinfo(handle, info, value); }
