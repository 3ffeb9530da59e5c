/*
 * receive(), send() and their like, as attributes of their stream: called, they return what call.c makes. To whoever asks what they are they look
 * like the bound methods of Python's coroutine functions that they stand for.
 */
#include "speedups.h"

static PyTypeObject *method_type;

typedef struct {
    PyObject_HEAD
    Exchange *exchange;
    const CallKind *kind;
} Method;

PyObject *method_new(Exchange *exchange, const CallKind *kind)
{
    Method *self = PyObject_GC_New(Method, method_type);
    if (self == NULL) {
        return NULL;
    }
    Py_INCREF(exchange);
    self->exchange = exchange;
    self->kind = kind;
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

static PyObject *call(Method *self, PyObject *args, PyObject *keywords)
{
    static char *name[] = {"message", NULL};
    PyObject *message = NULL;
    if ((keywords == NULL || PyDict_Size(keywords) == 0) && PyTuple_Size(args) == self->kind->takes) {
        message = self->kind->takes ? PyTuple_GetItem(args, 0) : NULL;
    } else if (!self->kind->takes) {
        return PyErr_Format(PyExc_TypeError, "%s() takes no arguments", self->kind->qualified_name);
    } else if (!PyArg_ParseTupleAndKeywords(args, keywords, "O:send", name, &message)) {
        return NULL;
    }
    return call_new(self->exchange, self->kind, message);
}

/* New: the method of Python's. */
static PyObject *python_method(Method *self)
{
    return PyObject_GetAttr((PyObject *)self->exchange, *self->kind->slowly);
}

/* What is not here is as Python's method has it. */
static PyObject *get_attribute(PyObject *self, PyObject *name)
{
    PyObject *found = PyObject_GenericGetAttr(self, name);
    if (found != NULL || !PyErr_ExceptionMatches(PyExc_AttributeError)) {
        return found;
    }
    PyErr_Clear();
    PyObject *method = python_method((Method *)self);
    found = method == NULL ? NULL : PyObject_GetAttr(method, name);
    Py_XDECREF(method);
    return found;
}

static PyObject *from_module(const char *module, const char *name)
{
    PyObject *imported = PyImport_ImportModule(module);
    PyObject *found = imported == NULL ? NULL : PyObject_GetAttrString(imported, name);
    Py_XDECREF(imported);
    return found;
}

/* By these asyncio.iscoroutinefunction() and, from 3.12 on, inspect.iscoroutinefunction() know what is no function. */
static PyObject *get_asyncio_mark(Method *self, void *unused)
{
    return from_module("asyncio.coroutines", "_is_coroutine");
}

static PyObject *get_inspect_mark(Method *self, void *unused)
{
    return from_module("inspect", "_is_coroutine_mark");
}

static PyObject *get_signature(Method *self, void *unused)
{
    PyObject *function = from_module("inspect", "signature"), *method = function == NULL ? NULL : python_method(self);
    PyObject *signature = method == NULL ? NULL : call_function(function, &method, 1);
    Py_XDECREF(function);
    Py_XDECREF(method);
    return signature;
}

static PyObject *get_self(Method *self, void *unused)
{
    Py_INCREF(self->exchange);
    return (PyObject *)self->exchange;
}

static PyObject *get_name(Method *self, void *unused)
{
    return PyUnicode_FromString(self->kind->name);
}

static PyObject *get_qualified_name(Method *self, void *unused)
{
    return PyUnicode_FromString(self->kind->qualified_name);
}

static PyObject *represent(Method *self)
{
    return PyUnicode_FromFormat("<bound method %s of %R>", self->kind->qualified_name, self->exchange);
}

/* As bound methods: of the same stream, and the same. */
static PyObject *compare(PyObject *self, PyObject *other, int operation)
{
    if (Py_TYPE(other) != method_type || (operation != Py_EQ && operation != Py_NE)) {
        Py_INCREF(Py_NotImplemented);
        return Py_NotImplemented;
    }
    Method *one = (Method *)self, *two = (Method *)other;
    int same = one->exchange == two->exchange && one->kind == two->kind;
    return PyBool_FromLong(same == (operation == Py_EQ));
}

static Py_hash_t hash(Method *self)
{
    Py_hash_t value = (Py_hash_t)((uintptr_t)self->exchange >> 4 ^ (uintptr_t)self->kind);
    return value == -1 ? -2 : value;
}

static int traverse(Method *self, visitproc visit, void *arg)
{
    if (python_version >= 0x0309) {
        Py_VISIT(Py_TYPE(self));
    }
    Py_VISIT(self->exchange);
    return 0;
}

static void dealloc(Method *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_XDECREF(self->exchange);
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

static PyGetSetDef properties[] = {
    {"_is_coroutine", (getter)get_asyncio_mark, NULL, NULL, NULL},
    {"_is_coroutine_mark", (getter)get_inspect_mark, NULL, NULL, NULL},
    {"__signature__", (getter)get_signature, NULL, NULL, NULL},
    {"__self__", (getter)get_self, NULL, NULL, NULL},
    {"__name__", (getter)get_name, NULL, NULL, NULL},
    {"__qualname__", (getter)get_qualified_name, NULL, NULL, NULL},
    {0},
};

int method_make_type(void)
{
    PyType_Slot slots[] = {
        {Py_tp_dealloc, dealloc},
        {Py_tp_traverse, traverse},
        {Py_tp_call, call},
        {Py_tp_getattro, get_attribute},
        {Py_tp_getset, properties},
        {Py_tp_repr, represent},
        {Py_tp_richcompare, compare},
        {Py_tp_hash, hash},
        {0},
    };
    PyType_Spec spec = {"hydra_worker._speedups.method", sizeof(Method), 0, TYPE_FLAGS | Py_TPFLAGS_HAVE_GC, slots};
    method_type = (PyTypeObject *)PyType_FromSpec(&spec);
    return method_type == NULL ? -1 : 0;
}
