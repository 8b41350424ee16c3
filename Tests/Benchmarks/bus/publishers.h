/* What every contestant's client measures, as one JSON line. A contestant gives the functions below.
     PUBLISHERS COUNT PORT        closed-loop publishers of 1 KiB: each waits for its durable acknowledgement before it says the next
     --latency COUNT PORT         from before a publish until a consumer has the message, one at a time
     --claims WORKERS COUNT PORT  workers that take a piece of work each and acknowledge it, before they take the next */
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
/* Follows what is published from now on; 0 where the next message has come. */
static void *consumer_open(void);
static int consumer_next(void *consumer);
/* What workers take, and 0 where one has been taken and acknowledged. */
static int work_say(void *publisher, int number, long ordinal);
static void *worker_open(int number);
static int worker_take(void *worker, int number);

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

static void tell(double taken) {
    qsort(latencies, acknowledged, sizeof *latencies, by_size);
    printf("{\"failed\": %d, \"per_s\": %.0f, \"p50_us\": %u, \"p99_us\": %u}\n", has_failed, acknowledged / taken, latencies[acknowledged / 2],
           latencies[acknowledged * 99 / 100]);
    fflush(stdout);
    _Exit(has_failed);
}

/* So many threads of `body` from when all are ready until the last has ended. */
static double crowd(int threads, void *(*body)(void *)) {
    pthread_t *ids = calloc(threads, sizeof *ids);
    pthread_barrier_init(&start, NULL, threads + 1);
    for (int i = 0; i < threads; i++) pthread_create(&ids[i], NULL, body, (void *)(intptr_t)i);
    pthread_barrier_wait(&start);
    double begin = seconds();
    for (int i = 0; i < threads; i++) pthread_join(ids[i], NULL);
    free(ids);
    return seconds() - begin;
}

static void *supply(void *argument) {
    int number = (int)(intptr_t)argument;
    void *publisher = publisher_open(number);
    if (!publisher) has_failed = 1;
    pthread_barrier_wait(&start);
    while (!has_failed && __sync_fetch_and_sub(&remaining, 1) > 0)
        if (work_say(publisher, number, remaining)) has_failed = 1;
    return NULL;
}

static void *take_work(void *argument) {
    int number = (int)(intptr_t)argument;
    void *worker = worker_open(number);
    if (!worker) has_failed = 1;
    pthread_barrier_wait(&start);
    while (!has_failed && __sync_fetch_and_sub(&remaining, 1) > 0) {
        double begin = seconds();
        if (worker_take(worker, number)) has_failed = 1;
        latencies[__sync_fetch_and_add(&acknowledged, 1)] = (uint32_t)((seconds() - begin) * 1e6);
    }
    return NULL;
}

static double consumed_at;
static pthread_barrier_t turn;
static void *consume(void *argument) {
    void *consumer = consumer_open();
    long wanted = (long)(intptr_t)argument;
    if (!consumer) has_failed = 1;
    pthread_barrier_wait(&start);
    for (long i = 0; i < wanted && !has_failed; i++) {
        if (consumer_next(consumer)) has_failed = 1;
        consumed_at = seconds();
        pthread_barrier_wait(&turn);
    }
    return NULL;
}

static void measure_latency(long wanted) {
    pthread_t consumer;
    void *publisher = publisher_open(0);
    if (!publisher) has_failed = 1;
    pthread_barrier_init(&start, NULL, 2);
    pthread_barrier_init(&turn, NULL, 2);
    pthread_create(&consumer, NULL, consume, (void *)(intptr_t)wanted);
    pthread_barrier_wait(&start);
    double first = seconds();
    for (; acknowledged < wanted && !has_failed; acknowledged++) {
        double begin = seconds();
        if (publisher_say(publisher, 0, acknowledged)) has_failed = 1;
        pthread_barrier_wait(&turn);
        latencies[acknowledged] = (uint32_t)((consumed_at - begin) * 1e6);
    }
    tell(seconds() - first);
}

int main(int count, char **words) {
    int is_latency = count == 4 && !strcmp(words[1], "--latency"), is_claims = count == 5 && !strcmp(words[1], "--claims");
    if (count < 4) return 2;
    int threads = atoi(words[count - 3]);
    long wanted = remaining = atol(words[count - 2]);
    port = atoi(words[count - 1]);
    latencies = calloc(wanted + 1000, sizeof *latencies);
    prepare();
    if (is_latency) measure_latency(wanted);
    if (is_claims) {
        /* Some more, for a server may give the last ones to workers that have ended. */
        remaining += 2 * threads;
        crowd(64, supply);
        remaining = wanted;
    }
    tell(crowd(threads, is_claims ? take_work : publish));
}
