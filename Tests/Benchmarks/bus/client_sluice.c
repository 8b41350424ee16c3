#define _GNU_SOURCE
/* Publishes as Wire.md has it, in ZeroMQ's own protocol (ZMTP 3.0, RFC 23) without its library: one write and one read for each
   message, as the peers' clients do. The floor takes the same. */
#include "publishers.h"
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MORE = 1, LONG = 2, COMMAND = 4 };
struct dealer { int socket; unsigned char held[8192]; int count, taken; };
static char run[32];

static void prepare(void) { snprintf(run, sizeof run, "%ld-%.0f", (long)getpid(), seconds() * 1e6); }

/* So many bytes, wherever they break. */
static unsigned char *take(struct dealer *dealer, int count) {
    while (dealer->count - dealer->taken < count) {
        if (dealer->taken) memmove(dealer->held, dealer->held + dealer->taken, dealer->count -= dealer->taken), dealer->taken = 0;
        int got = read(dealer->socket, dealer->held + dealer->count, sizeof dealer->held - dealer->count);
        if (got <= 0) return NULL;
        dealer->count += got;
    }
    unsigned char *start = dealer->held + dealer->taken;
    dealer->taken += count;
    return start;
}

/* The body of the next frame. */
static unsigned char *take_frame(struct dealer *dealer, int *flags, int *size) {
    unsigned char *head = take(dealer, 2);
    if (!head) return NULL;
    *flags = head[0], *size = head[1];
    if (*flags & LONG) {
        /* Of eight bytes the last three say all, for no frame here has more than fits into `held`. */
        if (!(head = take(dealer, 7))) return NULL;
        *size = head[4] << 16 | head[5] << 8 | head[6];
    }
    return *size < (int)sizeof dealer->held ? take(dealer, *size) : NULL;
}

static char *put_frame(char *place, int flags, const char *body, int size) {
    if (size < 256) {
        *place++ = flags;
        *place++ = size;
    } else {
        *place++ = flags | LONG;
        for (int shift = 56; shift >= 0; shift -= 8) *place++ = (char)((uint64_t)size >> shift);
    }
    memcpy(place, body, size);
    return place + size;
}

static struct dealer *dial(int port, const char *ready, int ready_size) {
    struct dealer *dealer = calloc(1, sizeof *dealer);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = 30};
    int yes = 1, flags, size;
    dealer->socket = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(dealer->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    setsockopt(dealer->socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(dealer->socket, (struct sockaddr *)&address, sizeof address)) return NULL;
    static const char greeting[64] = {'\xff', 0, 0, 0, 0, 0, 0, 0, 1, '\x7f', 3, 0, 'N', 'U', 'L', 'L'};
    char command[64], *end = put_frame(command, COMMAND, ready, ready_size);
    if (write(dealer->socket, greeting, sizeof greeting) < 0 || !take(dealer, sizeof greeting)) return NULL;
    if (write(dealer->socket, command, end - command) < 0) return NULL;
    return take_frame(dealer, &flags, &size) && flags & COMMAND ? dealer : NULL;
}

static void *publisher_open(int number) {
    (void)number;
    static const char ready[] = "\5READY\13Socket-Type\0\0\0\6DEALER";
    return dial(port, ready, sizeof ready - 1);
}

/* Sends [1, verb, body] and perhaps an event, and takes the answer: 0 where it is ok. `text` gets its body and its first event's
   envelope. */
static int ask(struct dealer *dealer, const char *verb, const char *body, const char *topic, const char *envelope, int size, char *text, int room) {
    char message[PAYLOAD + 512], *end = message;
    end = put_frame(end, MORE, "1", 1);
    end = put_frame(end, MORE, verb, strlen(verb));
    end = put_frame(end, topic ? MORE : 0, body, strlen(body));
    if (topic) {
        end = put_frame(end, MORE, topic, strlen(topic));
        end = put_frame(end, 0, envelope, size);
    }
    if (write(dealer->socket, message, end - message) < 0) return 1;
    int flags = MORE, length, is_ok = 0, used = 0;
    for (int place = 0; flags & MORE; place++) {
        unsigned char *frame = take_frame(dealer, &flags, &length);
        if (!frame || flags & COMMAND) return 1;
        if (place == 1) is_ok = length == 2 && !memcmp(frame, "ok", 2);
        if ((place == 2 || place == 5) && text && used + length < room) memcpy(text + used, frame, length), used += length;
    }
    if (text) text[used] = 0;
    return !is_ok;
}

static int publisher_say(void *publisher, int number, long ordinal) {
    char envelope[PAYLOAD + 1];
    int length = snprintf(envelope, sizeof envelope,
        "{\"specversion\":\"1.0\",\"id\":\"%s-%d-%ld\",\"source\":\"bench\",\"type\":\"bench.v1\",\"pipeline\":\"bench\",\"data\":\"", run, number, ordinal);
    memset(envelope + length, 'x', PAYLOAD - length - 2);
    memcpy(envelope + PAYLOAD - 2, "\"}", 2);
    return ask(publisher, "publish", "{}", "bench.v1/-/bench/", envelope, PAYLOAD, NULL, 0);
}

/* The feed says that there is something; what counts is what `read` returns. */
struct follower { struct dealer *feed, *commands; unsigned long position; };

static uint64_t next_hint(struct dealer *feed) {
    int flags = MORE, size;
    uint64_t sequence = 0;
    for (int place = 0; flags & MORE; place++) {
        unsigned char *frame = take_frame(feed, &flags, &size);
        if (!frame) return 0;
        for (int i = 0; place == 1 && i < size; i++) sequence = sequence << 8 | frame[i];
    }
    return sequence;
}

static void *consumer_open(void) {
    static const char ready[] = "\5READY\13Socket-Type\0\0\0\3SUB", everything[] = {0, 1, 1};
    struct follower *follower = calloc(1, sizeof *follower);
    follower->commands = publisher_open(0);
    follower->feed = dial(port + 1, ready, sizeof ready - 1);
    if (!follower->commands || !follower->feed || write(follower->feed->socket, everything, sizeof everything) < 0) return NULL;
    /* Who is new is greeted with the newest sequence. */
    follower->position = next_hint(follower->feed);
    return follower;
}

static int consumer_next(void *consumer) {
    struct follower *follower = consumer;
    char body[128], text[4096], *place;
    for (;;) {
        uint64_t hint = next_hint(follower->feed);
        if (!hint) return 1;
        if (hint <= follower->position) continue;
        snprintf(body, sizeof body, "{\"after\":%lu,\"prefixes\":[\"bench.\"],\"limit\":1}", follower->position);
        if (ask(follower->commands, "read", body, NULL, NULL, 0, text, sizeof text) || !(place = strstr(text, "\"upTo\":"))) return 1;
        follower->position = strtoul(place + 7, NULL, 10);
        if (strstr(text, "\"bench.v1\"")) return 0;
    }
}

static int work_say(void *publisher, int number, long ordinal) {
    char envelope[PAYLOAD];
    int length = snprintf(envelope, sizeof envelope,
        "{\"specversion\":\"1.0\",\"id\":\"%s-w%d-%ld\",\"source\":\"bench\",\"type\":\"task.ready.v1\",\"pipeline\":\"bench\",\"role\":\"load\",\"run\":\"bench@%s\","
        "\"task\":\"t%d.%ld\",\"data\":{}}", run, number, ordinal, run, number, ordinal);
    return ask(publisher, "publish", "{}", "task.ready.v1/load/bench/", envelope, length, NULL, 0);
}

static void *worker_open(int number) { return publisher_open(number); }

/* Copies what stands behind `key`, up to the next quote. */
static int value_of(const char *text, const char *key, char *value, int room) {
    const char *place = strstr(text, key), *end = place ? strchr(place + strlen(key), '"') : NULL;
    if (!end || end - place - (int)strlen(key) >= room) return 1;
    place += strlen(key);
    memcpy(value, place, end - place);
    value[end - place] = 0;
    return 0;
}

static int worker_take(void *worker, int number) {
    char body[128], text[4096], lease[64], task[64], held[64], envelope[PAYLOAD];
    snprintf(body, sizeof body, "{\"role\":\"load\",\"worker\":\"load-%d\",\"waitMilliseconds\":10000}", number);
    if (ask(worker, "claim", body, NULL, NULL, 0, text, sizeof text)) return 1;
    if (value_of(text, "\"lease\":\"", lease, sizeof lease) || value_of(text, "\"task\":\"", task, sizeof task) || value_of(text, "\"run\":\"", held, sizeof held)) return 1;
    int length = snprintf(envelope, sizeof envelope,
        "{\"specversion\":\"1.0\",\"id\":\"%s/%s/1\",\"source\":\"load-%d\",\"type\":\"task.succeeded.v1\",\"pipeline\":\"bench\",\"run\":\"%s\",\"task\":\"%s\","
        "\"data\":{\"attempt\":1}}", held, task, number, held, task);
    snprintf(body, sizeof body, "{\"lease\":\"%s\"}", lease);
    return ask(worker, "complete", body, "task.succeeded.v1/-/bench/", envelope, length, NULL, 0);
}
