/* floor FILE PORT [nosync]: the least that a durable log over ZeroMQ can do. Drains a ROUTER, appends all that came to one file,
   syncs once, answers each. It reads nothing of what it stores, knows no duplicates and serves no reader. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include <zmq.h>

enum { BATCH = 512, FRAMES = 6 };
struct request { zmq_msg_t frames[FRAMES]; int count; };

/* [client, correlation, verb, body, topic, envelope]; 0 where none waits. */
static int receive(void *socket, struct request *request, int flags) {
    request->count = 0;
    do {
        zmq_msg_t *frame = &request->frames[request->count];
        zmq_msg_init(frame);
        if (zmq_msg_recv(frame, socket, request->count ? 0 : flags) < 0) {
            zmq_msg_close(frame);
            return 0;
        }
        request->count++;
    } while (zmq_msg_more(&request->frames[request->count - 1]) && request->count < FRAMES);
    return request->count == FRAMES;
}

int main(int count, char **words) {
    if (count < 3) return 2;
    int file = open(words[1], O_RDWR | O_CREAT | O_TRUNC, 0600), syncs = count < 4;
    void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_ROUTER);
    char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%s", words[2]);
    if (file < 0 || zmq_bind(socket, endpoint)) return 1;
    static struct request requests[BATCH];
    static struct iovec parts[2 * BATCH];
    static uint32_t sizes[BATCH];
    unsigned long sequence = 0;
    for (;;) {
        int taken = 0;
        while (taken < BATCH && receive(socket, &requests[taken], taken ? ZMQ_DONTWAIT : 0)) {
            zmq_msg_t *envelope = &requests[taken].frames[5];
            sizes[taken] = zmq_msg_size(envelope);
            parts[2 * taken] = (struct iovec){&sizes[taken], sizeof sizes[taken]};
            parts[2 * taken + 1] = (struct iovec){zmq_msg_data(envelope), sizes[taken]};
            taken++;
        }
        if (!taken || writev(file, parts, 2 * taken) < 0) return 1;
        if (syncs && fdatasync(file)) return 1;
        for (int i = 0; i < taken; i++) {
            char body[64];
            int length = snprintf(body, sizeof body, "{\"sequences\":[%lu]}", ++sequence);
            zmq_msg_send(&requests[i].frames[0], socket, ZMQ_SNDMORE);
            zmq_msg_send(&requests[i].frames[1], socket, ZMQ_SNDMORE);
            zmq_send(socket, "ok", 2, ZMQ_SNDMORE);
            zmq_send(socket, body, length, 0);
            for (int f = 2; f < FRAMES; f++) zmq_msg_close(&requests[i].frames[f]);
        }
    }
}
