/* A data link: takes what has come apart into frames, starts their requests, and sends what these have answered. */
#define _GNU_SOURCE
#include "speedups.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>

PyTypeObject *link_type;

/* As framing.py has them: the most that one read brings, and room for an incomplete frame and one more read. */
#define READ_SIZE (128 * 1024)
#define BUFFER_SIZE (WIRE_HEADER_SIZE + WIRE_MAX_PAYLOAD + READ_SIZE)

int link_is(PyObject *object)
{
    return object != NULL && PyType_IsSubtype(Py_TYPE(object), link_type);
}

void put_header(char *at, size_t size, int type, int flags, uint64_t id)
{
    wire_put32(at, (uint32_t)size);
    at[4] = (char)type;
    at[5] = (char)flags;
    wire_put16(at + 6, 0);
    wire_put64(at + 8, id);
}

/* ---- requests */

/* New: method, path, query, connection block and header block; each may be NULL with an exception. */
void request_parts(const RequestFrame *frame, PyObject **parts)
{
    parts[0] = bytes_of(frame->method, frame->method_size);
    parts[1] = bytes_of(frame->path, frame->path_size);
    parts[2] = bytes_of(frame->query, frame->query_size);
    parts[3] = bytes_of(frame->connection, frame->connection_size);
    parts[4] = bytes_of(frame->headers, frame->headers_size);
}

/* Python's on_request(), with all of the frame. */
static int hand_over(Link *self, const RequestFrame *frame)
{
    PyObject *arguments[4 + REQUEST_PARTS] = {PyLong_FromUnsignedLongLong(frame->id), PyLong_FromLong(frame->flags)};
    request_parts(frame, arguments + 2);
    arguments[2 + REQUEST_PARTS] = bytes_of(frame->body, frame->body_size);
    arguments[3 + REQUEST_PARTS] = PyLong_FromUnsignedLong(frame->queued);
    PyObject *result = call_with((PyObject *)self, names.on_request, arguments, sizeof arguments / sizeof *arguments);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* New: what a builder of Python's makes of a request. */
PyObject *link_build_scope(Link *self, PyObject *build, const RequestFrame *frame)
{
    PyObject *arguments[REQUEST_PARTS + 1];
    request_parts(frame, arguments);
    arguments[REQUEST_PARTS] = PyLong_FromUnsignedLong(frame->queued);
    return call_taking(build, arguments, sizeof arguments / sizeof *arguments);
}

/* The lifespan's state, which is there when the first request comes. */
static int find_state(Link *self)
{
    PyObject *state = PyObject_GetAttr(self->scopes, names.state);
    if (state == NULL) {
        return -1;
    }
    if (state == Py_None || !PyDict_Check(state)) {
        Py_CLEAR(state);
    }
    self->state = state;
    self->has_state = 1;
    return 0;
}

/* Starts a request's coroutine, which it takes over, as a task. 0, or -1 with an exception; a coroutine that is NULL is one. */
int link_go_on(Link *self, Exchange *exchange, PyObject *coroutine)
{
    PyObject *task = coroutine == NULL ? NULL : start_task(self, coroutine);
    Py_XDECREF(coroutine);
    int more = task == NULL ? -1 : start_goes_on(self, exchange, task);
    if (more > 0) {
        if (PyDict_SetItem(self->unfinished, (PyObject *)exchange, task) < 0
            || (exchange->phase == PHASE_HELD && call_and_forget((PyObject *)self, names.hold_head, (PyObject *)exchange) < 0)) {
            more = -1;
        }
    }
    Py_XDECREF(task);
    return more < 0 ? -1 : 0;
}

/* Starts a request's task. Of what serves it, the scope is left out where that is NULL. */
int link_begin(Link *self, Exchange *exchange, PyObject *scope)
{
    PyObject *arguments[] = {(PyObject *)exchange, self->application, scope};
    return link_go_on(self, exchange, call_function(self->run, arguments, scope == NULL ? 2 : 3));
}

/* New: the stream of a request, which is one of the link's from now on. */
Exchange *link_admit(Link *self, const RequestFrame *frame, PyObject *key)
{
    Exchange *exchange = exchange_open(self->kind, (PyObject *)self, frame, key, self->now, self->request_window, self->response_window);
    if (exchange == NULL || PyDict_SetItem(self->streams, key, (PyObject *)exchange) < 0) {
        Py_XDECREF(exchange);
        return NULL;
    }
    exchange->bodiless = frame->method_size == 4 && memcmp(frame->method, "HEAD", 4) == 0;
    set_field(&self->latest, (PyObject *)exchange);
    self->meter->requests++;
    return exchange;
}

/* An HTTP request to an ASGI application. */
static int serve_asgi(Link *self, const RequestFrame *frame, PyObject *key)
{
    if (!self->has_state && find_state(self) < 0) {
        return -1;
    }
    PyObject *scope = scope_build(self, frame);
    if (scope == NULL && !PyErr_Occurred()) {
        PyObject *build = PyObject_GetAttr(self->scopes, names.build);
        scope = link_build_scope(self, build, frame);
        Py_XDECREF(build);
    }
    Exchange *exchange = scope == NULL ? NULL : link_admit(self, frame, key);
    int result = exchange == NULL ? -1 : link_begin(self, exchange, scope);
    Py_XDECREF(exchange);
    Py_XDECREF(scope);
    return result;
}

/* What Python's on_request() does. */
static int serve(Link *self, const RequestFrame *frame, PyObject *key)
{
    if (self->output && link_expect_more(self) < 0) {
        return -1;
    }
    int result = self->serve(self, frame, key);
    double now = monotonic();
    if (result == 0 && now - self->now > FLUSH_SECONDS) {
        self->now = now;
        result = self->output ? link_send_out(self) : 0;
    }
    return result;
}

/* ---- input */

/* The link cannot be used any more. */
static int fail(Link *self, PyObject *reason)
{
    if (reason == NULL) {
        return -1;
    }
    int result = call_and_forget((PyObject *)self, names.fail, reason);
    Py_DECREF(reason);
    return result;
}

static int malformed(Link *self, const char *what)
{
    return fail(self, PyUnicode_FromFormat("protocol error on a data link: %s", what));
}

/* An exception of Python's: the link's end where the frame was to blame. */
static int blame_frame(Link *self)
{
    if (!PyErr_ExceptionMatches(names.wire_error) && !PyErr_ExceptionMatches(names.struct_error)) {
        return -1;
    }
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    int result = fail(self, PyUnicode_FromFormat("protocol error on a data link: %S", value));
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    return result;
}

/* Where the parts of a REQUEST are, by their sizes. Returns the length of what is before its body. */
size_t request_split(RequestFrame *frame, const char *payload)
{
    frame->queued = wire_get32(payload + WIRE_REQUEST_QUEUE_MICROSECONDS);
    frame->method_size = wire_get8(payload + WIRE_REQUEST_METHOD_SIZE);
    frame->path_size = wire_get16(payload + WIRE_REQUEST_RAW_PATH_SIZE);
    frame->query_size = wire_get16(payload + WIRE_REQUEST_QUERY_SIZE);
    frame->connection_size = wire_get16(payload + WIRE_REQUEST_CONNECTION_SIZE);
    frame->headers_size = wire_get32(payload + WIRE_REQUEST_HEADERS_SIZE);
    frame->body_size = wire_get32(payload + WIRE_REQUEST_BODY_SIZE);
    frame->method = payload + WIRE_REQUEST_FIXED;
    frame->path = frame->method + frame->method_size;
    frame->query = frame->path + frame->path_size;
    frame->connection = frame->query + frame->query_size;
    frame->headers = frame->connection + frame->connection_size;
    frame->body = frame->headers + frame->headers_size;
    return WIRE_REQUEST_FIXED + frame->method_size + frame->path_size + frame->query_size + frame->connection_size + frame->headers_size;
}

/* Takes the payload of a REQUEST apart; 0 where its lengths do not add up, or it has flags that it may not have. */
int request_parse(RequestFrame *frame, uint64_t id, int flags, const char *payload, size_t size)
{
    if (size < WIRE_REQUEST_FIXED) {
        return 0;
    }
    frame->id = id;
    frame->flags = flags;
    size_t before_body = request_split(frame, payload);
    return !(flags & ~WIRE_REQUEST_FLAGS) && before_body + frame->body_size == size;
}

static int take_request(Link *self, uint64_t id, int flags, const char *payload, size_t size)
{
    RequestFrame frame;
    if (size < WIRE_REQUEST_FIXED) {
        return malformed(self, "a frame header is malformed");
    }
    PyObject *key = PyLong_FromUnsignedLongLong(id);
    int known = key == NULL ? -1 : PyDict_Contains(self->streams, key);
    int result = -1;
    if (known < 0) {
        /* nothing but memory */
    } else if (!request_parse(&frame, id, flags, payload, size) || known) {
        result = malformed(self, "a REQUEST is malformed, or for a stream that is open");
    } else if (self->kind == NULL || self->draining || (flags & (WIRE_FLAG_SESSION | WIRE_FLAG_RESUME))) {
        result = hand_over(self, &frame);
    } else {
        result = serve(self, &frame, key);
    }
    Py_XDECREF(key);
    return result;
}

/* Frames of streams whose kind says so are taken here. DONE, or LOOK where Python is to take it. */
static int take_quick(Link *self, int type, int flags, uint64_t id, const char *payload, size_t size)
{
    int bit = type == WIRE_DATA ? TAKES_DATA : type == WIRE_BODY ? TAKES_BODY : type == WIRE_WINDOW ? TAKES_WINDOW : 0;
    if (!bit) {
        return LOOK;
    }
    PyObject *key = PyLong_FromUnsignedLongLong(id);
    PyObject *stream = key == NULL ? NULL : PyDict_GetItemWithError(self->streams, key);
    Py_XDECREF(key);
    if (stream == NULL) {
        return PyErr_Occurred() ? FAIL : LOOK;
    }
    int result = LOOK;
    for (StreamKind *kind = self->kinds; kind < self->kinds + MOST_KINDS && kind->type != NULL; kind++) {
        if (kind->type != (PyObject *)Py_TYPE(stream) || !(kind->frames & bit)) {
            continue;
        }
        Exchange *exchange = (Exchange *)stream;
        Py_INCREF(stream);
        if (type == WIRE_DATA) {
            result = session_take(exchange, self, flags, payload, size);
        } else if (type == WIRE_BODY) {
            result = body_take(exchange, self, flags, payload, size);
        } else if (!flags && size == WIRE_WINDOW_FIXED && is_none(exchange->rest)) {
            exchange->credit += wire_get32(payload + WIRE_WINDOW_CREDIT);
            result = wait_wake(exchange, self) < 0 ? FAIL : DONE;
        }
        Py_DECREF(stream);
        break;
    }
    return result;
}

static int take_other(Link *self, int type, int flags, uint64_t id, const char *payload, size_t size)
{
    int taken = take_quick(self, type, flags, id, payload, size);
    if (taken != LOOK) {
        return taken == DONE ? 0 : -1;
    }
    PyObject *arguments[] = {PyLong_FromLong(type), bytes_of(payload, size), PyLong_FromLong(flags), PyLong_FromUnsignedLongLong(id)};
    PyObject *result = call_with((PyObject *)self, names.on_other, arguments, 4);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* Handles all frames that are complete. */
static int take_in(Link *self)
{
    size_t at = 0;
    int result = 0;
    self->needed = WIRE_HEADER_SIZE;
    while (result == 0 && !self->closed && self->filled - at >= WIRE_HEADER_SIZE) {
        const char *frame = self->in + at;
        size_t size = wire_get32(frame);
        if (size > WIRE_MAX_PAYLOAD || wire_get16(frame + 6)) {
            result = malformed(self, "a frame header is malformed");
            break;
        }
        if (self->filled - at < WIRE_HEADER_SIZE + size) {
            self->needed = WIRE_HEADER_SIZE + size;
            break;
        }
        int type = (unsigned char)frame[4], flags = (unsigned char)frame[5];
        uint64_t id = wire_get64(frame + 8);
        at += WIRE_HEADER_SIZE + size;
        if (type == WIRE_REQUEST) {
            result = take_request(self, id, flags, frame + WIRE_HEADER_SIZE, size);
        } else {
            result = take_other(self, type, flags, id, frame + WIRE_HEADER_SIZE, size);
        }
        if (result < 0) {
            result = blame_frame(self);
        }
    }
    memmove(self->in, self->in + at, self->filled - at);
    self->filled -= at;
    return result;
}

/* What the front is to know of requests that have not answered at once: _tell_taken() in eventloop/link.py. */
static int tell_taken(Link *self)
{
    PyObject *latest = self->latest;
    self->latest = NULL;
    int due = meter_end(self->meter);
    int silent = 0;
    uint64_t id = 0;
    if (latest != NULL && PyType_IsSubtype(Py_TYPE(latest), exchange_type)) {
        id = ((Exchange *)latest)->id;
        if ((PyObject *)Py_TYPE(latest) == self->kind) {
            silent = ((Exchange *)latest)->phase < PHASE_SENT;
        } else {
            PyObject *answer = call_method(latest, names.is_silent, NULL);
            silent = answer == NULL ? -1 : answer == Py_True;
            Py_XDECREF(answer);
        }
    }
    Py_XDECREF(latest);
    if (silent < 0) {
        return -1;
    }
    if (!silent && !due) {
        return 0;
    }
    char *frame = link_reserve(self, WIRE_HEADER_SIZE + WIRE_TAKEN_FIXED);
    if (frame == NULL) {
        return -1;
    }
    uint32_t busy, requests;
    meter_take(self->meter, &busy, &requests);
    put_header(frame, WIRE_TAKEN_FIXED, WIRE_TAKEN, 0, silent ? id : 0);
    frame += WIRE_HEADER_SIZE;
    wire_put32(frame + WIRE_TAKEN_BUSY_MICROSECONDS, busy);
    wire_put32(frame + WIRE_TAKEN_REQUESTS, requests);
    wire_put32(frame + WIRE_TAKEN_HELD, 0);
    return link_commit(self, WIRE_HEADER_SIZE + WIRE_TAKEN_FIXED) < 0 ? -1 : link_written(self);
}

static int flush_now(Link *self)
{
    self->flush_expected = 0;
    return self->output ? link_send_out(self) : 0;
}

/* `count` bytes have come: all that is done with them, and what that has made leaves. */
static int received(Link *self, size_t count)
{
    self->now = meter_begin(self->meter);
    self->flush_expected = 1;
    self->handling = 1;
    self->filled += count;
    int result = start_refresh(self);
    if (result == 0 && self->filled >= self->needed) {
        result = take_in(self);
    }
    if (result == 0) {
        result = wait_resume(self, self->direct);
    }
    if (result == 0) {
        result = tell_taken(self);
    }
    self->handling = 0;
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    /* Where there was an exception: nobody waits for ever. */
    int flushed = wait_resume(self, 0);
    if (flush_now(self) < 0) {
        flushed = -1;
    }
    if (result < 0) {
        PyErr_Restore(type, value, trace);
    }
    return result < 0 || flushed < 0 ? -1 : 0;
}

/* One read. 1 where something has come, 0 where there is nothing more, -1 with an exception. */
static int read_some(Link *self)
{
    if (self->fd < 0) {
        return 0;
    }
    ssize_t count = recv(self->fd, self->in + self->filled, READ_SIZE, MSG_DONTWAIT);
    if (count > 0) {
        return received(self, (size_t)count) < 0 ? -1 : 1;
    }
    if (count == 0) {
        return fail(self, PyUnicode_FromString("the front closed a data link"));
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
        return 0;
    }
    return fail(self, PyUnicode_FromFormat("a data link failed: [Errno %d] %s", errno, strerror(errno)));
}

/* ---- for Python */

static PyObject *readable(Link *self, PyObject *unused)
{
    (void)unused;
    if (self->handling) {
        /* The first step of a request has the loop run within (nest_asyncio): what has come waits until that step is over. */
        self->eager = 0;
        self->deferred = 1;
        if (wait_resume(self, 0) < 0) {
            return NULL;
        }
        return call_method((PyObject *)self, names.on_nested, NULL);
    }
    Py_INCREF(self);
    int result = read_some(self);
    if (self->deferred) {
        self->deferred = 0;
        PyObject *type, *value, *trace;
        PyErr_Fetch(&type, &value, &trace);
        if (call_and_forget((PyObject *)self, names.on_unnested, NULL) < 0) {
            result = -1;
        }
        if (type != NULL) {
            PyErr_Restore(type, value, trace);
        }
    }
    Py_DECREF(self);
    if (result < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *read_now(Link *self, PyObject *unused)
{
    (void)unused;
    int result = self->handling ? 0 : read_some(self);
    return result < 0 ? NULL : PyBool_FromLong(result);
}

static PyObject *writable(Link *self, PyObject *unused)
{
    (void)unused;
    if (self->blocked) {
        self->blocked = 0;
        if (link_send_out(self) < 0 || (!self->blocked && call_and_forget((PyObject *)self, names.on_unblocked, NULL) < 0)) {
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

static PyObject *write_(Link *self, PyObject *frame)
{
    PyObject *bytes = PyBytes_CheckExact(frame) ? frame : PyBytes_FromObject(frame);
    if (bytes == NULL) {
        return NULL;
    }
    size_t size = (size_t)PyBytes_Size(bytes);
    int result = -1;
    if (size > COPIED) {
        result = link_put_object(self, bytes);
    } else {
        char *at = link_reserve(self, size);
        if (at != NULL) {
            memcpy(at, PyBytes_AsString(bytes), size);
            result = link_commit(self, size);
        }
    }
    if (bytes != frame) {
        Py_DECREF(bytes);
    }
    if (result < 0 || link_written(self) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *flush(Link *self, PyObject *unused)
{
    (void)unused;
    if (flush_now(self) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *check(Link *self, PyObject *since)
{
    double before = PyFloat_AsDouble(since);
    if (before == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (!self->output) {
        return PyBool_FromLong(0);
    }
    if (self->now < before && link_send_out(self) < 0) {
        return NULL;
    }
    return PyBool_FromLong(1);
}

static PyObject *expect_more(Link *self, PyObject *unused)
{
    (void)unused;
    if (link_expect_more(self) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *start(Link *self, PyObject *coroutine)
{
    return start_task(self, coroutine);
}

/* Serves requests in this way from now on. 0, or -1 with an exception. */
int link_serve_by(Link *self, Serve serve, PyObject *application, PyObject *kind, PyObject *run)
{
    if (!PyType_Check(kind) || !PyType_IsSubtype((PyTypeObject *)kind, exchange_type)) {
        PyErr_SetString(PyExc_TypeError, "the kind of streams must be derived from Exchange");
        return -1;
    }
    self->serve = serve;
    set_field(&self->application, application);
    set_field(&self->run, run);
    set_field(&self->kind, kind);
    return 0;
}

static PyObject *serve_http(Link *self, PyObject *args)
{
    PyObject *application, *scopes, *kind, *run, *parse_connection, *parse_headers, *template, *asgi;
    int tells_start;
    if (!PyArg_ParseTuple(args, "OOO!OOOO!O!p", &application, &scopes, &PyType_Type, &kind, &run, &parse_connection, &parse_headers, &PyDict_Type, &template,
            &PyDict_Type, &asgi, &tells_start)) {
        return NULL;
    }
    if (link_serve_by(self, serve_asgi, application, kind, run) < 0) {
        return NULL;
    }
    blocks_open(&self->connections, parse_connection);
    blocks_open(&self->headers, parse_headers);
    set_field(&self->scopes, scopes);
    set_field(&self->template, template);
    set_field(&self->asgi, asgi);
    self->tells_start = (char)tells_start;
    Py_RETURN_NONE;
}

static PyObject *take_frames(Link *self, PyObject *args)
{
    PyObject *type;
    int frames;
    if (!PyArg_ParseTuple(args, "O!i", &PyType_Type, &type, &frames)) {
        return NULL;
    }
    if (!PyType_IsSubtype((PyTypeObject *)type, exchange_type)) {
        PyErr_SetString(PyExc_TypeError, "streams of this kind have not the fields");
        return NULL;
    }
    for (StreamKind *kind = self->kinds; kind < self->kinds + MOST_KINDS; kind++) {
        if (kind->type == NULL || kind->type == type) {
            kind->frames = frames;
            set_field(&kind->type, type);
            Py_RETURN_NONE;
        }
    }
    PyErr_SetString(PyExc_RuntimeError, "there are too many kinds of streams");
    return NULL;
}

static int init(Link *self, PyObject *args, PyObject *kwargs)
{
    PyObject *loop, *starter, *task_type, *meter, *arm;
    Py_ssize_t request_window, response_window;
    if (kwargs != NULL && PyDict_Size(kwargs) > 0) {
        PyErr_SetString(PyExc_TypeError, "no keyword arguments are taken");
        return -1;
    }
    if (!PyArg_ParseTuple(args, "OOOO!Onn", &loop, &starter, &task_type, meter_type, &meter, &arm, &request_window, &response_window)) {
        return -1;
    }
    if (self->in != NULL) {
        PyErr_SetString(PyExc_RuntimeError, "a link is initialised once");
        return -1;
    }
    self->streams = PyDict_New();
    self->unfinished = PyDict_New();
    self->take = start_make_take(self);
    self->in = malloc(BUFFER_SIZE);
    if (self->in == NULL) {
        PyErr_NoMemory();
    }
    if (self->streams == NULL || self->unfinished == NULL || self->take == NULL || self->in == NULL) {
        return -1;
    }
    self->loop_attributes = PyObject_HasAttrString(loop, "__dict__") ? PyObject_GetAttrString(loop, "__dict__") : NULL;
    if (self->loop_attributes != NULL && !PyDict_Check(self->loop_attributes)) {
        Py_CLEAR(self->loop_attributes);
    }
    set_field(&self->loop, loop);
    set_field(&self->starter, starter);
    set_field(&self->task_type, task_type);
    set_field((PyObject **)&self->meter, meter);
    set_field(&self->arm, arm);
    self->request_window = request_window;
    self->response_window = response_window;
    self->needed = WIRE_HEADER_SIZE;
    self->fd = -1;
    self->eager = 1;
    return 0;
}

#define EACH_REFERENCE(DO) \
    DO(self->loop); DO(self->loop_attributes); DO(self->streams); DO(self->unfinished); DO(self->latest); DO(self->task_type); DO(self->starter); \
    DO(self->start); DO(self->take); DO(self->step); DO(self->context); DO(self->arm); DO(self->meter); DO(self->application); DO(self->scopes); \
    DO(self->kind); DO(self->run); DO(self->template); DO(self->asgi); DO(self->state); DO(self->connections.make); DO(self->headers.make); \
    DO(self->woken); DO(self->kinds[0].type); DO(self->kinds[1].type); DO(self->kinds[2].type); DO(self->kinds[3].type)

static int traverse(Link *self, visitproc visit, void *arg)
{
    if (python_version >= 0x0309) {
        Py_VISIT(Py_TYPE(self));
    }
    EACH_REFERENCE(Py_VISIT);
    return 0;
}

static int clear(Link *self)
{
    EACH_REFERENCE(Py_CLEAR);
    return 0;
}

static void dealloc(Link *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    clear(self);
    memory_clear(&self->connections.memory);
    memory_clear(&self->headers.memory);
    link_free_output(self);
    free(self->in);
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"serve_http", (PyCFunction)serve_http, METH_VARARGS,
        "Serves HTTP requests by itself from now on. Of: the application, the builder of its scopes, the kind of stream, that kind's run(), what makes "
        "(scheme, version, client, server, extensions) or None of a connection block, what makes the pairs or None of a header block, a scope, its entry "
        "\"asgi\", and whether a request that has waited is told when it came."},
    {"take_frames", (PyCFunction)take_frames, METH_VARARGS, "Takes frames of this kind of stream by itself from now on: which ones say the bits TAKES_*."},
    {"readable", (PyCFunction)readable, METH_NOARGS, "The socket has something to read: reads and handles it."},
    {"read_now", (PyCFunction)read_now, METH_NOARGS, "Reads and handles what is there. Says whether there was something."},
    {"writable", (PyCFunction)writable, METH_NOARGS, "The socket takes more: sends what has waited."},
    {"write", (PyCFunction)write_, METH_O, "Adds a frame, or a part of one, to what leaves next."},
    {"flush", (PyCFunction)flush, METH_NOARGS, "Sends what was gathered."},
    {"check", (PyCFunction)check, METH_O, "For the watch: sends what has waited since before that time. Says whether something waits."},
    {"expect_more", (PyCFunction)expect_more, METH_NOARGS, "A response is complete, and its application may go on."},
    {"_start", (PyCFunction)start, METH_O, "Starts a task, and takes its first step where that fits the loop. Returns it."},
    {0},
};

static PyMemberDef members[] = {
    {"fd", T_INT, offsetof(Link, fd), 0, "The socket's descriptor; -1 where there is none."},
    {"streams", T_OBJECT_EX, offsetof(Link, streams), READONLY, NULL},
    {"unfinished", T_OBJECT_EX, offsetof(Link, unfinished), READONLY, NULL},
    {"loop", T_OBJECT_EX, offsetof(Link, loop), READONLY, NULL},
    {"request_window", T_PYSSIZET, offsetof(Link, request_window), READONLY, NULL},
    {"response_window", T_PYSSIZET, offsetof(Link, response_window), READONLY, NULL},
    {"draining", T_BOOL, offsetof(Link, draining), 0, NULL},
    {"_closed", T_BOOL, offsetof(Link, closed), 0, NULL},
    {"_latest", T_OBJECT, offsetof(Link, latest), 0, NULL},
    {"_now", T_DOUBLE, offsetof(Link, now), 0, NULL},
    {"_deferred", T_BOOL, offsetof(Link, deferred), READONLY, NULL},
    {"_meter", T_OBJECT_EX, offsetof(Link, meter), READONLY, NULL},
    {0},
};

static PyObject *get_unsent(Link *self, void *unused)
{
    (void)unused;
    return PyLong_FromSize_t(self->output);
}

static PyGetSetDef properties[] = {
    {"unsent", (getter)get_unsent, NULL, "Bytes that are to be sent.", NULL},
    {0},
};

PyTypeObject *link_make_type(void)
{
    PyType_Slot slots[] = {
        {Py_tp_init, init},
        {Py_tp_dealloc, dealloc},
        {Py_tp_traverse, traverse},
        {Py_tp_clear, clear},
        {Py_tp_methods, methods},
        {Py_tp_members, members},
        {Py_tp_getset, properties},
        {Py_tp_doc, "What eventloop/link.py and eventloop/transports.py do for each batch and each request. See eventloop/nativelink.py."},
        {0},
    };
    PyType_Spec spec = {"hydra_worker._speedups.Link", sizeof(Link), 0, TYPE_FLAGS | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
    return (PyTypeObject *)PyType_FromSpec(&spec);
}
