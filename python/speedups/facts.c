/*
 * What a request says, for interfaces that make nothing of it before it is asked for: what REQUEST has before its body, as one byte string.
 * Where something of it is not as it is with most requests, what Python makes of facts_tuple() is taken.
 */
#include "speedups.h"

/* New: of a frame. */
PyObject *facts_of(const RequestFrame *frame)
{
    const char *start = frame->method - WIRE_REQUEST_FIXED;
    return bytes_of(start, (size_t)(frame->body - start));
}

/* Where everything is in them, as long as they are there; 0 for facts that are Python's. */
int facts_read(PyObject *facts, RequestFrame *frame)
{
    if (facts == NULL || !PyBytes_CheckExact(facts)) {
        return 0;
    }
    request_split(frame, PyBytes_AsString(facts));
    return 1;
}

/* New: method, path, query, connection block, header block, and the microseconds in the queue, as Python has them. */
PyObject *facts_tuple(PyObject *facts)
{
    RequestFrame frame;
    if (!facts_read(facts, &frame)) {
        Py_INCREF(facts);
        return facts;
    }
    PyObject *parts[REQUEST_PARTS];
    request_parts(&frame, parts);
    return Py_BuildValue("(NNNNNI)", parts[0], parts[1], parts[2], parts[3], parts[4], (unsigned)frame.queued);
}

/* New: the path as text; NULL without an exception for one that is to be decoded. */
PyObject *facts_path(const RequestFrame *frame)
{
    if (memchr(frame->path, '%', frame->path_size) != NULL) {
        return NULL;
    }
    return PyUnicode_DecodeUTF8(frame->path, (Py_ssize_t)frame->path_size, "replace");
}

/* New: a field of what is remembered of the connection, which is a tuple. */
PyObject *facts_field(Blocks *connections, const RequestFrame *frame, Py_ssize_t field)
{
    PyObject *connection = blocks_find(connections, frame->connection, frame->connection_size);
    PyObject *value = connection == NULL ? NULL : PyTuple_GetItem(connection, field);
    Py_XINCREF(value);
    Py_XDECREF(connection);
    return value;
}

/* ---- the mapping of headers */

/* Names up to this length, in bytes, are looked at here. */
#define LONGEST_NAME 128

/* New: the name in lower case; NULL without an exception for one that is not ASCII, or long. */
static PyObject *lower_name(const char *name, size_t size)
{
    char lower[LONGEST_NAME];
    if (size > sizeof lower) {
        return NULL;
    }
    for (size_t i = 0; i < size; i++) {
        char c = name[i];
        if ((unsigned char)c >= 0x80) {
            return NULL;
        }
        lower[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    return PyUnicode_DecodeASCII(lower, (Py_ssize_t)size, NULL);
}

/* Adds a field. 0, or -1 with an exception; `name` is taken over. */
static int add_field(PyObject *fields, PyObject *name, const char *value, size_t size)
{
    PyObject *text = PyUnicode_DecodeLatin1(value, (Py_ssize_t)size, NULL);
    PyObject *values = text == NULL ? NULL : PyDict_GetItemWithError(fields, name);
    int result = -1;
    if (values != NULL) {
        result = PyList_Append(values, text);
    } else if (text != NULL && !PyErr_Occurred()) {
        PyObject *list = PyList_New(0);
        result = list == NULL || PyList_Append(list, text) < 0 ? -1 : PyDict_SetItem(fields, name, list);
        Py_XDECREF(list);
    }
    Py_XDECREF(text);
    Py_DECREF(name);
    return result;
}

/* header_fields(block): what python_fields() of mapping.py makes of a header block, or None where Python is to look at it. */
static PyObject *header_fields(PyObject *module, PyObject *block)
{
    (void)module;
    if (!PyBytes_CheckExact(block)) {
        Py_RETURN_NONE;
    }
    PyObject *fields = PyDict_New();
    const char *at = PyBytes_AsString(block), *end = at + PyBytes_Size(block);
    int good = fields != NULL;
    while (good && at != end) {
        const char *after_name = memchr(at, 0, (size_t)(end - at));
        PyObject *name = after_name == NULL ? NULL : lower_name(at, (size_t)(after_name - at));
        if (name == NULL) {
            good = 0;
            break;
        }
        const char *value = after_name + 1, *after = memchr(value, 0, (size_t)(end - value));
        /* A value that ends with a separator has a name behind it, even if that is empty: that has no value then. */
        good = add_field(fields, name, value, (size_t)((after == NULL ? end : after) - value)) == 0 && (after == NULL || after + 1 != end);
        at = after == NULL ? end : after + 1;
    }
    if (!good) {
        Py_XDECREF(fields);
        if (PyErr_Occurred()) {
            return NULL;
        }
        Py_RETURN_NONE;
    }
    return fields;
}

PyMethodDef facts_functions[] = {
    {"header_fields", header_fields, METH_O, NULL},
    {0},
};
