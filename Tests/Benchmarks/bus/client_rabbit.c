/* RabbitMQ: a quorum queue, persistent messages, each confirmed by the broker. What a worker has taken it acknowledges without being
   told that this is kept, for the protocol has no answer to that. */
#include "publishers.h"
#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp.h>
#include <amqp_tcp_socket.h>
#endif

static amqp_connection_state_t dial(void) {
    amqp_connection_state_t connection = amqp_new_connection();
    amqp_socket_t *socket = amqp_tcp_socket_new(connection);
    if (amqp_socket_open(socket, "127.0.0.1", port)) return NULL;
    if (amqp_login(connection, "/", 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest").reply_type != AMQP_RESPONSE_NORMAL) return NULL;
    amqp_channel_open(connection, 1);
    return connection;
}

static void prepare(void) {
    amqp_connection_state_t connection = dial();
    amqp_table_entry_t kind = {.key = amqp_cstring_bytes("x-queue-type"), .value = {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes("quorum")}};
    amqp_table_t arguments = {1, &kind};
    if (!connection || !amqp_queue_declare(connection, 1, amqp_cstring_bytes("q"), 0, 1, 0, 0, arguments)) exit(3);
}

static void *publisher_open(int number) {
    (void)number;
    amqp_connection_state_t connection = dial();
    if (connection) amqp_confirm_select(connection, 1);
    return connection;
}

static int publisher_say(void *connection, int number, long ordinal) {
    (void)number, (void)ordinal;
    static char payload[PAYLOAD] = {'x'};
    amqp_basic_properties_t properties = {._flags = AMQP_BASIC_DELIVERY_MODE_FLAG, .delivery_mode = 2};
    amqp_bytes_t body = {PAYLOAD, payload};
    amqp_frame_t frame;
    if (amqp_basic_publish(connection, 1, amqp_empty_bytes, amqp_cstring_bytes("q"), 0, 0, &properties, body)) return 1;
    if (amqp_simple_wait_frame(connection, &frame)) return 1;
    amqp_maybe_release_buffers(connection);
    return frame.frame_type != AMQP_FRAME_METHOD || frame.payload.method.id != AMQP_BASIC_ACK_METHOD;
}

static amqp_connection_state_t listen_to_queue(int acknowledges) {
    amqp_connection_state_t connection = dial();
    if (!connection) return NULL;
    amqp_basic_qos(connection, 1, 0, 1, 0);
    amqp_basic_consume(connection, 1, amqp_cstring_bytes("q"), amqp_empty_bytes, 0, !acknowledges, 0, amqp_empty_table);
    return amqp_get_rpc_reply(connection).reply_type == AMQP_RESPONSE_NORMAL ? connection : NULL;
}

static int take_message(amqp_connection_state_t connection, int acknowledges) {
    amqp_envelope_t envelope;
    struct timeval patience = {.tv_sec = 10};
    amqp_maybe_release_buffers(connection);
    if (amqp_consume_message(connection, &envelope, &patience, 0).reply_type != AMQP_RESPONSE_NORMAL) return 1;
    int failed = acknowledges && amqp_basic_ack(connection, 1, envelope.delivery_tag, 0);
    amqp_destroy_envelope(&envelope);
    return failed;
}

static void *consumer_open(void) {
    /* What workers have left is no news. */
    amqp_connection_state_t connection = dial();
    if (!connection || !amqp_queue_purge(connection, 1, amqp_cstring_bytes("q"))) return NULL;
    return listen_to_queue(0);
}
static int consumer_next(void *connection) { return take_message(connection, 0); }
static int work_say(void *connection, int number, long ordinal) { return publisher_say(connection, number, ordinal); }
static void *worker_open(int number) { return (void)number, listen_to_queue(1); }
static int worker_take(void *connection, int number) { return (void)number, take_message(connection, 1); }
