/* The body of a request: BODY frames, receive() of ASGI, and the credit that is given back. */
#include "speedups.h"

/* Lets the front send as much again as was taken: Stream._grant() of all that is owed. */
int grant(Exchange *self, Link *link)
{
    char *frame = link_reserve(link, WIRE_HEADER_SIZE + WIRE_WINDOW_FIXED);
    if (frame == NULL) {
        return -1;
    }
    self->window += self->owed;
    put_header(frame, WIRE_WINDOW_FIXED, WIRE_WINDOW, 0, self->id);
    wire_put32(frame + WIRE_HEADER_SIZE + WIRE_WINDOW_CREDIT, (uint32_t)self->owed);
    self->owed = 0;
    return link_commit(link, WIRE_HEADER_SIZE + WIRE_WINDOW_FIXED) < 0 ? -1 : link_written(link);
}

/* New: bytes, and behind them those of a list, which has nothing else. */
PyObject *join(PyObject *first, PyObject *parts)
{
    Py_ssize_t count = PyList_Size(parts), total = PyBytes_Size(first);
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_ssize_t size = PyBytes_Size(PyList_GetItem(parts, i));
        if (size < 0) {
            return NULL;
        }
        total += size;
    }
    if (count == 1 && total == PyBytes_Size(PyList_GetItem(parts, 0))) {
        PyObject *only = PyList_GetItem(parts, 0);
        Py_INCREF(only);
        return only;
    }
    PyObject *whole = PyBytes_FromStringAndSize(NULL, total);
    if (whole == NULL) {
        return NULL;
    }
    char *at = PyBytes_AsString(whole);
    for (Py_ssize_t i = -1; i < count; i++) {
        PyObject *part = i < 0 ? first : PyList_GetItem(parts, i);
        size_t size = (size_t)PyBytes_Size(part);
        memcpy(at, PyBytes_AsString(part), size);
        at += size;
    }
    return whole;
}

/* New: what has come of the body and was not taken, which is taken now. */
static PyObject *take_body(Exchange *self)
{
    PyObject *body = self->body;
    if (!is_none(self->chunks)) {
        Py_ssize_t before = PyBytes_Size(body);
        body = join(body, self->chunks);
        if (body == NULL) {
            return NULL;
        }
        Py_CLEAR(self->chunks);
        self->owed += PyBytes_Size(body) - before;
    } else {
        Py_INCREF(body);
    }
    set_field(&self->body, names.empty_bytes);
    return body;
}

/* receive(): what is here of the body. */
int body_receive(Exchange *self, PyObject *unused, PyObject **result)
{
    (void)unused;
    if (self->expects || self->phase == PHASE_DONE || self->body == NULL || !PyBytes_CheckExact(self->body) || !link_is(self->link)) {
        return LOOK;
    }
    Link *link = (Link *)self->link;
    int has_chunks = !is_none(self->chunks);
    if (self->body_taken || !(has_chunks || self->body_ended || PyBytes_Size(self->body) > 0)) {
        return self->gone || self->finished ? LOOK : WAIT;
    }
    PyObject *message = PyDict_Copy(names.http_request);
    if (message == NULL) {
        return FAIL;
    }
    PyObject *body = take_body(self);
    if (body == NULL) {
        Py_DECREF(message);
        return FAIL;
    }
    int good = PyDict_SetItem(message, names.body, body) == 0 && (self->body_ended || PyDict_SetItem(message, names.more_body, Py_True) == 0);
    Py_DECREF(body);
    if (good && has_chunks && !self->body_ended && !self->gone && self->owed * 2 >= link->request_window) {
        good = grant(self, link) == 0;
    }
    if (!good) {
        Py_DECREF(message);
        return FAIL;
    }
    self->body_taken = self->body_ended != 0;
    *result = message;
    return DONE;
}

/* A BODY frame: Stream.on_body(), for one that keeps the rules. */
int body_take(Exchange *self, Link *link, int flags, const char *data, size_t size)
{
    if (self->body_ended || self->window < 0 || size > (size_t)self->window || (flags & ~WIRE_BODY_FLAGS)) {
        return LOOK;
    }
    if (size) {
        PyObject *chunk = bytes_of(data, size);
        if (chunk == NULL) {
            return FAIL;
        }
        int added = append_to(&self->chunks, chunk);
        Py_DECREF(chunk);
        if (added < 0) {
            return FAIL;
        }
    }
    self->window -= (Py_ssize_t)size;
    if (flags & WIRE_FLAG_END) {
        self->body_ended = WIRE_FLAG_END;
    }
    return wait_wake(self, link) < 0 ? FAIL : DONE;
}
