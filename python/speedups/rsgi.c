/* RSGI over HTTP: the scope and the protocol of rsgi/scope.py and rsgi/protocol.py, for what most requests do. */
#include "speedups.h"

/* ---- the scope, of which nothing is made before it is asked for */

typedef struct {
    PyObject_HEAD
    PyObject *facts;
} Scope;

static PyTypeObject *scope_type;
/* The scope's twin in Python, and what is remembered of blocks: one memory for all links, as there. */
static PyObject *python_scope;
static Blocks connections, header_blocks;

static PyObject *scope_new(const RequestFrame *frame)
{
    PyObject *facts = facts_of(frame);
    Scope *self = facts == NULL ? NULL : PyObject_New(Scope, scope_type);
    if (self == NULL) {
        Py_XDECREF(facts);
        return NULL;
    }
    self->facts = facts;
    return (PyObject *)self;
}

static void scope_dealloc(Scope *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_XDECREF(self->facts);
    PyObject_Free(self);
    Py_DECREF(type);
}

/* What its twin says. */
static PyObject *ask_python(Scope *self, void *name)
{
    PyObject *facts = facts_tuple(self->facts);
    PyObject *twin = facts == NULL ? NULL : PyObject_CallObject(python_scope, facts);
    PyObject *value = twin == NULL ? NULL : PyObject_GetAttrString(twin, name);
    Py_XDECREF(twin);
    Py_XDECREF(facts);
    return value;
}

static PyObject *get_method(Scope *self, void *name)
{
    RequestFrame frame;
    facts_read(self->facts, &frame);
    PyObject *method = method_of(frame.method, frame.method_size);
    Py_XINCREF(method);
    return method != NULL ? method : ask_python(self, name);
}

static PyObject *get_path(Scope *self, void *name)
{
    RequestFrame frame;
    facts_read(self->facts, &frame);
    PyObject *path = facts_path(&frame);
    return path != NULL || PyErr_Occurred() ? path : ask_python(self, name);
}

static PyObject *get_query_string(Scope *self, void *unused)
{
    (void)unused;
    RequestFrame frame;
    facts_read(self->facts, &frame);
    return PyUnicode_DecodeLatin1(frame.query, (Py_ssize_t)frame.query_size, NULL);
}

static PyObject *get_headers(Scope *self, void *unused)
{
    (void)unused;
    RequestFrame frame;
    facts_read(self->facts, &frame);
    return blocks_find(&header_blocks, frame.headers, frame.headers_size);
}

/* The fields of _Connection in rsgi/scope.py. */
static Py_ssize_t fields[] = {0, 1, 2, 3};

static PyObject *get_of_connection(Scope *self, void *field)
{
    RequestFrame frame;
    facts_read(self->facts, &frame);
    return facts_field(&connections, &frame, *(Py_ssize_t *)field);
}

static PyObject *get_text(Scope *self, void *text)
{
    (void)self;
    return PyUnicode_InternFromString(text);
}

static PyGetSetDef scope_properties[] = {
    {"proto", (getter)get_text, NULL, NULL, "http"},
    {"rsgi_version", (getter)get_text, NULL, NULL, "1.6"},
    {"http_version", (getter)get_of_connection, NULL, NULL, &fields[1]},
    {"server", (getter)get_of_connection, NULL, NULL, &fields[3]},
    {"client", (getter)get_of_connection, NULL, NULL, &fields[2]},
    {"scheme", (getter)get_of_connection, NULL, NULL, &fields[0]},
    {"method", (getter)get_method, NULL, NULL, "method"},
    {"path", (getter)get_path, NULL, NULL, "path"},
    {"query_string", (getter)get_query_string, NULL, NULL, NULL},
    {"headers", (getter)get_headers, NULL, NULL, NULL},
    {"authority", (getter)ask_python, NULL, NULL, "authority"},
    {0},
};

PyTypeObject *rsgi_make_scope_type(void)
{
    PyType_Slot slots[] = {
        {Py_tp_dealloc, scope_dealloc},
        {Py_tp_getset, scope_properties},
        {Py_tp_doc, "Of an HTTP request."},
        {0},
    };
    PyType_Spec spec = {"hydra_worker.rsgi.scope.Scope", sizeof(Scope), 0, TYPE_FLAGS, slots};
    return scope_type = (PyTypeObject *)PyType_FromSpec(&spec);
}

/* ---- the protocol */

/* A method that gives a whole response: what it takes behind status and headers, and its twin in Python. */
typedef enum { EMPTY, STR, BYTES } Body;

static PyObject **const twins[] = {&names.response_empty_slowly, &names.response_str_slowly, &names.response_bytes_slowly};

/* Status, headers and body; each borrowed, and NULL where it is not given. */
typedef struct {
    PyObject *status, *headers, *body;
} Given;

/* 0 where Python is to say what is wrong. */
static int read_arguments(Given *given, Body kind, PyObject *const *arguments, Py_ssize_t count, PyObject *keywords)
{
    PyObject **places[] = {&given->status, &given->headers, &given->body};
    PyObject *by_name[] = {names.status, names.headers, names.body};
    Py_ssize_t most = kind == EMPTY ? 2 : 3, more = keywords == NULL ? 0 : PyTuple_Size(keywords);
    if (count > most) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        *places[i] = arguments[i];
    }
    for (Py_ssize_t i = 0; i < more; i++) {
        PyObject *name = PyTuple_GetItem(keywords, i);
        Py_ssize_t at = 0;
        while (at < most && name != by_name[at] && PyUnicode_Compare(name, by_name[at]) != 0) {
            at++;
        }
        if (at == most || *places[at] != NULL) {
            return 0;
        }
        *places[at] = arguments[count + i];
    }
    return 1;
}

/* DONE, LOOK or FAIL. */
static int respond(Exchange *self, Body kind, PyObject *const *arguments, Py_ssize_t count, PyObject *keywords)
{
    Given given = {NULL, NULL, NULL};
    if (!read_arguments(&given, kind, arguments, count, keywords) || given.status == NULL) {
        return LOOK;
    }
    PyObject *status = given.status, *headers = given.headers == NULL ? names.no_headers : given.headers, *body = given.body;
    if (body == NULL) {
        return answer_respond(self, status, headers, "", 0, NULL);
    }
    if (kind == BYTES) {
        return PyBytes_CheckExact(body) ? answer_respond(self, status, headers, PyBytes_AsString(body), (size_t)PyBytes_Size(body), body) : LOOK;
    }
    Py_ssize_t size;
    if (as_utf8 == NULL || !PyUnicode_CheckExact(body)) {
        return LOOK;
    }
    const char *text = as_utf8(body, &size);
    if (text == NULL) {
        /* A surrogate. */
        PyErr_Clear();
        return LOOK;
    }
    if (size <= COPIED) {
        return answer_respond(self, status, headers, text, (size_t)size, NULL);
    }
    PyObject *bytes = bytes_of(text, (size_t)size);
    int done = bytes == NULL ? FAIL : answer_respond(self, status, headers, PyBytes_AsString(bytes), (size_t)size, bytes);
    Py_XDECREF(bytes);
    return done;
}

static PyObject *respond_by(Exchange *self, Body kind, PyObject *const *arguments, Py_ssize_t count, PyObject *keywords)
{
    int done = respond(self, kind, arguments, count, keywords);
    if (done == DONE) {
        Py_RETURN_NONE;
    }
    if (done == FAIL) {
        return NULL;
    }
    PyObject *twin = PyObject_GetAttr((PyObject *)self, *twins[kind]);
    PyObject *result = twin == NULL ? NULL : call_keywords(twin, arguments, (size_t)count, keywords);
    Py_XDECREF(twin);
    return result;
}

static PyObject *response_empty(Exchange *self, PyObject *const *arguments, Py_ssize_t count, PyObject *keywords)
{
    return respond_by(self, EMPTY, arguments, count, keywords);
}

static PyObject *response_str(Exchange *self, PyObject *const *arguments, Py_ssize_t count, PyObject *keywords)
{
    return respond_by(self, STR, arguments, count, keywords);
}

static PyObject *response_bytes(Exchange *self, PyObject *const *arguments, Py_ssize_t count, PyObject *keywords)
{
    return respond_by(self, BYTES, arguments, count, keywords);
}

/* protocol(): the body, once. */
static PyObject *call(Exchange *self, PyObject *args, PyObject *kwargs)
{
    if (self->body_taken || PyTuple_Size(args) > 0 || kwargs != NULL) {
        PyObject *twin = PyObject_GetAttr((PyObject *)self, names.call_slowly);
        PyObject *result = twin == NULL ? NULL : PyObject_Call(twin, args, kwargs);
        Py_XDECREF(twin);
        return result;
    }
    self->body_taken = 1;
    return call_new(self, &answer_reads, NULL);
}

#define FAST(function) (PyCFunction)(void (*)(void))function, METH_FASTCALL | METH_KEYWORDS

static PyMethodDef methods[] = {
    {"response_empty", FAST(response_empty), "A response without a body."},
    {"response_str", FAST(response_str), "A response whose body is text, sent as UTF-8."},
    {"response_bytes", FAST(response_bytes), "A response whose body is bytes."},
    {0},
};

PyTypeObject *rsgi_make_type(void)
{
    PyType_Slot slots[] = {
        {Py_tp_methods, methods},
        {Py_tp_call, call},
        {Py_tp_doc, "What most requests use of HTTPProtocol in rsgi/protocol.py. Its twins there are the methods named ..._slowly."},
        {0},
    };
    PyType_Spec spec = {
        "hydra_worker._speedups.RsgiExchange", sizeof(Exchange), 0, TYPE_FLAGS | Py_TPFLAGS_BASETYPE, slots,
    };
    PyObject *bases = PyTuple_Pack(1, exchange_type);
    PyObject *type = bases == NULL ? NULL : PyType_FromSpecWithBases(&spec, bases);
    Py_XDECREF(bases);
    return (PyTypeObject *)type;
}

/* ---- serving it */

static int serve(Link *link, const RequestFrame *frame, PyObject *key)
{
    /* What tells when a request came that has waited is one header more, and Python's. */
    PyObject *scope = frame->queued && link->tells_start ? link_build_scope(link, link->scopes, frame) : scope_new(frame);
    Exchange *exchange = scope == NULL ? NULL : link_admit(link, frame, key);
    int result = exchange == NULL ? -1 : link_begin(link, exchange, scope);
    Py_XDECREF(exchange);
    Py_XDECREF(scope);
    return result;
}

/*
 * serve_rsgi(link, application, what builds scopes in Python, kind of stream, that kind's run(), whether a request that has waited is told when
 * it came): HTTP requests are served from here from now on.
 */
static PyObject *serve_rsgi(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *link, *application, *scopes, *kind, *run;
    int tells_start;
    if (!PyArg_ParseTuple(args, "O!OOOOp", link_type, &link, &application, &scopes, &kind, &run, &tells_start)
        || link_serve_by((Link *)link, serve, application, kind, run) < 0) {
        return NULL;
    }
    set_field(&((Link *)link)->scopes, scopes);
    ((Link *)link)->tells_start = (char)tells_start;
    Py_RETURN_NONE;
}

/* configure_rsgi(Scope, what makes (scheme, version, client, server) of a connection block, what makes the mapping of a header block) */
static PyObject *configure(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *scope, *parse_connection, *parse_headers;
    if (!PyArg_ParseTuple(args, "OOO", &scope, &parse_connection, &parse_headers)) {
        return NULL;
    }
    blocks_open(&connections, parse_connection);
    blocks_open(&header_blocks, parse_headers);
    set_field(&python_scope, scope);
    Py_RETURN_NONE;
}

PyMethodDef rsgi_functions[] = {
    {"serve_rsgi", serve_rsgi, METH_VARARGS, NULL},
    {"configure_rsgi", configure, METH_VARARGS, NULL},
    {0},
};
