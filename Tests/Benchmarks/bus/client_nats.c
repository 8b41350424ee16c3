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

/* Reads until a whole MSG with its payload has come; answers pings on the way. The payload is left in `text`. */
static int next_message(struct nats *nats, char *text, int room) {
    for (;;) {
        char *end;
        while ((end = memmem(nats->buffer, nats->held, "\r\n", 2))) {
            int line = (int)(end - nats->buffer) + 2, used = line;
            if (!memcmp(nats->buffer, "MSG ", 4)) {
                *end = 0;
                int bytes = atoi(strrchr(nats->buffer, ' ') + 1);
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

static int ask(struct nats *nats, const char *subject, int number, const char *payload, int length, char *text, int room) {
    char head[128], message[PAYLOAD + 512];
    int start = snprintf(head, sizeof head, "PUB %s inbox.%d %d\r\n", subject, number, length);
    memcpy(message, head, start);
    memcpy(message + start, payload, length);
    memcpy(message + start + length, "\r\n", 2);
    if (write(nats->socket, message, start + length + 2) < 0) return 1;
    return next_message(nats, text, room);
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
}

static int publisher_say(void *nats, int number, long ordinal) {
    (void)ordinal;
    static char payload[PAYLOAD] = {'x'};
    char answer[512];
    return ask(nats, "s.x", number, payload, PAYLOAD, answer, sizeof answer) || !strstr(answer, "\"seq\"");
}
