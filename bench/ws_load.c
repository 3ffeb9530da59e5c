/*
 * WebSocket echo load: each connection keeps one text message in flight, and takes whatever frames the answer comes in.
 *
 *     ws_load PORT PATH CONNECTIONS BYTES SECONDS
 *
 * Prints one line of JSON: messages, microseconds, and the round trip's percentiles in microseconds. Ends with 1, and a sentence, when the server
 * refuses a connection, closes one, or echoes something else in length. One thread; loopback only.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#define EVENTS 256
#define MOST_TIMES (32u << 20)
#define OP_TEXT 1
#define OP_BINARY 2
#define OP_CLOSE 8

typedef struct {
    int fd;
    unsigned char *in; /* what has come, and no frame is complete of */
    size_t filled, room;
    size_t echoed; /* bytes of the message that is coming */
    double sent;   /* when the message in flight was */
} Connection;

static unsigned char *frame; /* the one that is sent again and again */
static size_t frame_size, message_size;
static float *times;
static size_t answered;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void give_up(const char *what)
{
    fprintf(stderr, "ws_load: %s\n", what);
    exit(1);
}

/* RFC 6455, section 5.2, masked as a client's must be. */
static void make_frame(void)
{
    static const unsigned char mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    unsigned char *at = frame = malloc(message_size + 14);
    *at++ = 0x80 | OP_TEXT;
    int lengths = message_size < 126 ? 0 : message_size < 65536 ? 2 : 8;
    *at++ = (unsigned char)(0x80 | (lengths == 0 ? message_size : lengths == 2 ? 126 : 127));
    for (int i = lengths - 1; i >= 0; i--) {
        *at++ = (unsigned char)(message_size >> (8 * i));
    }
    memcpy(at, mask, sizeof mask);
    at += sizeof mask;
    for (size_t i = 0; i < message_size; i++) {
        *at++ = (unsigned char)('a' ^ mask[i % 4]);
    }
    frame_size = (size_t)(at - frame);
}

static void send_all(int fd, const void *data, size_t size)
{
    for (const char *at = data; size > 0;) {
        ssize_t sent = send(fd, at, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            at += sent;
            size -= (size_t)sent;
        } else if (errno == EAGAIN) {
            struct pollfd room = {.fd = fd, .events = POLLOUT};
            poll(&room, 1, -1);
        } else if (errno != EINTR) {
            give_up("the server has closed a connection");
        }
    }
}

static void send_message(Connection *connection)
{
    connection->sent = now();
    send_all(connection->fd, frame, frame_size);
}

static void open_connection(Connection *connection, int port, const char *path)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = connection->fd = socket(AF_INET, SOCK_STREAM, 0);
    int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        give_up("a connection was refused");
    }
    char head[1024];
    int size = snprintf(head, sizeof head,
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        path, port);
    send_all(fd, head, (size_t)size);
    size_t got = 0;
    while (got < 4 || memcmp(head + got - 4, "\r\n\r\n", 4) != 0) {
        if (got + 1 >= sizeof head || recv(fd, head + got, 1, 0) != 1) {
            give_up("a handshake was not answered");
        }
        got++;
    }
    if (strncmp(head, "HTTP/1.1 101", 12) != 0) {
        give_up("a handshake was not accepted");
    }
    connection->room = message_size + 64 * 1024;
    connection->in = malloc(connection->room);
}

static void take_answer(Connection *connection)
{
    if (connection->echoed != message_size) {
        give_up("an echo has another length than its message");
    }
    connection->echoed = 0;
    if (answered < MOST_TIMES) {
        times[answered] = (float)((now() - connection->sent) * 1e6);
    }
    answered++;
    send_message(connection);
}

/* The frame at the beginning of what has come; 0 where it is not complete. */
static size_t take_frame(Connection *connection, const unsigned char *at, size_t left)
{
    if (left < 2) {
        return 0;
    }
    size_t size = at[1] & 127, head = 2;
    int lengths = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (lengths) {
        head += (size_t)lengths;
        if (left < head) {
            return 0;
        }
        size = 0;
        for (int i = 0; i < lengths; i++) {
            size = size << 8 | at[2 + i];
        }
    }
    if (left < head + size) {
        return 0;
    }
    int operation = at[0] & 15;
    if (operation == OP_CLOSE) {
        give_up("the server has closed a connection");
    }
    if (operation <= OP_BINARY) {
        connection->echoed += size;
        if (at[0] & 0x80) {
            take_answer(connection);
        }
    }
    return head + size;
}

static void receive(Connection *connection)
{
    ssize_t count = recv(connection->fd, connection->in + connection->filled, connection->room - connection->filled, MSG_DONTWAIT);
    if (count == 0) {
        give_up("the server has closed a connection");
    }
    if (count < 0) {
        return;
    }
    connection->filled += (size_t)count;
    size_t at = 0, size;
    while ((size = take_frame(connection, connection->in + at, connection->filled - at)) > 0) {
        at += size;
    }
    memmove(connection->in, connection->in + at, connection->filled - at);
    connection->filled -= at;
}

static int compare(const void *one, const void *other)
{
    float a = *(const float *)one, b = *(const float *)other;
    return (a > b) - (a < b);
}

int main(int count, char **arguments)
{
    if (count != 6) {
        fprintf(stderr, "usage: ws_load PORT PATH CONNECTIONS BYTES SECONDS\n");
        return 2;
    }
    int port = atoi(arguments[1]), connections = atoi(arguments[3]);
    message_size = (size_t)atol(arguments[4]);
    make_frame();
    times = malloc(MOST_TIMES * sizeof *times);
    Connection *all = calloc((size_t)connections, sizeof *all);
    int epoll = epoll_create1(0);
    for (int i = 0; i < connections; i++) {
        open_connection(&all[i], port, arguments[2]);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        epoll_ctl(epoll, EPOLL_CTL_ADD, all[i].fd, &event);
    }
    double began = now(), end = began + atof(arguments[5]);
    for (int i = 0; i < connections; i++) {
        send_message(&all[i]);
    }
    struct epoll_event events[EVENTS];
    while (now() < end) {
        int ready = epoll_wait(epoll, events, EVENTS, 100);
        for (int i = 0; i < ready; i++) {
            receive(events[i].data.ptr);
        }
    }
    double took = now() - began;
    size_t known = answered < MOST_TIMES ? answered : MOST_TIMES;
    if (known == 0) {
        give_up("no message was answered");
    }
    qsort(times, known, sizeof *times, compare);
    printf("{\"requests\": %zu, \"microseconds\": %.0f, \"p50\": %.1f, \"p90\": %.1f, \"p99\": %.1f}\n", answered, took * 1e6,
        times[known / 2], times[known * 9 / 10], times[known * 99 / 100]);
}
