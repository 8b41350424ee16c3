/* Redis Streams: XADD, XREAD, XREADGROUP and XACK, answered when the append-only file is synced (appendfsync always). */
#include "publishers.h"
#include <hiredis/hiredis.h>

static void *publisher_open(int number);
static void prepare(void) {
    redisContext *redis = publisher_open(0);
    /* The second call of a server finds its group. */
    if (redis) freeReplyObject(redisCommand(redis, "XGROUP CREATE s g 0 MKSTREAM"));
}
static void *publisher_open(int number) {
    (void)number;
    redisContext *redis = redisConnect("127.0.0.1", port);
    return redis && !redis->err ? redis : NULL;
}
static int publisher_say(void *redis, int number, long ordinal) {
    (void)number, (void)ordinal;
    static char payload[PAYLOAD] = {'x'};
    redisReply *reply = redisCommand(redis, "XADD s * d %b", payload, (size_t)PAYLOAD);
    int failed = !reply || reply->type == REDIS_REPLY_ERROR;
    if (reply) freeReplyObject(reply);
    return failed;
}

struct follower { redisContext *redis; char last[64]; };

/* The id of the one entry of XREAD's answer: [[stream, [[id, fields]]]]. */
static const char *entry_id(const redisReply *reply) {
    if (!reply || reply->type != REDIS_REPLY_ARRAY || !reply->elements) return NULL;
    return reply->element[0]->element[1]->element[0]->element[0]->str;
}

static void *consumer_open(void) {
    struct follower *follower = calloc(1, sizeof *follower);
    follower->redis = publisher_open(0);
    /* The newest entry, and not "$", which would pass by what comes between two reads. */
    redisReply *newest = follower->redis ? redisCommand(follower->redis, "XREVRANGE s + - COUNT 1") : NULL;
    strcpy(follower->last, newest && newest->elements ? newest->element[0]->element[0]->str : "0");
    return newest ? follower : NULL;
}
static int consumer_next(void *consumer) {
    struct follower *follower = consumer;
    redisReply *reply = redisCommand(follower->redis, "XREAD COUNT 1 BLOCK 10000 STREAMS s %s", follower->last);
    const char *id = entry_id(reply);
    if (id) snprintf(follower->last, sizeof follower->last, "%s", id);
    if (reply) freeReplyObject(reply);
    return !id;
}

static int work_say(void *redis, int number, long ordinal) { return publisher_say(redis, number, ordinal); }
static void *worker_open(int number) { return publisher_open(number); }
static int worker_take(void *redis, int number) {
    redisReply *reply = redisCommand(redis, "XREADGROUP GROUP g w%d COUNT 1 BLOCK 10000 STREAMS s >", number);
    const char *id = entry_id(reply);
    redisReply *taken = id ? redisCommand(redis, "XACK s g %s", id) : NULL;
    int failed = !taken || taken->integer != 1;
    if (reply) freeReplyObject(reply);
    if (taken) freeReplyObject(taken);
    return failed;
}
