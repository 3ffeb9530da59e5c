/* The scope of a request: ScopeBuilder.build() in asgi/scope.py, for connections and paths as most are. */
#include "speedups.h"

/* As BlockCache has them: blocks of a generation, and the longest that is kept, in bytes. */
#define MOST_BLOCKS 1024
#define LONGEST_BLOCK 4096

/* Remembers from now on what this makes of blocks. 0, or -1 with an exception. */
int blocks_open(Blocks *blocks, PyObject *make)
{
    PyObject *young = PyDict_New(), *old = PyDict_New();
    if (young == NULL || old == NULL) {
        Py_XDECREF(young);
        Py_XDECREF(old);
        return -1;
    }
    set_field(&blocks->young, young);
    set_field(&blocks->old, old);
    set_field(&blocks->make, make);
    Py_DECREF(young);
    Py_DECREF(old);
    return 0;
}

/* New: what was made of these bytes, now or earlier. */
PyObject *blocks_find(Blocks *blocks, const char *data, size_t size)
{
    PyObject *block = bytes_of(data, size);
    if (block == NULL) {
        return NULL;
    }
    PyObject *value = PyDict_GetItemWithError(blocks->young, block);
    if (value != NULL) {
        Py_INCREF(value);
        Py_DECREF(block);
        return value;
    }
    value = PyErr_Occurred() ? NULL : PyDict_GetItemWithError(blocks->old, block);
    if (value != NULL) {
        Py_INCREF(value);
    } else if (!PyErr_Occurred()) {
        value = call_function(blocks->make, &block, 1);
    }
    if (value != NULL && size <= LONGEST_BLOCK) {
        if (PyDict_Size(blocks->young) >= MOST_BLOCKS) {
            PyObject *fresh = PyDict_New(), *old = blocks->old;
            if (fresh != NULL) {
                blocks->old = blocks->young;
                blocks->young = fresh;
                Py_DECREF(old);
            }
        }
        if (PyDict_SetItem(blocks->young, block, value) < 0) {
            Py_CLEAR(value);
        }
    }
    Py_DECREF(block);
    return value;
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
    PyObject *headers = blocks_find(&link->headers, frame->headers, frame->headers_size);
    PyObject *scope = headers == NULL || headers == Py_None ? NULL : PyDict_Copy(link->template);
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
            || put_item(scope, names.headers, PyList_GetSlice(headers, 0, PyList_Size(headers))) < 0
            || put_item(scope, names.extensions, extensions_of(PyTuple_GetItem(connection, 4), frame->queued)) < 0
            || (link->state != NULL && put_item(scope, names.state, PyDict_Copy(link->state)) < 0))) {
        Py_CLEAR(scope);
    }
    Py_XDECREF(headers);
    Py_DECREF(connection);
    return scope;
}
