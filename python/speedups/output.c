/* What a data link is to send: gathered, and sent in few system calls. */
#define _GNU_SOURCE
#include "speedups.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

/* Bytes that are not kept until the end of the turn: see eventloop/link.py. */
#define FLUSH_SIZE (64 * 1024)
/* Bytes that the front has not taken yet, above which no more requests are read: see eventloop/transports.py. */
#define MOST_UNSENT (256 * 1024)
/* What one system call is given at most: see backlog.py. */
#define MOST_BYTES (192 * 1024)
#define MOST_PIECES 64
/* An arena that has grown beyond this is given back when it is empty. */
#define LARGE_ARENA (1024 * 1024)

/* Room for so many bytes, in one piece; NULL with an exception. What is written there counts when link_commit() has said so. */
char *link_reserve(Link *self, size_t size)
{
    if (self->arena_used + size > self->arena_size) {
        size_t wanted = self->arena_size ? self->arena_size : 16 * 1024;
        while (wanted < self->arena_used + size) {
            wanted *= 2;
        }
        char *arena = realloc(self->arena, wanted);
        if (arena == NULL) {
            PyErr_NoMemory();
            return NULL;
        }
        self->arena = arena;
        self->arena_size = wanted;
    }
    return self->arena + self->arena_used;
}

static Piece *add_piece(Link *self)
{
    if (self->count == self->room) {
        size_t room = self->room ? self->room * 2 : 16;
        Piece *pieces = realloc(self->pieces, room * sizeof(Piece));
        if (pieces == NULL) {
            PyErr_NoMemory();
            return NULL;
        }
        self->pieces = pieces;
        self->room = room;
    }
    Piece *piece = &self->pieces[self->count++];
    memset(piece, 0, sizeof *piece);
    return piece;
}

int link_commit(Link *self, size_t size)
{
    if (size == 0) {
        return 0;
    }
    Piece *last = self->count > self->first ? &self->pieces[self->count - 1] : NULL;
    if (last == NULL || last->owner != NULL) {
        last = add_piece(self);
        if (last == NULL) {
            return -1;
        }
        last->offset = self->arena_used;
    }
    last->size += size;
    self->arena_used += size;
    self->output += size;
    return 0;
}

/* Adds bytes of an object, which are sent from where they are. */
int link_put_part(Link *self, PyObject *owner, const char *data, size_t size)
{
    Piece *piece = add_piece(self);
    if (piece == NULL) {
        return -1;
    }
    Py_INCREF(owner);
    piece->owner = owner;
    piece->data = data;
    piece->size = size;
    self->output += size;
    return 0;
}

/* Adds a bytes object. */
int link_put_object(Link *self, PyObject *bytes)
{
    return link_put_part(self, bytes, PyBytes_AsString(bytes), (size_t)PyBytes_Size(bytes));
}

/* Drops all that is to be sent. */
void link_drop_output(Link *self)
{
    size_t first = self->first, count = self->count;
    Piece *pieces = self->pieces;
    self->pieces = NULL;
    self->first = self->count = self->room = 0;
    self->arena_used = 0;
    self->output = 0;
    /* Last: the end of an object may run code. */
    for (size_t i = first; i < count; i++) {
        Py_XDECREF(pieces[i].owner);
    }
    free(pieces);
}

static void sent(Link *self, size_t size)
{
    self->output -= size;
    while (self->first < self->count) {
        Piece *piece = &self->pieces[self->first];
        if (size < piece->size) {
            piece->size -= size;
            piece->offset += size;
            piece->data += piece->owner != NULL ? size : 0;
            return;
        }
        size -= piece->size;
        self->first++;
        /* Neither bytes nor a str run code when they end. */
        Py_XDECREF(piece->owner);
        piece->owner = NULL;
    }
    self->first = self->count = 0;
    self->arena_used = 0;
    if (self->arena_size > LARGE_ARENA) {
        free(self->arena);
        self->arena = NULL;
        self->arena_size = 0;
    }
}

static ssize_t send_some(Link *self)
{
    struct iovec parts[MOST_PIECES];
    size_t count = 0, size = 0;
    for (size_t i = self->first; i < self->count && count < MOST_PIECES && size < MOST_BYTES; i++, count++) {
        Piece *piece = &self->pieces[i];
        parts[count].iov_base = (char *)(piece->owner != NULL ? piece->data : self->arena + piece->offset);
        parts[count].iov_len = piece->size < MOST_BYTES - size ? piece->size : MOST_BYTES - size;
        size += parts[count].iov_len;
    }
    if (count == 1) {
        return send(self->fd, parts[0].iov_base, parts[0].iov_len, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    return sendmsg(self->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static int failed(Link *self, int error)
{
    link_drop_output(self);
    PyObject *text = PyUnicode_FromFormat("a data link failed: [Errno %d] %s", error, strerror(error));
    int result = text == NULL ? -1 : call_and_forget((PyObject *)self, names.on_failure, text);
    Py_XDECREF(text);
    return result;
}

/* Sends what the socket takes, and has the loop tell when it takes more. 0, or -1 with an exception. */
int link_send_out(Link *self)
{
    self->watched = 0;
    if (self->closed || self->fd < 0) {
        link_drop_output(self);
        return 0;
    }
    if (self->blocked) {
        return self->output > MOST_UNSENT ? call_and_forget((PyObject *)self, names.on_crowded, NULL) : 0;
    }
    while (self->output) {
        ssize_t size = send_some(self);
        if (size >= 0) {
            sent(self, (size_t)size);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            self->blocked = 1;
            return call_and_forget((PyObject *)self, names.on_blocked, NULL);
        } else if (errno != EINTR) {
            return failed(self, errno);
        }
    }
    return 0;
}

/* Something was added: it leaves at the end of the batch or of the turn, or now where it is much. */
int link_written(Link *self)
{
    if (!self->flush_expected) {
        self->flush_expected = 1;
        PyObject *flush = PyObject_GetAttr((PyObject *)self, names.flush);
        PyObject *handle = flush == NULL ? NULL : call_method(self->loop, names.call_soon, flush);
        Py_XDECREF(flush);
        Py_XDECREF(handle);
        return handle == NULL ? -1 : 0;
    }
    return self->output >= FLUSH_SIZE ? link_send_out(self) : 0;
}

/* A response is complete. Its application may go on without giving the loop a turn; the watch sends it then. */
int link_expect_more(Link *self)
{
    if (self->watched || self->arm == NULL) {
        return 0;
    }
    self->watched = 1;
    PyObject *result = call_function(self->arm, NULL, 0);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

void link_free_output(Link *self)
{
    link_drop_output(self);
    free(self->arena);
    self->arena = NULL;
    self->arena_size = 0;
}
