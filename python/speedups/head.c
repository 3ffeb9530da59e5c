/* The header block of a response: headers.encode(), for what most applications give. */
#include "speedups.h"

/* RFC 9110, section 5.6.2: the characters of a token, which a header's name is. */
static const char token[256] = {
    ['!'] = 1, ['#'] = 1, ['$'] = 1, ['%'] = 1, ['&'] = 1, ['\''] = 1, ['*'] = 1, ['+'] = 1, ['-'] = 1, ['.'] = 1, ['^'] = 1, ['_'] = 1, ['`'] = 1,
    ['|'] = 1, ['~'] = 1,
    ['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1, ['6'] = 1, ['7'] = 1, ['8'] = 1, ['9'] = 1,
    ['A'] = 1, ['B'] = 1, ['C'] = 1, ['D'] = 1, ['E'] = 1, ['F'] = 1, ['G'] = 1, ['H'] = 1, ['I'] = 1, ['J'] = 1, ['K'] = 1, ['L'] = 1, ['M'] = 1,
    ['N'] = 1, ['O'] = 1, ['P'] = 1, ['Q'] = 1, ['R'] = 1, ['S'] = 1, ['T'] = 1, ['U'] = 1, ['V'] = 1, ['W'] = 1, ['X'] = 1, ['Y'] = 1, ['Z'] = 1,
    ['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1, ['e'] = 1, ['f'] = 1, ['g'] = 1, ['h'] = 1, ['i'] = 1, ['j'] = 1, ['k'] = 1, ['l'] = 1, ['m'] = 1,
    ['n'] = 1, ['o'] = 1, ['p'] = 1, ['q'] = 1, ['r'] = 1, ['s'] = 1, ['t'] = 1, ['u'] = 1, ['v'] = 1, ['w'] = 1, ['x'] = 1, ['y'] = 1, ['z'] = 1,
};

/* A length of so many digits fits a long long. */
#define MOST_DIGITS 18

int head_is_name(const char *name, size_t size, const char *lower)
{
    for (size_t i = 0; i < size; i++) {
        char c = name[i];
        if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != lower[i]) {
            return 0;
        }
    }
    return 1;
}

/* The number, or -1 for what is none, or one that Python is to look at. */
static long long parse_length(const char *value, Py_ssize_t size)
{
    while (size && (value[0] == ' ' || value[0] == '\t')) {
        value++, size--;
    }
    while (size && (value[size - 1] == ' ' || value[size - 1] == '\t')) {
        size--;
    }
    if (size < 1 || size > MOST_DIGITS) {
        return -1;
    }
    long long length = 0;
    for (Py_ssize_t i = 0; i < size; i++) {
        if (value[i] < '0' || value[i] > '9') {
            return -1;
        }
        length = length * 10 + (value[i] - '0');
    }
    return length;
}

/* Borrowed: one of the two of a pair, which is an exact list or tuple. */
static PyObject *get(PyObject *sequence, Py_ssize_t i)
{
    return PyList_CheckExact(sequence) ? PyList_GetItem(sequence, i) : PyTuple_GetItem(sequence, i);
}

static int has_two(PyObject *pair)
{
    return PyTuple_CheckExact(pair) ? PyTuple_Size(pair) == 2 : PyList_CheckExact(pair) && PyList_Size(pair) == 2;
}

/*
 * Adds a pair to the block of `*at` bytes so far; `*length` becomes the value of Content-Length. Returns 1; or 0 where Python is to look at
 * it, since it breaks a rule or is unusual.
 */
int head_put(char *out, size_t room, size_t *at, const char *name, size_t name_size, const char *value, size_t value_size, long long *length)
{
    size_t end = *at;
    if (name_size == 0 || name_size + value_size + 2 > room - end) {
        return 0;
    }
    if (name_size == 14 && head_is_name(name, 14, "content-length") && (*length >= 0 || (*length = parse_length(value, (Py_ssize_t)value_size)) < 0)) {
        return 0;
    }
    if (end) {
        out[end++] = 0;
    }
    for (size_t i = 0; i < name_size; i++) {
        if (!token[(unsigned char)name[i]]) {
            return 0;
        }
        out[end++] = name[i];
    }
    out[end++] = 0;
    for (size_t i = 0; i < value_size; i++) {
        unsigned char c = (unsigned char)value[i];
        if ((c < 0x20 && c != '\t') || c == 0x7F) {
            return 0;
        }
        out[end++] = (char)c;
    }
    *at = end;
    return 1;
}

/* ASGI HTTP, "Response Start": the server's business, and left out. */
static int is_servers(const char *name, size_t size)
{
    return size == 17 && head_is_name(name, 17, "transfer-encoding");
}

/* A name or a value; NULL without an exception for what is none. */
typedef const char *(*ReadPart)(PyObject *value, size_t *size);

static const char *read_bytes(PyObject *value, size_t *size)
{
    if (!PyBytes_CheckExact(value)) {
        return NULL;
    }
    *size = (size_t)PyBytes_Size(value);
    return PyBytes_AsString(value);
}

/* The bytes of a text that is ASCII, as they are in the object; NULL for any other value, without an exception. */
const char *head_ascii(PyObject *value, size_t *size)
{
    if (as_utf8 == NULL || !PyUnicode_CheckExact(value)) {
        return NULL;
    }
    Py_ssize_t length;
    const char *text = as_utf8(value, &length);
    if (text == NULL || length != PyUnicode_GetLength(value)) {
        /* A surrogate, or what takes more bytes than characters. */
        PyErr_Clear();
        return NULL;
    }
    *size = (size_t)length;
    return text;
}

/* Text that is ASCII, or a byte string. */
static const char *read_text(PyObject *value, size_t *size)
{
    return PyBytes_CheckExact(value) ? read_bytes(value, size) : head_ascii(value, size);
}

static inline int encode(PyObject *headers, ReadPart read, char *out, size_t room, size_t *used, long long *length)
{
    *used = 0;
    *length = -1;
    int is_list = PyList_CheckExact(headers);
    if (!is_list && !PyTuple_CheckExact(headers)) {
        return 0;
    }
    Py_ssize_t count = is_list ? PyList_Size(headers) : PyTuple_Size(headers);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *pair = get(headers, i);
        size_t name_size, value_size;
        const char *name, *value;
        if (!has_two(pair) || (name = read(get(pair, 0), &name_size)) == NULL || (value = read(get(pair, 1), &value_size)) == NULL) {
            return 0;
        }
        if (!is_servers(name, name_size) && !head_put(out, room, used, name, name_size, value, value_size, length)) {
            return 0;
        }
    }
    return 1;
}

/*
 * Writes the block of these headers, for a status with which a body may come; `length` becomes the Content-Length, or -1 without one.
 * Returns 1; or 0 where Python is to look at them.
 */
int head_encode(PyObject *headers, char *out, size_t room, size_t *used, long long *length)
{
    return encode(headers, read_bytes, out, room, used, length);
}

/* The same of what encode_text() takes. */
int head_encode_text(PyObject *headers, char *out, size_t room, size_t *used, long long *length)
{
    return encode(headers, read_text, out, room, used, length);
}
