/* The module hydra_worker._speedups: its types, the names that it looks up, and calls by the quickest way that the interpreter has. */
#define _GNU_SOURCE
#include "speedups.h"

#include <dlfcn.h>
#include <stddef.h>

Names names;
int python_version;
PyTypeObject *meter_type;
SendFunction iter_send;
Utf8Function as_utf8;

/* Newer than the limited API of 3.8, and looked up when the module is loaded. */
typedef PyObject *(*CallFunction)(PyObject *, PyObject *const *, size_t, PyObject *);
static CallFunction vectorcall, vectorcall_method;
CopyContext copy_context;
EnterContext enter_context, exit_context;

PyObject *call_keywords(PyObject *callable, PyObject *const *arguments, size_t count, PyObject *keywords)
{
    if (vectorcall != NULL) {
        return vectorcall(callable, arguments, count, keywords);
    }
    PyObject *positional = PyTuple_New((Py_ssize_t)count);
    PyObject *named = positional == NULL || keywords == NULL ? NULL : PyDict_New();
    PyObject *result = NULL;
    if (positional != NULL && (keywords == NULL || named != NULL)) {
        for (size_t i = 0; i < count; i++) {
            Py_INCREF(arguments[i]);
            PyTuple_SetItem(positional, (Py_ssize_t)i, arguments[i]);
        }
        int good = 1;
        for (Py_ssize_t i = 0; keywords != NULL && i < PyTuple_Size(keywords); i++) {
            good = good && PyDict_SetItem(named, PyTuple_GetItem(keywords, i), arguments[count + (size_t)i]) == 0;
        }
        result = good ? PyObject_Call(callable, positional, named) : NULL;
    }
    Py_XDECREF(positional);
    Py_XDECREF(named);
    return result;
}

PyObject *call_function(PyObject *callable, PyObject *const *arguments, size_t count)
{
    return call_keywords(callable, arguments, count, NULL);
}

/* With one argument, or none where that is NULL. */
PyObject *call_method(PyObject *self, PyObject *name, PyObject *argument)
{
    if (vectorcall_method != NULL) {
        PyObject *arguments[2] = {self, argument};
        return vectorcall_method(name, arguments, argument == NULL ? 1 : 2, NULL);
    }
    return PyObject_CallMethodObjArgs(self, name, argument, NULL);
}

/* 0, or -1 with an exception. */
int call_and_forget(PyObject *self, PyObject *name, PyObject *argument)
{
    PyObject *result = call_method(self, name, argument);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* Calls with arguments that it takes over; of these and what is called one that is NULL is an exception that is there already. */
PyObject *call_taking(PyObject *callable, PyObject **arguments, size_t count)
{
    int good = callable != NULL;
    for (size_t i = 0; i < count; i++) {
        good = good && arguments[i] != NULL;
    }
    PyObject *result = good ? call_function(callable, arguments, count) : NULL;
    for (size_t i = 0; i < count; i++) {
        Py_XDECREF(arguments[i]);
    }
    return result;
}

/* The same of a method. */
PyObject *call_with(PyObject *self, PyObject *name, PyObject **arguments, size_t count)
{
    PyObject *method = PyObject_GetAttr(self, name);
    PyObject *result = call_taking(method, arguments, count);
    Py_XDECREF(method);
    return result;
}

PyObject *bytes_of(const char *data, size_t size)
{
    return PyBytes_FromStringAndSize(data, (Py_ssize_t)size);
}

/* Puts a reference of its own in the place of what is there. */
void set_field(PyObject **field, PyObject *value)
{
    PyObject *before = *field;
    Py_XINCREF(value);
    *field = value;
    Py_XDECREF(before);
}

/* Puts a value that it takes over into a dictionary. 0, or -1 with an exception; a value that is NULL is one. */
int put_item(PyObject *dictionary, PyObject *key, PyObject *value)
{
    int result = value == NULL ? -1 : PyDict_SetItem(dictionary, key, value);
    Py_XDECREF(value);
    return result;
}

/* Appends to a list, which is made where there is none. 0, or -1 with an exception. */
int append_to(PyObject **list, PyObject *value)
{
    if (is_none(*list)) {
        PyObject *made = PyList_New(0);
        if (made == NULL) {
            return -1;
        }
        set_field(list, made);
        Py_DECREF(made);
    }
    return PyList_Append(*list, value);
}

static PyObject *text(const char *value)
{
    return PyUnicode_InternFromString(value);
}

static int make_names(void)
{
#define NAME(field, value) if ((names.field = text(value)) == NULL) { return -1; }
#include "names.h"
#undef NAME
    static const char *methods[METHODS] = {"GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"};
    for (int i = 0; i < METHODS; i++) {
        names.method_bytes[i] = methods[i];
        names.method_sizes[i] = strlen(methods[i]);
        if ((names.methods[i] = text(methods[i])) == NULL) {
            return -1;
        }
    }
    names.empty_bytes = PyBytes_FromStringAndSize("", 0);
    names.no_headers = PyTuple_New(0);
    names.kw_loop = Py_BuildValue("(s)", "loop");
    names.kw_eager = Py_BuildValue("(ss)", "loop", "eager_start");
    names.http_request = Py_BuildValue("{s:s,s:y,s:O}", "type", "http.request", "body", "", "more_body", Py_False);
    names.websocket_connect = Py_BuildValue("{s:s}", "type", "websocket.connect");
    names.websocket_receive = Py_BuildValue("{s:s}", "type", "websocket.receive");
    return names.empty_bytes && names.no_headers && names.kw_loop && names.kw_eager && names.http_request && names.websocket_connect
        && names.websocket_receive ? 0 : -1;
}

/* What is of Python's code: the exceptions for frames that break the protocol. */
static PyObject *configure(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *wire_error, *struct_error;
    if (!PyArg_ParseTuple(args, "OO", &wire_error, &struct_error)) {
        return NULL;
    }
    Py_INCREF(wire_error);
    Py_INCREF(struct_error);
    Py_XDECREF(names.wire_error);
    Py_XDECREF(names.struct_error);
    names.wire_error = wire_error;
    names.struct_error = struct_error;
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"configure", configure, METH_VARARGS, "Takes wire.WireError and struct.error. To be called before anything else is used."},
    {0},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_speedups", "The hot path of a worker on the event loop; see docs/speedups.md.", -1, functions, NULL, NULL, NULL, NULL,
};

static int add(PyObject *module, const char *name, PyTypeObject *type)
{
    if (type == NULL) {
        return -1;
    }
    Py_INCREF(type);
    return PyModule_AddObject(module, name, (PyObject *)type);
}

PyMODINIT_FUNC PyInit__speedups(void)
{
    PyObject *version = PySys_GetObject("hexversion");
    python_version = version == NULL ? 0 : (int)(PyLong_AsLong(version) >> 16);
    vectorcall = (CallFunction)dlsym(RTLD_DEFAULT, "PyObject_Vectorcall");
    vectorcall_method = (CallFunction)dlsym(RTLD_DEFAULT, "PyObject_VectorcallMethod");
    as_utf8 = (Utf8Function)dlsym(RTLD_DEFAULT, "PyUnicode_AsUTF8AndSize");
    iter_send = (SendFunction)dlsym(RTLD_DEFAULT, "PyIter_Send");
    copy_context = (CopyContext)dlsym(RTLD_DEFAULT, "PyContext_CopyCurrent");
    enter_context = (EnterContext)dlsym(RTLD_DEFAULT, "PyContext_Enter");
    exit_context = (EnterContext)dlsym(RTLD_DEFAULT, "PyContext_Exit");
    if (copy_context == NULL || enter_context == NULL || exit_context == NULL) {
        PyErr_SetString(PyExc_ImportError, "this Python has no PyContext_CopyCurrent()");
        return NULL;
    }
    PyObject *module = PyModule_Create(&definition);
    if (module == NULL || make_names() < 0 || PyModule_AddFunctions(module, wsgi_functions) < 0 || PyModule_AddFunctions(module, rsgi_functions) < 0
        || PyModule_AddFunctions(module, raw_functions) < 0 || PyModule_AddFunctions(module, registry_functions) < 0
        || PyModule_AddFunctions(module, fields_functions) < 0 || add(module, "Exchange", exchange_type = exchange_make_type()) < 0
        || add(module, "RsgiExchange", rsgi_make_type()) < 0 || add(module, "RsgiScope", rsgi_make_scope_type()) < 0
        || add(module, "RawExchange", raw_make_type()) < 0
        || (call_type = call_make_type()) == NULL || method_make_type() < 0 || add(module, "Meter", meter_type = meter_make_type()) < 0
        || add(module, "Link", link_type = link_make_type()) < 0
        || PyModule_AddIntConstant(module, "TAKES_BODY", TAKES_BODY) < 0 || PyModule_AddIntConstant(module, "TAKES_WINDOW", TAKES_WINDOW) < 0
        || PyModule_AddIntConstant(module, "TAKES_DATA", TAKES_DATA) < 0
        || PyModule_AddObject(module, "SCHEMA_HASH", PyLong_FromUnsignedLongLong(WIRE_SCHEMA_HASH)) < 0) {
        Py_XDECREF(module);
        return NULL;
    }
    return module;
}
