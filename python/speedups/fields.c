/* Header blocks taken apart: pairs for ASGI, variables for WSGI, text for the mapping of RSGI and raw. A field that came before is made once. */
#include "speedups.h"

/* A name and its value, in the block. */
typedef struct {
    const char *name, *value;
    size_t name_size, value_size;
} Field;

/* Names up to this length, in bytes, are looked at here. */
#define LONGEST_NAME 128

/* One memory for all links: what is in it is never changed. */
static Memory pairs, variables, texts;

/* The next field; 0 at the end, -1 without an exception for what is none. */
static int next_field(const char **at, const char *end, Field *field)
{
    if (*at == end) {
        return 0;
    }
    field->name = *at;
    const char *after_name = memchr(*at, 0, (size_t)(end - *at));
    if (after_name == NULL) {
        return -1;
    }
    field->name_size = (size_t)(after_name - *at);
    field->value = after_name + 1;
    const char *after = memchr(field->value, 0, (size_t)(end - field->value));
    field->value_size = (size_t)((after == NULL ? end : after) - field->value);
    *at = after == NULL ? end : after + 1;
    /* A value that ends with a separator has a name behind it, even if that is empty: that has no value then. */
    return after != NULL && after + 1 == end ? -1 : 1;
}

/* New: what `make` makes of a field, now or earlier; NULL without an exception where Python is to look at the block. */
static PyObject *field_made(Memory *memory, const Field *field, PyObject *(*make)(const Field *))
{
    uint64_t hash;
    size_t size = field->name_size + 1 + field->value_size;
    PyObject *made = memory_find(memory, field->name, size, &hash);
    if (made == NULL && (made = make(field)) != NULL) {
        memory_keep(memory, field->name, size, hash, made);
    }
    return made;
}

static PyObject *tuple_of(PyObject *first, PyObject *second)
{
    PyObject *tuple = first == NULL || second == NULL ? NULL : PyTuple_Pack(2, first, second);
    Py_XDECREF(first);
    Py_XDECREF(second);
    return tuple;
}

static PyObject *pair_of(const Field *field)
{
    return tuple_of(bytes_of(field->name, field->name_size), bytes_of(field->value, field->value_size));
}

/* New: the pairs of a header block, a list; NULL without an exception for what is none. */
PyObject *fields_pairs(const char *data, size_t size)
{
    PyObject *list = PyList_New(0);
    const char *at = data, *end = data + size;
    Field field;
    int found = 0;
    while (list != NULL && (found = next_field(&at, end, &field)) > 0) {
        PyObject *pair = field_made(&pairs, &field, pair_of);
        if (pair == NULL || PyList_Append(list, pair) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(pair);
    }
    if (found < 0) {
        Py_CLEAR(list);
    }
    return list;
}

/* The variable of a field and its value, as parse_headers() of wsgi/environ.py has them. */
static PyObject *variable_of(const Field *field)
{
    static const char prefix[] = "HTTP_";
    char name[sizeof prefix - 1 + LONGEST_NAME];
    /* A Content-Length without digits is none. */
    if (field->name_size > LONGEST_NAME || (field->name_size == 14 && field->value_size == 0)) {
        return NULL;
    }
    memcpy(name, prefix, sizeof prefix - 1);
    char *out = name + sizeof prefix - 1;
    for (size_t i = 0; i < field->name_size; i++) {
        char c = field->name[i];
        if ((unsigned char)c >= 0x80) {
            return NULL;
        }
        out[i] = c >= 'a' && c <= 'z' ? (char)(c - 32) : c == '-' ? '_' : c;
    }
    size_t size = field->name_size;
    if (!(size == 12 && memcmp(out, "CONTENT_TYPE", size) == 0) && !(size == 14 && memcmp(out, "CONTENT_LENGTH", size) == 0)) {
        out = name;
        size += sizeof prefix - 1;
    }
    return tuple_of(PyUnicode_DecodeASCII(out, (Py_ssize_t)size, NULL), PyUnicode_DecodeLatin1(field->value, (Py_ssize_t)field->value_size, NULL));
}

/* Adds a variable. 0, or -1: with an exception, or without where the name has come before. */
static int add_variable(PyObject *found, PyObject *name, PyObject *value)
{
    Py_ssize_t before = PyDict_Size(found);
    return PyDict_SetItem(found, name, value) < 0 || PyDict_Size(found) == before ? -1 : 0;
}

/* The name of a field in lower case, and its value. */
static PyObject *text_of(const Field *field)
{
    char lower[LONGEST_NAME];
    if (field->name_size > LONGEST_NAME) {
        return NULL;
    }
    for (size_t i = 0; i < field->name_size; i++) {
        char c = field->name[i];
        if ((unsigned char)c >= 0x80) {
            return NULL;
        }
        lower[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    return tuple_of(PyUnicode_DecodeASCII(lower, (Py_ssize_t)field->name_size, NULL),
        PyUnicode_DecodeLatin1(field->value, (Py_ssize_t)field->value_size, NULL));
}

/* Adds a value to those of its name. 0, or -1 with an exception. */
static int add_text(PyObject *fields, PyObject *name, PyObject *value)
{
    PyObject *values = PyDict_GetItemWithError(fields, name);
    if (values != NULL) {
        return PyList_Append(values, value);
    }
    PyObject *list = PyErr_Occurred() ? NULL : PyList_New(0);
    int result = list == NULL || PyList_Append(list, value) < 0 ? -1 : PyDict_SetItem(fields, name, list);
    Py_XDECREF(list);
    return result;
}

/* New: a dictionary of all fields of a block; None where Python is to look at it. */
static PyObject *dictionary_of(PyObject *block, Memory *memory, PyObject *(*make)(const Field *), int (*add)(PyObject *, PyObject *, PyObject *))
{
    if (!PyBytes_CheckExact(block)) {
        Py_RETURN_NONE;
    }
    PyObject *found = PyDict_New();
    const char *at = PyBytes_AsString(block), *end = at + PyBytes_Size(block);
    Field field;
    int more = 0;
    while (found != NULL && (more = next_field(&at, end, &field)) > 0) {
        PyObject *made = field_made(memory, &field, make);
        if (made == NULL || add(found, PyTuple_GetItem(made, 0), PyTuple_GetItem(made, 1)) < 0) {
            Py_CLEAR(found);
        }
        Py_XDECREF(made);
    }
    if (more < 0) {
        Py_CLEAR(found);
    }
    if (found == NULL && !PyErr_Occurred()) {
        Py_RETURN_NONE;
    }
    return found;
}

/* header_variables(block): the variables of a block, or None where Python is to look at it: a name that came twice, a length without digits. */
static PyObject *header_variables(PyObject *module, PyObject *block)
{
    (void)module;
    return dictionary_of(block, &variables, variable_of, add_variable);
}

/* header_fields(block): what python_fields() of mapping.py makes of a header block, or None where Python is to look at it. */
static PyObject *header_fields(PyObject *module, PyObject *block)
{
    (void)module;
    return dictionary_of(block, &texts, text_of, add_text);
}

PyMethodDef fields_functions[] = {
    {"header_fields", header_fields, METH_O, NULL},
    {"header_variables", header_variables, METH_O, NULL},
    {0},
};
