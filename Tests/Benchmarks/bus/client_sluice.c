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

/* The body of the next frame; none of ours is longer than 255 bytes. */
static unsigned char *take_frame(struct dealer *dealer, int *flags, int *size) {
    unsigned char *head = take(dealer, 2);
    if (!head || head[0] & LONG) return NULL;
    *flags = head[0], *size = head[1];
    return take(dealer, *size);
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

static void *publisher_open(int number) {
    (void)number;
    struct dealer *dealer = calloc(1, sizeof *dealer);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = 30};
    int yes = 1, flags, size;
    dealer->socket = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(dealer->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    setsockopt(dealer->socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(dealer->socket, (struct sockaddr *)&address, sizeof address)) return NULL;
    static const char greeting[64] = {'\xff', 0, 0, 0, 0, 0, 0, 0, 1, '\x7f', 3, 0, 'N', 'U', 'L', 'L'};
    static const char ready[] = "\5READY\13Socket-Type\0\0\0\6DEALER";
    char command[64], *end = put_frame(command, COMMAND, ready, sizeof ready - 1);
    if (write(dealer->socket, greeting, sizeof greeting) < 0 || !take(dealer, sizeof greeting)) return NULL;
    if (write(dealer->socket, command, end - command) < 0) return NULL;
    return take_frame(dealer, &flags, &size) && flags & COMMAND ? dealer : NULL;
}

static int publisher_say(void *publisher, int number, long ordinal) {
    struct dealer *dealer = publisher;
    char envelope[PAYLOAD + 1], message[PAYLOAD + 128], *end = message;
    int length = snprintf(envelope, sizeof envelope,
        "{\"specversion\":\"1.0\",\"id\":\"%s-%d-%ld\",\"source\":\"bench\",\"type\":\"bench.v1\",\"pipeline\":\"bench\",\"data\":\"", run, number, ordinal);
    memset(envelope + length, 'x', PAYLOAD - length - 2);
    memcpy(envelope + PAYLOAD - 2, "\"}", 2);
    end = put_frame(end, MORE, "1", 1);
    end = put_frame(end, MORE, "publish", 7);
    end = put_frame(end, MORE, "{}", 2);
    end = put_frame(end, MORE, "bench.v1/-/bench/", 17);
    end = put_frame(end, 0, envelope, PAYLOAD);
    if (write(dealer->socket, message, end - message) < 0) return 1;
    int flags = MORE, size, is_ok = 0;
    for (int place = 0; flags & MORE; place++) {
        unsigned char *body = take_frame(dealer, &flags, &size);
        if (!body || flags & COMMAND) return 1;
        if (place == 1) is_ok = size == 2 && !memcmp(body, "ok", 2);
    }
    return !is_ok;
}
