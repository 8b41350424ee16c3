/* Publishes as Wire.md has it; the floor takes the same frames. */
#include "publishers.h"
#include <unistd.h>
#include <zmq.h>

static void *context;
static char run[32];
static void prepare(void) {
    context = zmq_ctx_new();
    snprintf(run, sizeof run, "%ld-%.0f", (long)getpid(), seconds() * 1e6);
}

static void *publisher_open(int number) {
    (void)number;
    void *socket = zmq_socket(context, ZMQ_DEALER);
    char endpoint[64];
    int patience = 30000, linger = 0;
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &patience, sizeof patience);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%d", port);
    return zmq_connect(socket, endpoint) ? NULL : socket;
}

static int publisher_say(void *socket, int number, long ordinal) {
    char envelope[PAYLOAD + 1], answer[256];
    int length = snprintf(envelope, sizeof envelope,
        "{\"specversion\":\"1.0\",\"id\":\"%s-%d-%ld\",\"source\":\"bench\",\"type\":\"bench.v1\",\"pipeline\":\"bench\",\"data\":\"", run, number, ordinal);
    memset(envelope + length, 'x', PAYLOAD - length - 2);
    memcpy(envelope + PAYLOAD - 2, "\"}", 2);
    zmq_send(socket, "1", 1, ZMQ_SNDMORE);
    zmq_send(socket, "publish", 7, ZMQ_SNDMORE);
    zmq_send(socket, "{}", 2, ZMQ_SNDMORE);
    zmq_send(socket, "bench.v1/-/bench/", 17, ZMQ_SNDMORE);
    if (zmq_send(socket, envelope, PAYLOAD, 0) < 0) return 1;
    int more = 1, place = 0, is_ok = 0;
    size_t size = sizeof more;
    while (more) {
        int got = zmq_recv(socket, answer, sizeof answer, 0);
        if (got < 0) return 1;
        if (place++ == 1) is_ok = got == 2 && !memcmp(answer, "ok", 2);
        zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size);
    }
    return !is_ok;
}
