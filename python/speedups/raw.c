/* Hydra's own interface over HTTP: raw/request.py, for what most requests do. */
#include "speedups.h"

/* The class Facts of Python, and what is remembered of blocks: one memory for all links, as there. */
static PyObject *python_facts;
static Blocks connections, header_blocks;

/* ---- what the request says */

/* What the property of this name says in Python. */
static PyObject *ask_python(Exchange *self, const char *name)
{
    PyObject *property = PyObject_GetAttrString(python_facts, name);
    PyObject *result = property == NULL ? NULL : call_with(property, names.fget, (PyObject *[]){(Py_IncRef((PyObject *)self), (PyObject *)self)}, 1);
    Py_XDECREF(property);
    return result;
}

static PyObject *get_method(Exchange *self, void *name)
{
    RequestFrame frame;
    PyObject *method = facts_read(self->facts, &frame) ? method_of(frame.method, frame.method_size) : NULL;
    Py_XINCREF(method);
    return method != NULL ? method : ask_python(self, name);
}

/* The number of root_path in Connection of connection.py; the others that are asked for are before it. */
static Py_ssize_t fields[] = {0, 1, 2, 3, 4};
#define ROOT_PATH 4

static PyObject *get_of_connection(Exchange *self, void *field)
{
    static const char *const by_field[] = {"scheme", "http_version", "client", "server", "root_path"};
    RequestFrame frame;
    Py_ssize_t number = *(Py_ssize_t *)field;
    return facts_read(self->facts, &frame) ? facts_field(&connections, &frame, number) : ask_python(self, by_field[number]);
}

static PyObject *get_path(Exchange *self, void *name)
{
    RequestFrame frame;
    if (!facts_read(self->facts, &frame)) {
        return ask_python(self, name);
    }
    PyObject *root = facts_field(&connections, &frame, ROOT_PATH);
    if (root == NULL) {
        return NULL;
    }
    PyObject *path = PyUnicode_GetLength(root) == 0 ? facts_path(&frame) : NULL;
    Py_DECREF(root);
    return path != NULL || PyErr_Occurred() ? path : ask_python(self, name);
}

static PyObject *get_raw_path(Exchange *self, void *name)
{
    RequestFrame frame;
    return facts_read(self->facts, &frame) ? bytes_of(frame.path, frame.path_size) : ask_python(self, name);
}

static PyObject *get_query(Exchange *self, void *name)
{
    RequestFrame frame;
    return facts_read(self->facts, &frame) ? bytes_of(frame.query, frame.query_size) : ask_python(self, name);
}

static PyObject *get_headers(Exchange *self, void *name)
{
    RequestFrame frame;
    return facts_read(self->facts, &frame) ? blocks_find(&header_blocks, frame.headers, frame.headers_size) : ask_python(self, name);
}

static PyObject *get_read(Exchange *self, void *unused)
{
    return method_new(self, &answer_reads);
}

static PyGetSetDef properties[] = {
    {"read", (getter)get_read, NULL, "What is left of the body.", NULL},
    {"method", (getter)get_method, NULL, NULL, "method"},
    {"scheme", (getter)get_of_connection, NULL, NULL, &fields[0]},
    {"http_version", (getter)get_of_connection, NULL, NULL, &fields[1]},
    {"client", (getter)get_of_connection, NULL, NULL, &fields[2]},
    {"server", (getter)get_of_connection, NULL, NULL, &fields[3]},
    {"root_path", (getter)get_of_connection, NULL, NULL, &fields[ROOT_PATH]},
    {"path", (getter)get_path, NULL, NULL, "path"},
    {"raw_path", (getter)get_raw_path, NULL, NULL, "raw_path"},
    {"query", (getter)get_query, NULL, NULL, "query"},
    {"headers", (getter)get_headers, NULL, NULL, "headers"},
    {0},
};

/* ---- its body and its response */


/* Responds with what an application has returned. DONE, LOOK or FAIL. */
static int respond_with(Exchange *self, PyObject *result)
{
    if (!PyTuple_CheckExact(result) || PyTuple_Size(result) != 3) {
        return LOOK;
    }
    PyObject *body = PyTuple_GetItem(result, 2);
    if (!PyBytes_CheckExact(body)) {
        return LOOK;
    }
    return answer_respond(self, PyTuple_GetItem(result, 0), PyTuple_GetItem(result, 1), PyBytes_AsString(body), (size_t)PyBytes_Size(body), body);
}

static PyObject *answer(Exchange *self, PyObject *result)
{
    int done = respond_with(self, result);
    if (done == LOOK) {
        return call_method((PyObject *)self, names.answer_slowly, result);
    }
    return done == FAIL ? NULL : PyBool_FromLong(1);
}

static PyMethodDef methods[] = {
    {"answer", (PyCFunction)answer, METH_O, "Responds with what the application has returned. False for what answer_later() takes."},
    {0},
};

PyTypeObject *raw_make_type(void)
{
    PyType_Slot slots[] = {
        {Py_tp_methods, methods},
        {Py_tp_getset, properties},
        {Py_tp_doc, "What most requests use of Request in raw/request.py."},
        {0},
    };
    PyType_Spec spec = {
        "hydra_worker._speedups.RawExchange", sizeof(Exchange), 0, TYPE_FLAGS | Py_TPFLAGS_BASETYPE, slots,
    };
    PyObject *bases = PyTuple_Pack(1, exchange_type);
    PyObject *type = bases == NULL ? NULL : PyType_FromSpecWithBases(&spec, bases);
    Py_XDECREF(bases);
    return (PyTypeObject *)type;
}

/* ---- serving it */

/* A function's result: what it sets of its context is not for the next request. */
static PyObject *call_application(Link *link, Exchange *exchange)
{
    PyObject *context = copy_context(), *result = NULL;
    if (context != NULL && enter_context(context) == 0) {
        PyObject *request = (PyObject *)exchange;
        result = call_function(link->application, &request, 1);
        if (exit_context(context) < 0) {
            Py_CLEAR(result);
        }
    }
    Py_XDECREF(context);
    return result;
}

/* PlainRequest._fail(), of the exception that is raised. */
static int fail(Exchange *exchange)
{
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    if (trace != NULL) {
        PyException_SetTraceback(value, trace);
    }
    int result = call_and_forget((PyObject *)exchange, names.failed, value);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    return result;
}

/* PlainRequest.serve(): calls a function, whose request is here as a whole. */
static int call_plain(Link *link, Exchange *exchange)
{
    PyObject *result = call_application(link, exchange);
    /* In a child that the application has forked the link is closed, and its end is Python's. */
    int done = result == NULL ? FAIL : link->closed ? LOOK : respond_with(exchange, result);
    PyObject *coroutine = done == LOOK ? call_method((PyObject *)exchange, names.conclude, result) : NULL;
    Py_XDECREF(result);
    if (done == FAIL) {
        return fail(exchange);
    }
    if (done == DONE || coroutine == Py_None) {
        Py_XDECREF(coroutine);
        return 0;
    }
    return link_go_on(link, exchange, coroutine);
}

static int serve(Link *link, const RequestFrame *frame, PyObject *key)
{
    Exchange *exchange = link_admit(link, frame, key);
    if (exchange == NULL) {
        return -1;
    }
    exchange->facts = facts_of(frame);
    int result = exchange->facts == NULL ? -1
        : link->is_plain && exchange->body_ended ? call_plain(link, exchange) : link_begin(link, exchange, NULL);
    Py_DECREF(exchange);
    return result;
}

/*
 * serve_raw(link, application, kind of stream, that kind's serve(), whether the application is a function that is no coroutine function): HTTP
 * requests are served from here from now on.
 */
static PyObject *serve_raw(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *link, *application, *kind, *serving;
    int is_plain;
    if (!PyArg_ParseTuple(args, "O!OOOp", link_type, &link, &application, &kind, &serving, &is_plain)
        || link_serve_by((Link *)link, serve, application, kind, serving) < 0) {
        return NULL;
    }
    ((Link *)link)->is_plain = (char)is_plain;
    Py_RETURN_NONE;
}

/* configure_raw(Facts, what makes a Connection of a connection block, what makes the mapping of a header block) */
static PyObject *configure(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *facts, *parse_connection, *parse_headers;
    if (!PyArg_ParseTuple(args, "OOO", &facts, &parse_connection, &parse_headers)) {
        return NULL;
    }
    blocks_open(&connections, parse_connection);
    blocks_open(&header_blocks, parse_headers);
    set_field(&python_facts, facts);
    Py_RETURN_NONE;
}

PyMethodDef raw_functions[] = {
    {"serve_raw", serve_raw, METH_VARARGS, NULL},
    {"configure_raw", configure, METH_VARARGS, NULL},
    {0},
};
