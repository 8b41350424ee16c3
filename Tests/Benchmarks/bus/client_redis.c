/* Redis Streams: XADD, answered when the append-only file is synced (appendfsync always). */
#include "publishers.h"
#include <hiredis/hiredis.h>

static void prepare(void) {}
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
