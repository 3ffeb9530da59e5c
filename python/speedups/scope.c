/* The scope of a request: ScopeBuilder.build() in asgi/scope.py, for connections and paths as most are. */
#define _GNU_SOURCE /* memmem() */
#include "speedups.h"

/* Remembers from now on what this makes of blocks. */
void blocks_open(Blocks *blocks, PyObject *make)
{
    memory_clear(&blocks->memory);
    set_field(&blocks->make, make);
}

/* New: what is made of these bytes now. */
static PyObject *block_made(const Blocks *blocks, const char *data, size_t size)
{
    PyObject *block = bytes_of(data, size);
    PyObject *value = block == NULL ? NULL : call_function(blocks->make, &block, 1);
    Py_XDECREF(block);
    return value;
}

/* New: what was made of these bytes, now or earlier. */
PyObject *blocks_find(Blocks *blocks, const char *data, size_t size)
{
    uint64_t hash;
    PyObject *value = memory_find(&blocks->memory, data, size, &hash);
    if (value == NULL && (value = block_made(blocks, data, size)) != NULL) {
        memory_keep(&blocks->memory, data, size, hash, value);
    }
    return value;
}

/*
 * New: the pairs of a request's headers, a list of its own; NULL without an exception where the scope has more of them than that. TE counts in
 * HTTP/1.1 alone: see ScopeBuilder.build().
 */
static PyObject *headers_of(Link *link, const RequestFrame *frame, PyObject *http_version)
{
    uint64_t hash;
    PyObject *pairs = memory_find(&link->headers.memory, frame->headers, frame->headers_size, &hash);
    if (pairs == NULL) {
        int names_trailers = memmem(frame->headers, frame->headers_size, "trailers", 8) != NULL;
        int may_count = names_trailers && PyUnicode_CompareWithASCIIString(http_version, "1.1") == 0;
        pairs = may_count ? NULL : fields_pairs(frame->headers, frame->headers_size);
        if (pairs == NULL) {
            if (PyErr_Occurred()) {
                return NULL;
            }
            pairs = block_made(&link->headers, frame->headers, frame->headers_size);
            if (is_none(pairs)) {
                Py_XDECREF(pairs);
                return NULL;
            }
        }
        if (!names_trailers) {
            memory_keep(&link->headers.memory, frame->headers, frame->headers_size, hash, pairs);
        }
    }
    PyObject *list = PyList_GetSlice(pairs, 0, PyList_Size(pairs));
    Py_DECREF(pairs);
    return list;
}

/* Borrowed; NULL without an exception for one that is not of the usual. */
PyObject *method_of(const char *method, size_t size)
{
    for (int i = 0; i < METHODS; i++) {
        if (size == names.method_sizes[i] && memcmp(method, names.method_bytes[i], size) == 0) {
            return names.methods[i];
        }
    }
    return NULL;
}

static PyObject *extensions_of(PyObject *template, uint32_t queued)
{
    PyObject *extensions = PyDict_Copy(template);
    if (extensions == NULL || !queued) {
        return extensions;
    }
    PyObject *waited = PyFloat_FromDouble(queued / 1e6), *own = PyDict_New();
    if (waited == NULL || own == NULL || PyDict_SetItem(own, names.queue_time, waited) < 0 || PyDict_SetItem(extensions, names.hydra, own) < 0) {
        Py_CLEAR(extensions);
    }
    Py_XDECREF(waited);
    Py_XDECREF(own);
    return extensions;
}

/* A scope; NULL without an exception where Python is to make it, and with one where there is an error. */
PyObject *scope_build(Link *link, const RequestFrame *frame)
{
    PyObject *method = method_of(frame->method, frame->method_size);
    if (method == NULL || memchr(frame->path, '%', frame->path_size) != NULL || (frame->queued && link->tells_start)) {
        return NULL;
    }
    PyObject *connection = blocks_find(&link->connections, frame->connection, frame->connection_size);
    if (connection == NULL || connection == Py_None) {
        Py_XDECREF(connection);
        return NULL;
    }
    PyObject *headers = headers_of(link, frame, PyTuple_GetItem(connection, 1));
    PyObject *scope = headers == NULL ? NULL : PyDict_Copy(link->template);
    /* scheme, HTTP version, client, server, extensions; see nativelink.py */
    if (scope != NULL
        && (put_item(scope, names.asgi, PyDict_Copy(link->asgi)) < 0
            || PyDict_SetItem(scope, names.scheme, PyTuple_GetItem(connection, 0)) < 0
            || PyDict_SetItem(scope, names.http_version, PyTuple_GetItem(connection, 1)) < 0
            || PyDict_SetItem(scope, names.client, PyTuple_GetItem(connection, 2)) < 0
            || PyDict_SetItem(scope, names.server, PyTuple_GetItem(connection, 3)) < 0
            || PyDict_SetItem(scope, names.method, method) < 0
            || put_item(scope, names.path, PyUnicode_DecodeUTF8(frame->path, (Py_ssize_t)frame->path_size, "replace")) < 0
            || put_item(scope, names.raw_path, bytes_of(frame->path, frame->path_size)) < 0
            || put_item(scope, names.query_string, bytes_of(frame->query, frame->query_size)) < 0
            || PyDict_SetItem(scope, names.headers, headers) < 0
            || put_item(scope, names.extensions, extensions_of(PyTuple_GetItem(connection, 4), frame->queued)) < 0
            || (link->state != NULL && put_item(scope, names.state, PyDict_Copy(link->state)) < 0))) {
        Py_CLEAR(scope);
    }
    Py_XDECREF(headers);
    Py_DECREF(connection);
    return scope;
}
