/* Closed-loop publishers of 1 KiB: each waits for its durable acknowledgement before it says the next. A contestant gives the
   three functions below and its own main's server; PUBLISHERS COUNT PORT → one JSON line. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PAYLOAD = 1024 };
static int port;
static void *publisher_open(int number);
/* 0 where the message is durable. */
static int publisher_say(void *publisher, int number, long ordinal);
static void prepare(void);

static long remaining, acknowledged;
static volatile int has_failed;
static pthread_barrier_t start;
static uint32_t *latencies;

static double seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static void *publish(void *argument) {
    int number = (int)(intptr_t)argument;
    void *publisher = publisher_open(number);
    if (!publisher) has_failed = 1;
    pthread_barrier_wait(&start);
    while (!has_failed && __sync_fetch_and_sub(&remaining, 1) > 0) {
        double begin = seconds();
        long ordinal = __sync_fetch_and_add(&acknowledged, 1);
        if (publisher_say(publisher, number, ordinal)) has_failed = 1;
        latencies[ordinal] = (uint32_t)((seconds() - begin) * 1e6);
    }
    return NULL;
}

static int by_size(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

int main(int count, char **words) {
    if (count < 4) return 2;
    int publishers = atoi(words[1]);
    long wanted = remaining = atol(words[2]);
    port = atoi(words[3]);
    latencies = calloc(wanted + publishers, sizeof *latencies);
    prepare();
    pthread_t *threads = calloc(publishers, sizeof *threads);
    pthread_barrier_init(&start, NULL, publishers + 1);
    for (int i = 0; i < publishers; i++) pthread_create(&threads[i], NULL, publish, (void *)(intptr_t)i);
    pthread_barrier_wait(&start);
    double begin = seconds();
    for (int i = 0; i < publishers; i++) pthread_join(threads[i], NULL);
    double taken = seconds() - begin;
    qsort(latencies, acknowledged, sizeof *latencies, by_size);
    printf("{\"failed\": %d, \"per_s\": %.0f, \"p50_us\": %u, \"p99_us\": %u}\n", has_failed, acknowledged / taken, latencies[acknowledged / 2],
           latencies[acknowledged * 99 / 100]);
    fflush(stdout);
    _Exit(has_failed);
}
