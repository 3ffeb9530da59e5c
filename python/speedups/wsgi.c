/* What the engine of WSGI takes from here: frames, the environ, the header block of a response, and its frame. */
#include "speedups.h"

/* Header blocks that are made here; longer ones are Python's. */
#define MOST_HEAD 8192

/* ---- frames */

static PyObject *malformed(const char *what)
{
    PyErr_SetString(names.wire_error, what);
    return NULL;
}

/* A new stream, as on_request() in wsgi/link.py makes it. */
static Exchange *open_stream(PyObject *kind, PyObject *link, const RequestFrame *frame, PyObject *key, double now, Py_ssize_t request_window,
    Py_ssize_t response_window)
{
    Exchange *self = exchange_open(kind, link, frame, key, now, request_window, response_window);
    if (self == NULL) {
        return NULL;
    }
    self->queued = frame->queued;
    PyObject *parts[REQUEST_PARTS];
    request_parts(frame, parts);
    self->head = Py_BuildValue("(NNNNN)", parts[0], parts[1], parts[2], parts[3], parts[4]);
    if (self->head == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    return self;
}

/*
 * take_apart(data, link, streams, kind, ready, now, request window, response window): handles all complete frames; returns how many bytes
 * they took. Requests become streams of this kind, in `streams` and at the end of `ready`, and frames of other kinds go to link._on_other().
 * Where `ready` is None link.on_request() is asked. Raises WireError.
 */
static PyObject *take_apart(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *data, *link, *streams, *kind, *ready;
    double now;
    Py_ssize_t request_window, response_window;
    if (!PyArg_ParseTuple(args, "SOO!O!Odnn", &data, &link, &PyDict_Type, &streams, &PyType_Type, &kind, &ready, &now, &request_window, &response_window)) {
        return NULL;
    }
    if (!PyType_IsSubtype((PyTypeObject *)kind, exchange_type)) {
        PyErr_SetString(PyExc_TypeError, "the kind of streams must be derived from Exchange");
        return NULL;
    }
    const char *start = PyBytes_AsString(data);
    size_t total = (size_t)PyBytes_Size(data), at = 0;
    while (total - at >= WIRE_HEADER_SIZE) {
        const char *frame = start + at;
        size_t size = wire_get32(frame);
        if (size > WIRE_MAX_PAYLOAD || wire_get16(frame + 6)) {
            return malformed("a frame header is malformed");
        }
        if (total - at < WIRE_HEADER_SIZE + size) {
            break;
        }
        at += WIRE_HEADER_SIZE + size;
        int type = (unsigned char)frame[4], flags = (unsigned char)frame[5];
        PyObject *key = PyLong_FromUnsignedLongLong(wire_get64(frame + 8));
        if (key == NULL) {
            return NULL;
        }
        PyObject *done = NULL;
        if (type != WIRE_REQUEST) {
            PyObject *payload = bytes_of(frame + WIRE_HEADER_SIZE, size);
            done = payload == NULL ? NULL : PyObject_CallMethod(link, "_on_other", "iNiO", type, payload, flags, key);
        } else {
            RequestFrame request;
            int known = PyDict_Contains(streams, key);
            if (size < WIRE_REQUEST_FIXED) {
                malformed("a frame header is malformed");
            } else if (!request_parse(&request, wire_get64(frame + 8), flags, frame + WIRE_HEADER_SIZE, size) || known > 0) {
                malformed("a REQUEST is malformed, or for a stream that is open");
            } else if (known == 0 && ready == Py_None) {
                done = PyObject_CallMethod(link, "on_request", "OiNNNNNNI", key, flags, bytes_of(request.method, request.method_size),
                    bytes_of(request.path, request.path_size), bytes_of(request.query, request.query_size),
                    bytes_of(request.connection, request.connection_size), bytes_of(request.headers, request.headers_size),
                    bytes_of(request.body, request.body_size), (unsigned)request.queued);
            } else if (known == 0) {
                PyObject *stream = (PyObject *)open_stream(kind, link, &request, key, now, request_window, response_window);
                if (stream != NULL && PyDict_SetItem(streams, key, stream) == 0) {
                    done = call_method(ready, names.append, stream);
                }
                Py_XDECREF(stream);
            }
        }
        Py_DECREF(key);
        if (done == NULL) {
            return NULL;
        }
        Py_DECREF(done);
    }
    return PyLong_FromSize_t(at);
}

/* ---- the environ */

static PyObject *latin(PyObject *bytes)
{
    return PyUnicode_DecodeLatin1(PyBytes_AsString(bytes), PyBytes_Size(bytes), NULL);
}

/*
 * fill_environ(connection, headers, method, path, query, input): a fresh environ of what EnvironBuilder remembers of these two blocks, and of
 * the request's own; or None where the path is to be decoded or shortened, which is Python's.
 */
static PyObject *fill_environ(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    (void)module;
    if (count != 6 || !PyDict_Check(arguments[0]) || !PyDict_Check(arguments[1]) || !PyBytes_Check(arguments[2]) || !PyBytes_Check(arguments[3])
        || !PyBytes_Check(arguments[4])) {
        PyErr_SetString(PyExc_TypeError, "two dictionaries, three byte strings and the input are needed");
        return NULL;
    }
    PyObject *path = arguments[3], *query = arguments[4];
    const char *text = PyBytes_AsString(path);
    size_t size = (size_t)PyBytes_Size(path);
    PyObject *root = PyDict_GetItemWithError(arguments[0], names.script_name);
    if (root == NULL || PyUnicode_GetLength(root) != 0 || memchr(text, '%', size) != NULL || (size == 1 && text[0] == '*')) {
        if (PyErr_Occurred()) {
            return NULL;
        }
        Py_RETURN_NONE;
    }
    PyObject *environ = PyDict_Copy(arguments[0]), *target = latin(path), *asked = latin(query), *uri = NULL;
    if (target != NULL && asked != NULL) {
        if (PyBytes_Size(query) == 0) {
            Py_INCREF(target);
            uri = target;
        } else {
            uri = PyUnicode_FromFormat("%U?%U", target, asked);
        }
    }
    if (environ == NULL || uri == NULL || PyDict_Update(environ, arguments[1]) < 0
        || put_item(environ, names.request_method, latin(arguments[2])) < 0 || PyDict_SetItem(environ, names.query_string_variable, asked) < 0
        || PyDict_SetItem(environ, names.raw_uri, uri) < 0 || PyDict_SetItem(environ, names.request_uri, uri) < 0
        || PyDict_SetItem(environ, names.path_info, target) < 0 || PyDict_SetItem(environ, names.wsgi_input, arguments[5]) < 0) {
        Py_CLEAR(environ);
    }
    Py_XDECREF(target);
    Py_XDECREF(asked);
    Py_XDECREF(uri);
    return environ;
}

/* ---- the response */

static const struct {
    size_t size;
    const char *name;
} special[] = {
    {10, "connection"}, {10, "keep-alive"}, {18, "proxy-authenticate"}, {19, "proxy-authorization"}, {2, "te"}, {8, "trailers"},
    {17, "transfer-encoding"}, {7, "upgrade"},
};

static int is_special(const char *name, size_t size)
{
    for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
        if (size == special[i].size && head_is_name(name, size, special[i].name)) {
            return 1;
        }
    }
    return 0;
}

/*
 * encode_head(headers): the header block and its Content-Length or None, as encode() of wsgi/heads.py makes them for a status with which a
 * body may come; or None where Python is to look at them.
 */
static PyObject *encode_head(PyObject *module, PyObject *headers)
{
    (void)module;
    if (!PyList_CheckExact(headers)) {
        Py_RETURN_NONE;
    }
    char block[MOST_HEAD];
    size_t at = 0;
    long long length = -1;
    Py_ssize_t count = PyList_Size(headers);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *pair = PyList_GetItem(headers, i);
        size_t name_size, value_size;
        const char *name, *value;
        if (!PyTuple_CheckExact(pair) || PyTuple_Size(pair) != 2 || (name = head_ascii(PyTuple_GetItem(pair, 0), &name_size)) == NULL
            || (value = head_ascii(PyTuple_GetItem(pair, 1), &value_size)) == NULL || is_special(name, name_size)
            || !head_put(block, sizeof block, &at, name, name_size, value, value_size, &length)) {
            Py_RETURN_NONE;
        }
    }
    if (length < 0) {
        return Py_BuildValue("(y#O)", block, (Py_ssize_t)at, Py_None);
    }
    return Py_BuildValue("(y#L)", block, (Py_ssize_t)at, length);
}

/* response_frame(stream, flags, status, head, body), as frames.py has it. */
static PyObject *response_frame(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    (void)module;
    if (count != 5 || !PyBytes_Check(arguments[3])) {
        PyErr_SetString(PyExc_TypeError, "three numbers, the head and the body are needed");
        return NULL;
    }
    unsigned long long id = PyLong_AsUnsignedLongLong(arguments[0]);
    long flags = PyLong_AsLong(arguments[1]), status = PyLong_AsLong(arguments[2]);
    if (PyErr_Occurred()) {
        return NULL;
    }
    PyObject *body = PyBytes_CheckExact(arguments[4]) ? arguments[4] : PyBytes_FromObject(arguments[4]);
    if (body == NULL) {
        return NULL;
    }
    size_t head_size = (size_t)PyBytes_Size(arguments[3]), body_size = (size_t)PyBytes_Size(body);
    PyObject *frame = bytes_of(NULL, WIRE_HEADER_SIZE + WIRE_RESPONSE_FIXED + head_size + body_size);
    if (frame != NULL) {
        char *at = PyBytes_AsString(frame);
        put_header(at, WIRE_RESPONSE_FIXED + head_size + body_size, WIRE_RESPONSE, (int)flags, id);
        at += WIRE_HEADER_SIZE;
        wire_put16(at + WIRE_RESPONSE_STATUS, (uint16_t)status);
        wire_put32(at + WIRE_RESPONSE_HEADERS_SIZE, (uint32_t)head_size);
        wire_put32(at + WIRE_RESPONSE_BODY_SIZE, (uint32_t)body_size);
        at += WIRE_RESPONSE_FIXED;
        memcpy(at, PyBytes_AsString(arguments[3]), head_size);
        memcpy(at + head_size, PyBytes_AsString(body), body_size);
    }
    if (body != arguments[4]) {
        Py_DECREF(body);
    }
    return frame;
}

PyMethodDef wsgi_functions[] = {
    {"take_apart", take_apart, METH_VARARGS, NULL},
    {"fill_environ", (PyCFunction)(void (*)(void))fill_environ, METH_FASTCALL, NULL},
    {"encode_head", encode_head, METH_O, NULL},
    {"response_frame", (PyCFunction)(void (*)(void))response_frame, METH_FASTCALL, NULL},
    {0},
};
