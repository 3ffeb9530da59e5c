/*
 * A chat's load: everybody listens, one says something, and the next message is said when all have got it.
 *
 *     ws_broadcast PORT PATH CONNECTIONS BYTES MESSAGES [MOST_SECONDS]
 *
 * Message k begins with k in ten digits. Prints one line of JSON: messages, deliveries, seconds, and the milliseconds from a message's sending to its last
 * arrival (least, median, most). Ends with 1, and a sentence, when a client gets a message twice or out of turn, the server closes a connection, or a message
 * does not reach all in time. One thread; loopback only; needs a descriptor for each connection.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 1024
#define ROOM 65536
#define DIGITS 10

typedef struct {
    int fd;
    long next; /* the message that it gets next; 0 until it has got the first one, which is said until all have */
    size_t held, size;
    unsigned char *kept; /* of a frame that has not come whole */
} Client;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void give_up(const char *what)
{
    fprintf(stderr, "ws_broadcast: %s\n", what);
    exit(1);
}

/* Each from an address of its own range: one has 28,000 ports. */
static int open_client(int port, const char *path, int number)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + (unsigned)number / 20000)};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;
    if (fd < 0)
        give_up("there are no descriptors left: ulimit -n");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&from, sizeof from) < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
        give_up("it cannot connect");
    char text[1024];
    int size = snprintf(text, sizeof text,
                        "GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", path);
    if (send(fd, text, (size_t)size, 0) != size)
        give_up("it cannot send the handshake");
    size_t got = 0;
    while (got < 4 || memcmp(text + got - 4, "\r\n\r\n", 4)) {
        ssize_t one = recv(fd, text + got, 1, 0);
        if (one <= 0 || ++got == sizeof text)
            give_up("a handshake was not answered");
    }
    if (strncmp(text, "HTTP/1.1 101", 12))
        give_up("a handshake was not accepted");
    return fd;
}

static void say(int fd, long number, size_t bytes)
{
    static unsigned char frame[ROOM];
    unsigned char *at = frame;
    *at++ = 0x81;
    if (bytes < 126) {
        *at++ = 0x80 | (unsigned char)bytes;
    } else {
        *at++ = 0x80 | 126;
        *at++ = (unsigned char)(bytes >> 8);
        *at++ = (unsigned char)bytes;
    }
    memset(at, 0, 4); /* a mask that changes nothing */
    at += 4;
    memset(at, 'x', bytes);
    char digits[32];
    snprintf(digits, sizeof digits, "%0*ld", DIGITS, number);
    memcpy(at, digits, DIGITS);
    at += bytes;
    if (send(fd, frame, (size_t)(at - frame), 0) != at - frame)
        give_up("it cannot send a message");
}

/* Takes whole frames off what has come; how many messages they were. */
static long take(Client *client, const unsigned char *data, size_t size, size_t bytes)
{
    long taken = 0;
    while (size >= 2) {
        size_t head = 2, length = data[1] & 127;
        if (length == 126) {
            if (size < 4)
                break;
            length = (size_t)data[2] << 8 | data[3];
            head = 4;
        }
        if (size < head + length)
            break;
        int kind = data[0] & 15;
        if (kind == 8)
            give_up("the server has closed a connection");
        if (kind == 1) {
            char digits[DIGITS + 1] = {0};
            if (length != bytes)
                give_up("a message has another length");
            memcpy(digits, data + head, DIGITS);
            long number = atol(digits);
            if (number == client->next) {
                client->next++;
                taken++;
            } else if (number > 0) {
                give_up("a client got a message twice, or out of turn");
            }
        }
        data += head + length;
        size -= head + length;
    }
    if (size > 0) {
        client->kept = realloc(client->kept, size);
        memcpy(client->kept, data, size);
    }
    client->held = size;
    return taken;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

int main(int count, char **words)
{
    if (count < 6) {
        fprintf(stderr, "usage: ws_broadcast PORT PATH CONNECTIONS BYTES MESSAGES [MOST_SECONDS]\n");
        return 2;
    }
    int port = atoi(words[1]), clients = atoi(words[3]);
    size_t bytes = (size_t)atol(words[4]);
    long messages = atol(words[5]);
    double most = count > 6 ? atof(words[6]) : 60;
    if (bytes < DIGITS || bytes > 32768 || clients < 1 || messages < 1)
        give_up("a message has 10 to 32,768 bytes, and there is one at least");
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    int poll = epoll_create1(0);
    Client *all = calloc((size_t)clients, sizeof *all);
    for (int i = 0; i < clients; i++) {
        all[i].fd = open_client(port, words[2], i);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        epoll_ctl(poll, EPOLL_CTL_ADD, all[i].fd, &event);
    }
    static unsigned char buffer[2 * ROOM];
    static struct epoll_event events[EVENTS];
    double *times = calloc((size_t)messages, sizeof *times);
    /* The first one shows that all have subscribed, and does not count. */
    double begin = 0;
    for (long number = 0; number <= messages; number++) {
        long missing = clients;
        double sent = now();
        if (number == 1)
            begin = sent;
        say(all[number % clients].fd, number, bytes);
        double again = sent + 0.5;
        while (missing > 0) {
            int ready = epoll_wait(poll, events, EVENTS, 100);
            if (number == 0 && now() > again) {
                say(all[0].fd, 0, bytes);
                again = now() + 0.5;
            }
            for (int i = 0; i < ready; i++) {
                Client *client = events[i].data.ptr;
                memcpy(buffer, client->kept, client->held);
                ssize_t got = recv(client->fd, buffer + client->held, ROOM, MSG_DONTWAIT);
                if (got == 0)
                    give_up("the server has ended a connection");
                if (got > 0)
                    missing -= take(client, buffer, client->held + (size_t)got, bytes);
            }
            if (now() - sent > most)
                give_up("a message has not reached all in time");
        }
        if (number > 0)
            times[number - 1] = (now() - sent) * 1000;
    }
    double seconds = now() - begin;
    qsort(times, (size_t)messages, sizeof *times, by_size);
    printf("{\"messages\": %ld, \"deliveries\": %ld, \"seconds\": %.4f, \"least\": %.2f, \"median\": %.2f, \"most\": %.2f}\n", messages,
           messages * clients, seconds, times[0], times[messages / 2], times[messages - 1]);
    return 0;
}
