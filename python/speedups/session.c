/* A session: messages as DATA frames carry them, and receive() and send() of ASGI's WebSockets. */
#include "speedups.h"

/* What has been taken of the messages is given back to the front: SessionFrames._owe(). */
static int owe(Exchange *self, Link *link, Py_ssize_t cost)
{
    self->owed += cost;
    if (self->gone || !is_none(self->code) || self->owed * 2 < link->request_window) {
        return 0;
    }
    return grant(self, link);
}

/* New: text, or bytes. */
static PyObject *message_of(int flags, const char *data, size_t size)
{
    if (!(flags & WIRE_FLAG_TEXT)) {
        return bytes_of(data, size);
    }
    PyObject *text = PyUnicode_DecodeUTF8(data, (Py_ssize_t)size, NULL);
    if (text == NULL && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) {
        PyErr_SetString(names.wire_error, "a DATA frame has text that is not UTF-8");
    }
    return text;
}

/* New: the message whose last part this is. */
static PyObject *whole_of(Exchange *self, int flags, const char *data, size_t size)
{
    if (PyList_Size(self->parts) == 0) {
        return message_of(flags, data, size);
    }
    PyObject *last = bytes_of(data, size);
    PyObject *whole = last == NULL || PyList_Append(self->parts, last) < 0 ? NULL : join(names.empty_bytes, self->parts);
    Py_XDECREF(last);
    if (whole == NULL || PyList_SetSlice(self->parts, 0, PyList_Size(self->parts), NULL) < 0) {
        Py_XDECREF(whole);
        return NULL;
    }
    if (flags & WIRE_FLAG_TEXT) {
        PyObject *bytes = whole;
        whole = message_of(flags, PyBytes_AsString(bytes), (size_t)PyBytes_Size(bytes));
        Py_DECREF(bytes);
    }
    return whole;
}

static int keep_message(Exchange *self, PyObject *message, Py_ssize_t cost)
{
    PyObject *entry = PyTuple_New(2), *number = PyLong_FromSsize_t(cost);
    if (entry == NULL || number == NULL) {
        Py_XDECREF(entry);
        Py_XDECREF(number);
        return -1;
    }
    Py_INCREF(message);
    PyTuple_SetItem(entry, 0, message);
    PyTuple_SetItem(entry, 1, number);
    int result = call_and_forget(self->messages, names.append, entry);
    Py_DECREF(entry);
    return result;
}

/* A DATA frame: LoopSession.on_data(), for one that keeps the rules. */
int session_take(Exchange *self, Link *link, int flags, const char *data, size_t size)
{
    Py_ssize_t cost = (Py_ssize_t)size + WIRE_DATA_COST;
    if ((flags & ~WIRE_DATA_FLAGS) || cost > self->window || self->messages == NULL || self->parts == NULL || !PyList_CheckExact(self->parts)) {
        return LOOK;
    }
    if (flags & WIRE_FLAG_MORE) {
        PyObject *part = bytes_of(data, size);
        int added = part == NULL ? -1 : PyList_Append(self->parts, part);
        Py_XDECREF(part);
        self->window -= cost;
        return added < 0 || owe(self, link, cost) < 0 ? FAIL : DONE;
    }
    self->window -= cost;
    PyObject *message = whole_of(self, flags, data, size);
    int result = message == NULL ? -1 : keep_message(self, message, cost);
    Py_XDECREF(message);
    return result < 0 || wait_wake(self, link) < 0 ? FAIL : DONE;
}

/* The next of the messages that are here: LoopSession.take_message(). */
static PyObject *take_message(Exchange *self, Link *link)
{
    PyObject *entry = call_method(self->messages, names.popleft, NULL);
    if (entry == NULL) {
        return NULL;
    }
    self->received++;
    PyObject *message = PyTuple_GetItem(entry, 0);
    Py_ssize_t cost = message == NULL ? -1 : PyLong_AsSsize_t(PyTuple_GetItem(entry, 1));
    if (message == NULL || (cost == -1 && PyErr_Occurred()) || owe(self, link, cost) < 0) {
        Py_DECREF(entry);
        return NULL;
    }
    Py_INCREF(message);
    Py_DECREF(entry);
    return message;
}

/* receive(): the client is there, and messages that are here. */
static int receive_message(Exchange *self, PyObject *unused, PyObject **result)
{
    (void)unused;
    if (self->messages == NULL || !link_is(self->link)) {
        return LOOK;
    }
    if (!self->connected) {
        self->connected = 1;
        *result = PyDict_Copy(names.websocket_connect);
        return *result == NULL ? FAIL : DONE;
    }
    Py_ssize_t count = PyObject_Size(self->messages);
    if (count < 0) {
        return FAIL;
    }
    if (count == 0) {
        return !is_none(self->code) || self->phase == PHASE_DONE ? LOOK : WAIT;
    }
    PyObject *data = take_message(self, (Link *)self->link);
    PyObject *message = data == NULL ? NULL : PyDict_Copy(names.websocket_receive);
    if (message != NULL && PyDict_SetItem(message, PyUnicode_CheckExact(data) ? names.text : names.bytes, data) < 0) {
        Py_CLEAR(message);
    }
    Py_XDECREF(data);
    *result = message;
    return message == NULL ? FAIL : DONE;
}

/* A message that fits its frame and the credit: LoopSession.send_now(). The bytes are those of the object. */
static int put_message(Exchange *self, Link *link, int flags, PyObject *owner, const char *data, size_t size)
{
    Py_ssize_t cost = (Py_ssize_t)size + WIRE_DATA_COST;
    if (size > WIRE_MAX_BODY || cost > self->credit) {
        return LOOK;
    }
    size_t copied = size <= COPIED ? size : 0;
    char *frame = link_reserve(link, WIRE_HEADER_SIZE + copied);
    if (frame == NULL) {
        return FAIL;
    }
    self->credit -= cost;
    put_header(frame, size, WIRE_DATA, flags, self->id);
    memcpy(frame + WIRE_HEADER_SIZE, data, copied);
    if (link_commit(link, WIRE_HEADER_SIZE + copied) < 0 || (copied < size && link_put_part(link, owner, data, size) < 0)) {
        return FAIL;
    }
    return link_written(link) < 0 ? FAIL : DONE;
}

/* The UTF-8 of a text is kept by it where all of it is ASCII; that of others is made for this once. */
static int put_text(Exchange *self, Link *link, PyObject *text)
{
    PyObject *ascii = call_method(text, names.isascii, NULL);
    if (ascii == NULL) {
        return FAIL;
    }
    Py_DECREF(ascii);
    if (ascii == Py_True && as_utf8 != NULL) {
        Py_ssize_t size;
        const char *data = as_utf8(text, &size);
        return data == NULL ? FAIL : put_message(self, link, WIRE_FLAG_TEXT, text, data, (size_t)size);
    }
    PyObject *bytes = PyUnicode_AsUTF8String(text);
    if (bytes == NULL) {
        /* Half of a pair of surrogates: Python says so. */
        PyErr_Clear();
        return LOOK;
    }
    int result = put_message(self, link, WIRE_FLAG_TEXT, bytes, PyBytes_AsString(bytes), (size_t)PyBytes_Size(bytes));
    Py_DECREF(bytes);
    return result;
}

/* send(): a message to a client that is there. */
static int send_message(Exchange *self, PyObject *message, PyObject **result)
{
    (void)result;
    if (!self->accepted || !is_none(self->code) || self->sending || !PyDict_CheckExact(message) || !link_is(self->link)) {
        return LOOK;
    }
    PyObject *type = PyDict_GetItemWithError(message, names.type);
    if (type == NULL || !is_text(type, names.websocket_send)) {
        return LOOK;
    }
    Link *link = (Link *)self->link;
    PyObject *bytes = PyDict_GetItemWithError(message, names.bytes);
    if (!is_none(bytes)) {
        return !PyBytes_CheckExact(bytes) ? LOOK : put_message(self, link, 0, bytes, PyBytes_AsString(bytes), (size_t)PyBytes_Size(bytes));
    }
    PyObject *text = PyErr_Occurred() ? NULL : PyDict_GetItemWithError(message, names.text);
    return text == NULL || !PyUnicode_CheckExact(text) ? LOOK : put_text(self, link, text);
}

static const CallKind receives = {receive_message, &names.receive_slowly, "receive", "WebSocketStream.receive", 0};
static const CallKind sends = {send_message, &names.send_slowly, "send", "WebSocketStream.send", 1};

PyObject *session_receive(Exchange *self, void *unused)
{
    (void)unused;
    return method_new(self, &receives);
}

PyObject *session_send(Exchange *self, void *unused)
{
    (void)unused;
    return method_new(self, &sends);
}
