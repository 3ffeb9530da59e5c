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
