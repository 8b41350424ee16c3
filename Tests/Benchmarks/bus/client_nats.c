#define _GNU_SOURCE
/* NATS JetStream in the client protocol itself: a request to the stream's subject, answered when the message is stored. */
#include "publishers.h"
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

struct nats { int socket; char buffer[65536]; int held; };

static int dial(struct nats *nats) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int yes = 1;
    nats->socket = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(nats->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return connect(nats->socket, (struct sockaddr *)&address, sizeof address);
}

/* Reads until a whole MSG with its payload has come; answers pings on the way. The payload is left in `text`, and where an answer is
   asked for, its subject in `reply`. */
static int next_message(struct nats *nats, char *text, int room, char *reply) {
    for (;;) {
        char *end;
        while ((end = memmem(nats->buffer, nats->held, "\r\n", 2))) {
            int line = (int)(end - nats->buffer) + 2, used = line;
            if (!memcmp(nats->buffer, "MSG ", 4)) {
                *end = 0;
                int bytes = atoi(strrchr(nats->buffer, ' ') + 1);
                if (reply && sscanf(nats->buffer, "MSG %*s %*s %255s %*d", reply) != 1) *reply = 0;
                *end = '\r';
                if (nats->held < line + bytes + 2) break;
                int copied = bytes < room - 1 ? bytes : room - 1;
                memcpy(text, nats->buffer + line, copied);
                text[copied] = 0;
                used = line + bytes + 2;
                memmove(nats->buffer, nats->buffer + used, nats->held -= used);
                return 0;
            }
            if (!memcmp(nats->buffer, "PING", 4) && write(nats->socket, "PONG\r\n", 6) < 0) return 1;
            if (!memcmp(nats->buffer, "-ERR", 4)) return 1;
            memmove(nats->buffer, nats->buffer + used, nats->held -= used);
        }
        int got = read(nats->socket, nats->buffer + nats->held, sizeof nats->buffer - nats->held);
        if (got <= 0) return 1;
        nats->held += got;
    }
}

static int ask_for(struct nats *nats, const char *subject, int number, const char *payload, int length, char *text, int room, char *reply) {
    char head[512], message[PAYLOAD + 1024];
    int start = snprintf(head, sizeof head, "PUB %s inbox.%d %d\r\n", subject, number, length);
    memcpy(message, head, start);
    memcpy(message + start, payload, length);
    memcpy(message + start + length, "\r\n", 2);
    if (write(nats->socket, message, start + length + 2) < 0) return 1;
    return next_message(nats, text, room, reply);
}

static int ask(struct nats *nats, const char *subject, int number, const char *payload, int length, char *text, int room) {
    return ask_for(nats, subject, number, payload, length, text, room, NULL);
}

static void *publisher_open(int number) {
    struct nats *nats = calloc(1, sizeof *nats);
    char hello[128];
    if (dial(nats)) return NULL;
    int length = snprintf(hello, sizeof hello, "CONNECT {\"verbose\":false,\"pedantic\":false}\r\nSUB inbox.%d 1\r\n", number);
    return write(nats->socket, hello, length) < 0 ? NULL : nats;
}

static void prepare(void) {
    char answer[4096];
    const char *stream = "{\"name\":\"S\",\"subjects\":[\"s.x\"],\"storage\":\"file\",\"retention\":\"limits\",\"num_replicas\":1}";
    struct nats *nats = publisher_open(1000000);
    if (!nats || ask(nats, "$JS.API.STREAM.CREATE.S", 1000000, stream, strlen(stream), answer, sizeof answer)) exit(3);
    const char *workers = "{\"stream_name\":\"S\",\"config\":{\"durable_name\":\"W\",\"ack_policy\":\"explicit\",\"deliver_policy\":\"all\"}}";
    if (ask(nats, "$JS.API.CONSUMER.DURABLE.CREATE.S.W", 1000000, workers, strlen(workers), answer, sizeof answer)) exit(3);
}

static int publisher_say(void *nats, int number, long ordinal) {
    (void)ordinal;
    static char payload[PAYLOAD] = {'x'};
    char answer[512];
    return ask(nats, "s.x", number, payload, PAYLOAD, answer, sizeof answer) || !strstr(answer, "\"seq\"");
}

static void *consumer_open(void) {
    struct nats *nats = publisher_open(2000000);
    const char *all = "SUB news 2\r\n";
    const char *push = "{\"stream_name\":\"S\",\"config\":{\"deliver_subject\":\"news\",\"deliver_policy\":\"new\",\"ack_policy\":\"none\"}}";
    char answer[4096];
    if (!nats || write(nats->socket, all, strlen(all)) < 0) return NULL;
    return ask(nats, "$JS.API.CONSUMER.CREATE.S", 2000000, push, strlen(push), answer, sizeof answer) ? NULL : nats;
}
static int consumer_next(void *nats) {
    char text[64];
    return next_message(nats, text, sizeof text, NULL);
}

static int work_say(void *nats, int number, long ordinal) { return publisher_say(nats, number, ordinal); }
static void *worker_open(int number) { return publisher_open(3000000 + number); }
/* Asks for one, and asks whether its acknowledgement has been kept. */
static int worker_take(void *nats, int number) {
    char text[64], reply[256];
    if (ask_for(nats, "$JS.API.CONSUMER.MSG.NEXT.S.W", 3000000 + number, "1", 1, text, sizeof text, reply) || !*reply) return 1;
    return ask(nats, reply, 3000000 + number, "+ACK", 4, text, sizeof text);
}
