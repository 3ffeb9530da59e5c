/* One request with its response: the fields that streams.py and exchange.py name, and send() for what most responses are. */
#include "speedups.h"

PyTypeObject *exchange_type;

/* Head and headers of a response that are made here; longer ones are Python's. */
#define MOST_HEAD 8192

/* New: one of this kind, as Stream.__init__() leaves it. */
Exchange *exchange_open(PyObject *kind, PyObject *link, const RequestFrame *frame, PyObject *key, double now, Py_ssize_t request_window,
    Py_ssize_t response_window)
{
    Exchange *self = (Exchange *)PyType_GenericAlloc((PyTypeObject *)kind, 0);
    if (self == NULL) {
        return NULL;
    }
    self->body = bytes_of(frame->body, frame->body_size);
    if (self->body == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    set_field(&self->link, link);
    set_field(&self->key, key);
    self->remaining = -1;
    self->id = frame->id;
    self->started = now;
    self->body_ended = frame->flags & WIRE_FLAG_END;
    self->expects = frame->flags & WIRE_FLAG_EXPECT_CONTINUE;
    self->window = self->expects ? 0 : request_window;
    self->credit = response_window;
    return self;
}

int is_text(PyObject *value, PyObject *text)
{
    return value == text || (PyUnicode_CheckExact(value) && PyUnicode_Compare(value, text) == 0);
}

/* The stream is complete: LoopExchange._complete(). */
int exchange_complete(Exchange *self, Link *link)
{
    self->phase = PHASE_DONE;
    PyObject *key = self->key;
    if (key == NULL && (key = self->key = PyLong_FromUnsignedLongLong(self->id)) == NULL) {
        return -1;
    }
    if (PyDict_DelItem(link->streams, key) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_KeyError)) {
            return -1;
        }
        PyErr_Clear();
    }
    if (link_expect_more(link) < 0) {
        return -1;
    }
    return is_none(self->waiting) ? 0 : call_and_forget((PyObject *)self, names.wake, NULL);
}

/* http.response.start. */
static int start(Exchange *self, Link *link, PyObject *message)
{
    if (self->phase != PHASE_IDLE || PyDict_GetItemWithError(message, names.trailers) != NULL) {
        return 0;
    }
    PyObject *status = PyDict_GetItemWithError(message, names.status);
    if (status == NULL || !PyLong_CheckExact(status)) {
        return 0;
    }
    int overflow;
    long code = PyLong_AsLongAndOverflow(status, &overflow);
    if (overflow || code < 200 || code > 999 || code == 204 || code == 205 || code == 304) {
        return 0;
    }
    PyObject *headers = PyDict_GetItemWithError(message, names.headers);
    char block[MOST_HEAD];
    size_t used;
    long long length;
    if (!head_encode(headers == NULL ? names.no_headers : headers, block, sizeof block, &used, &length)) {
        return 0;
    }
    PyObject *head = PyBytes_FromStringAndSize(block, (Py_ssize_t)used);
    if (head == NULL) {
        return -1;
    }
    PyObject *before = self->head;
    self->head = head;
    Py_XDECREF(before);
    self->status = (int)code;
    self->remaining = length;
    self->phase = PHASE_HELD;
    if (PyDict_Size(link->unfinished) > 0) {
        /* Not its first step: nobody looks after that. */
        int known = PyDict_Contains(link->unfinished, (PyObject *)self);
        if (known < 0) {
            return -1;
        }
        if (known && call_and_forget((PyObject *)link, names.hold_head, (PyObject *)self) < 0) {
            return -1;
        }
    }
    return 1;
}

/* A frame of the response's body, or its head with something of the body. */
static int put_frame(Exchange *self, Link *link, int flags, PyObject *body, size_t from, size_t size)
{
    int is_head = self->phase == PHASE_HELD;
    size_t head_size = is_head ? WIRE_RESPONSE_FIXED + (size_t)PyBytes_Size(self->head) : 0;
    size_t copied = size <= COPIED ? size : 0;
    char *frame = link_reserve(link, WIRE_HEADER_SIZE + head_size + copied);
    if (frame == NULL) {
        return -1;
    }
    char *at = frame + WIRE_HEADER_SIZE;
    put_header(frame, head_size + size, is_head ? WIRE_RESPONSE : WIRE_BODY, flags, self->id);
    if (is_head) {
        size_t length = head_size - WIRE_RESPONSE_FIXED;
        wire_put16(at + WIRE_RESPONSE_STATUS, (uint16_t)self->status);
        wire_put32(at + WIRE_RESPONSE_HEADERS_SIZE, (uint32_t)length);
        wire_put32(at + WIRE_RESPONSE_BODY_SIZE, (uint32_t)size);
        at += WIRE_RESPONSE_FIXED;
        memcpy(at, PyBytes_AsString(self->head), length);
        at += length;
    } else {
        self->credit -= (Py_ssize_t)size;
    }
    const char *data = PyBytes_AsString(body) + from;
    memcpy(at, data, copied);
    if (link_commit(link, WIRE_HEADER_SIZE + head_size + copied) < 0) {
        return -1;
    }
    return copied < size ? link_put_part(link, body, data, size) : 0;
}

/* http.response.body. */
static int send_body(Exchange *self, Link *link, PyObject *message)
{
    if ((self->phase != PHASE_HELD && self->phase != PHASE_SENT) || self->bodiless || !is_none(self->trailers)) {
        return 0;
    }
    PyObject *body = PyDict_GetItemWithError(message, names.body);
    PyObject *further = PyDict_GetItemWithError(message, names.more_body);
    if (body == NULL) {
        body = names.empty_bytes;
    }
    if (!PyBytes_CheckExact(body) || (further != NULL && further != Py_False && further != Py_True)) {
        return 0;
    }
    int more = further == Py_True;
    size_t size = (size_t)PyBytes_Size(body);
    int is_head = self->phase == PHASE_HELD;
    /* What comes with the head costs no credit. */
    size_t with_head = !is_head ? 0 : size < WIRE_MAX_BODY ? size : WIRE_MAX_BODY;
    if (size > with_head && (self->credit < 0 || size - with_head > (size_t)self->credit)) {
        return LOOK;
    }
    if (self->remaining >= 0 && ((long long)size > self->remaining || (!more && (long long)size < self->remaining))) {
        return LOOK;
    }
    if (!is_head && more && !size) {
        return DONE;
    }
    size_t at = 0;
    do {
        size_t part = size - at < WIRE_MAX_BODY ? size - at : WIRE_MAX_BODY;
        int flags = at + part < size ? WIRE_FLAG_MORE : more ? 0 : WIRE_FLAG_END;
        if (put_frame(self, link, flags, body, at, part) < 0) {
            return FAIL;
        }
        at += part;
        if (more || at < size) {
            self->phase = PHASE_SENT;
        }
    } while (at < size);
    if (self->remaining >= 0) {
        self->remaining -= (long long)size;
    }
    if (link_written(link) < 0) {
        return FAIL;
    }
    return more || exchange_complete(self, link) == 0 ? DONE : FAIL;
}

/* send() for a head, or a piece of a body that there is room for. */
int exchange_send(Exchange *self, PyObject *message, PyObject **result)
{
    (void)result;
    if (self->gone || self->sending || !PyDict_CheckExact(message) || !link_is(self->link)) {
        return 0;
    }
    PyObject *type = PyDict_GetItemWithError(message, names.type);
    if (type == NULL) {
        return 0;
    }
    Link *link = (Link *)self->link;
    if (is_text(type, names.response_body)) {
        return send_body(self, link, message);
    }
    return is_text(type, names.response_start) ? start(self, link, message) : 0;
}

static const CallKind receives = {body_receive, &names.receive_slowly, "receive", "HttpStream.receive", 0};
static const CallKind sends = {exchange_send, &names.send_slowly, "send", "HttpStream.send", 1};

static PyObject *receive(Exchange *self, void *unused)
{
    (void)unused;
    return method_new(self, &receives);
}

static PyObject *send(Exchange *self, void *unused)
{
    (void)unused;
    return method_new(self, &sends);
}

/* The application has returned: whether its response is complete, and nothing is left to do at the end of its task. */
static PyObject *is_through(Exchange *self, PyObject *unused)
{
    (void)unused;
    if (self->phase != PHASE_DONE || !link_is(self->link)) {
        return PyBool_FromLong(0);
    }
    Link *link = (Link *)self->link;
    /* A link is closed in a child that the application has forked: what that does is Python's to say. */
    int known = PyDict_Size(link->unfinished) > 0 ? PyDict_Contains(link->unfinished, (PyObject *)self) : 0;
    if (known < 0) {
        return NULL;
    }
    self->through = !known && !link->closed;
    return PyBool_FromLong(self->through);
}

static PyObject *get_remaining(Exchange *self, void *unused)
{
    (void)unused;
    if (self->remaining < 0) {
        Py_RETURN_NONE;
    }
    return PyLong_FromLongLong(self->remaining);
}

static int set_remaining(Exchange *self, PyObject *value, void *unused)
{
    (void)unused;
    if (value == NULL) {
        PyErr_SetString(PyExc_AttributeError, "remaining cannot be deleted");
        return -1;
    }
    if (value == Py_None) {
        self->remaining = -1;
        return 0;
    }
    int overflow;
    long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (number == -1 && PyErr_Occurred()) {
        return -1;
    }
    /* No body comes to an end that is longer than what fits. */
    self->remaining = overflow > 0 ? INT64_MAX : number;
    return 0;
}

static PyObject *get_facts(Exchange *self, void *unused)
{
    (void)unused;
    if (self->facts == NULL) {
        PyErr_SetString(PyExc_AttributeError, "facts");
        return NULL;
    }
    return facts_tuple(self->facts);
}

static int set_facts(Exchange *self, PyObject *value, void *unused)
{
    (void)unused;
    set_field(&self->facts, value);
    return 0;
}

static int traverse(Exchange *self, visitproc visit, void *arg)
{
    if (python_version >= 0x0309) {
        Py_VISIT(Py_TYPE(self));
    }
    Py_VISIT(self->link);
    Py_VISIT(self->body);
    Py_VISIT(self->chunks);
    Py_VISIT(self->waiting);
    Py_VISIT(self->head);
    Py_VISIT(self->violation);
    Py_VISIT(self->rest);
    Py_VISIT(self->opened);
    Py_VISIT(self->trailers);
    Py_VISIT(self->facts);
    Py_VISIT(self->messages);
    Py_VISIT(self->parts);
    Py_VISIT(self->code);
    Py_VISIT(self->reason);
    return 0;
}

static int clear(Exchange *self)
{
    Py_CLEAR(self->link);
    Py_CLEAR(self->key);
    Py_CLEAR(self->body);
    Py_CLEAR(self->chunks);
    Py_CLEAR(self->waiting);
    Py_CLEAR(self->head);
    Py_CLEAR(self->violation);
    Py_CLEAR(self->rest);
    Py_CLEAR(self->opened);
    Py_CLEAR(self->trailers);
    Py_CLEAR(self->facts);
    Py_CLEAR(self->messages);
    Py_CLEAR(self->parts);
    Py_CLEAR(self->code);
    Py_CLEAR(self->reason);
    return 0;
}

static void dealloc(Exchange *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    clear(self);
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"is_through", (PyCFunction)is_through, METH_NOARGS, "Whether there is nothing to do at the end of the stream's task; see fields.py."},
    {0},
};

static PyMemberDef members[] = {
    {"link", T_OBJECT_EX, offsetof(Exchange, link), 0, NULL},
    {"id", T_ULONGLONG, offsetof(Exchange, id), 0, NULL},
    {"started", T_DOUBLE, offsetof(Exchange, started), 0, NULL},
    {"body", T_OBJECT, offsetof(Exchange, body), 0, NULL},
    {"chunks", T_OBJECT, offsetof(Exchange, chunks), 0, NULL},
    {"body_ended", T_INT, offsetof(Exchange, body_ended), 0, NULL},
    {"window", T_PYSSIZET, offsetof(Exchange, window), 0, NULL},
    {"owed", T_PYSSIZET, offsetof(Exchange, owed), 0, NULL},
    {"expects", T_INT, offsetof(Exchange, expects), 0, NULL},
    {"credit", T_PYSSIZET, offsetof(Exchange, credit), 0, NULL},
    {"gone", T_BOOL, offsetof(Exchange, gone), 0, NULL},
    {"finished", T_BOOL, offsetof(Exchange, finished), 0, NULL},
    {"waiting", T_OBJECT, offsetof(Exchange, waiting), 0, NULL},
    {"body_taken", T_BOOL, offsetof(Exchange, body_taken), 0, NULL},
    {"unseen", T_INT, offsetof(Exchange, unseen), 0, NULL},
    {"phase", T_INT, offsetof(Exchange, phase), 0, NULL},
    {"status", T_INT, offsetof(Exchange, status), 0, NULL},
    {"head", T_OBJECT_EX, offsetof(Exchange, head), 0, NULL},
    {"bodiless", T_BOOL, offsetof(Exchange, bodiless), 0, NULL},
    {"violation", T_OBJECT, offsetof(Exchange, violation), 0, NULL},
    {"overrun", T_BOOL, offsetof(Exchange, overrun), 0, NULL},
    {"sending", T_BOOL, offsetof(Exchange, sending), 0, NULL},
    {"rest", T_OBJECT, offsetof(Exchange, rest), 0, NULL},
    {"queued", T_UINT, offsetof(Exchange, queued), 0, NULL},
    {"trailers", T_OBJECT, offsetof(Exchange, trailers), 0, NULL},
    {"opened", T_OBJECT, offsetof(Exchange, opened), 0, NULL},
    {"messages", T_OBJECT_EX, offsetof(Exchange, messages), 0, NULL},
    {"parts", T_OBJECT_EX, offsetof(Exchange, parts), 0, NULL},
    {"code", T_OBJECT, offsetof(Exchange, code), 0, NULL},
    {"reason", T_OBJECT, offsetof(Exchange, reason), 0, NULL},
    {"accepted", T_BOOL, offsetof(Exchange, accepted), 0, NULL},
    {"closed", T_BOOL, offsetof(Exchange, closed), 0, NULL},
    {"received", T_ULONGLONG, offsetof(Exchange, received), 0, NULL},
    {"connected", T_BOOL, offsetof(Exchange, connected), 0, NULL},
    {0},
};

static PyGetSetDef properties[] = {
    {"remaining", (getter)get_remaining, (setter)set_remaining, NULL, NULL},
    {"facts", (getter)get_facts, (setter)set_facts, NULL, NULL},
    {"receive", (getter)receive, NULL, "ASGI's receive().", NULL},
    {"send", (getter)send, NULL, "ASGI's send().", NULL},
    {"receive_message", (getter)session_receive, NULL, "ASGI's receive() of a WebSocket.", NULL},
    {"send_message", (getter)session_send, NULL, "ASGI's send() of a WebSocket.", NULL},
    {0},
};

PyTypeObject *exchange_make_type(void)
{
    PyType_Slot slots[] = {
        {Py_tp_dealloc, dealloc},
        {Py_tp_traverse, traverse},
        {Py_tp_clear, clear},
        {Py_tp_methods, methods},
        {Py_tp_members, members},
        {Py_tp_getset, properties},
        {Py_tp_doc, "The fields of a request's stream, with receive() and send() of ASGI."},
        {0},
    };
    PyType_Spec spec = {
        "hydra_worker._speedups.Exchange", sizeof(Exchange), 0, TYPE_FLAGS | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots,
    };
    return (PyTypeObject *)PyType_FromSpec(&spec);
}
