/*
 * What receive() and send() return, and their like of other interfaces: it does its work when it is awaited, as a coroutine does, and can be used like one. Where the work is
 * rare it makes Python's coroutine and is that from then on.
 */
#include "speedups.h"

PyTypeObject *call_type;

/* The number of Py_am_send, which the limited API has from 3.10 on. */
#define AM_SEND 81

/* WAITING is for a change of the stream: `inner` is what awaits the future. */
enum { CREATED, DELEGATED, WAITING, ENDED };

typedef struct {
    PyObject_HEAD
    Exchange *exchange;
    PyObject *message; /* of send(); NULL for receive() */
    PyObject *inner, *future;
    const CallKind *kind;
    char state, running;
} Call;

/* As PyIter_Send(). */
typedef enum { RETURNED = 0, FAILED = -1, YIELDED = 1 } Step;

PyObject *call_new(Exchange *exchange, const CallKind *kind, PyObject *message)
{
    Call *self = PyObject_GC_New(Call, call_type);
    if (self == NULL) {
        return NULL;
    }
    Py_INCREF(exchange);
    Py_XINCREF(message);
    self->exchange = exchange;
    self->message = message;
    self->inner = NULL;
    self->future = NULL;
    self->kind = kind;
    self->state = CREATED;
    self->running = 0;
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

/* The value of the StopIteration that is raised; FAILED where it is another exception. */
static Step returned(PyObject **result)
{
    if (!PyErr_ExceptionMatches(PyExc_StopIteration)) {
        return FAILED;
    }
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    *result = value == NULL ? NULL : PyObject_GetAttrString(value, "value");
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    return *result == NULL ? FAILED : RETURNED;
}

/* It waits no more, whatever that comes from. */
static void stop_waiting(Call *self)
{
    if (self->future != NULL) {
        wait_forget(self->exchange, self->future);
        Py_CLEAR(self->future);
    }
}

static Step resume(Call *self, PyObject *value, PyObject **result)
{
    Step step;
    self->running = 1;
    if (iter_send != NULL) {
        step = (Step)iter_send(self->inner, value, result);
    } else {
        *result = call_method(self->inner, names.send, value);
        step = *result != NULL ? YIELDED : returned(result);
    }
    self->running = 0;
    if (step != YIELDED) {
        stop_waiting(self);
        self->state = ENDED;
        Py_CLEAR(self->inner);
    }
    return step;
}

/* Makes Python's coroutine of what has not begun, or has waited in vain. */
static int delegate(Call *self)
{
    self->inner = call_method((PyObject *)self->exchange, *self->kind->slowly, self->message);
    if (self->inner == NULL) {
        self->state = ENDED;
        return -1;
    }
    self->state = DELEGATED;
    return 0;
}

static int begin_to_wait(Call *self)
{
    self->future = wait_begin(self->exchange);
    self->inner = self->future == NULL ? NULL : PyObject_GetIter(self->future);
    if (self->inner == NULL) {
        stop_waiting(self);
        return -1;
    }
    self->state = WAITING;
    return 0;
}

/* Does the work, or finds out who does. */
static Step work(Call *self, PyObject **result)
{
    while (1) {
        self->state = ENDED;
        *result = NULL;
        int done = self->kind->run(self->exchange, self->message, result);
        if (done == DONE) {
            if (*result == NULL) {
                Py_INCREF(Py_None);
                *result = Py_None;
            }
            return RETURNED;
        }
        if (done == FAIL || PyErr_Occurred() || (done == WAIT ? begin_to_wait(self) : delegate(self)) < 0) {
            return FAILED;
        }
        Step step = resume(self, Py_None, result);
        if (done != WAIT || step != RETURNED) {
            return step;
        }
        Py_DECREF(*result);
    }
}

static Step step(Call *self, PyObject *value, PyObject **result)
{
    *result = NULL;
    if (self->running) {
        PyErr_SetString(PyExc_ValueError, "coroutine already executing");
        return FAILED;
    }
    if (self->state == ENDED) {
        PyErr_SetString(PyExc_RuntimeError, "cannot reuse already awaited coroutine");
        return FAILED;
    }
    if (self->state == CREATED) {
        if (value != Py_None) {
            PyErr_SetString(PyExc_TypeError, "can't send non-None value to a just-started coroutine");
            return FAILED;
        }
        return work(self, result);
    }
    if (self->state == DELEGATED) {
        return resume(self, value, result);
    }
    Step step = resume(self, value, result);
    if (step != RETURNED) {
        return step;
    }
    Py_DECREF(*result);
    return work(self, result);
}

static PyObject *as_generator(Step step, PyObject *result)
{
    if (step == RETURNED) {
        if (result == Py_None) {
            PyErr_SetNone(PyExc_StopIteration);
        } else {
            PyErr_SetObject(PyExc_StopIteration, result);
        }
        Py_DECREF(result);
        return NULL;
    }
    return result;
}

static PyObject *next(Call *self)
{
    PyObject *result;
    Step taken = step(self, Py_None, &result);
    if (taken == RETURNED && result == Py_None) {
        Py_DECREF(result);
        return NULL;
    }
    return as_generator(taken, result);
}

static PyObject *send(Call *self, PyObject *value)
{
    PyObject *result;
    Step taken = step(self, value, &result);
    return as_generator(taken, result);
}

static int am_send(Call *self, PyObject *value, PyObject **result)
{
    return step(self, value, result);
}

static PyObject *throw_(Call *self, PyObject *args)
{
    if (self->running) {
        PyErr_SetString(PyExc_ValueError, "coroutine already executing");
        return NULL;
    }
    if (self->state == ENDED) {
        PyErr_SetString(PyExc_RuntimeError, "cannot reuse already awaited coroutine");
        return NULL;
    }
    if (self->state == CREATED && delegate(self) < 0) {
        return NULL;
    }
    PyObject *function = PyObject_GetAttr(self->inner, names.throw_);
    if (function == NULL) {
        return NULL;
    }
    self->running = 1;
    PyObject *result = PyObject_Call(function, args, NULL);
    self->running = 0;
    Py_DECREF(function);
    if (result == NULL) {
        stop_waiting(self);
        self->state = ENDED;
        Py_CLEAR(self->inner);
    }
    return result;
}

static PyObject *close_(Call *self, PyObject *unused)
{
    (void)unused;
    if (self->running) {
        PyErr_SetString(PyExc_ValueError, "coroutine already executing");
        return NULL;
    }
    PyObject *inner = self->inner;
    stop_waiting(self);
    self->inner = NULL;
    self->state = ENDED;
    if (inner == NULL) {
        Py_RETURN_NONE;
    }
    PyObject *result = call_method(inner, names.close, NULL);
    Py_DECREF(inner);
    return result;
}

static PyObject *itself(PyObject *self)
{
    Py_INCREF(self);
    return self;
}

static PyObject *await_(PyObject *self, PyObject *unused)
{
    (void)unused;
    return itself(self);
}

/* What tools ask of a coroutine: of Python's where there is one. */
static PyObject *get_attribute(Call *self, void *name)
{
    if (self->state != DELEGATED) {
        Py_RETURN_NONE;
    }
    return PyObject_GetAttrString(self->inner, name);
}

static PyObject *get_await(Call *self, void *name)
{
    return self->state == WAITING ? itself(self->inner) : get_attribute(self, name);
}

static PyObject *get_running(Call *self, void *unused)
{
    (void)unused;
    return PyBool_FromLong(self->running);
}

static PyObject *get_suspended(Call *self, void *unused)
{
    (void)unused;
    return PyBool_FromLong((self->state == DELEGATED || self->state == WAITING) && !self->running);
}

static PyObject *get_name(Call *self, void *unused)
{
    (void)unused;
    return PyUnicode_FromString(self->kind->name);
}

static PyObject *get_qualified_name(Call *self, void *unused)
{
    (void)unused;
    return PyUnicode_FromString(self->kind->qualified_name);
}

static int traverse(Call *self, visitproc visit, void *arg)
{
    if (python_version >= 0x0309) {
        Py_VISIT(Py_TYPE(self));
    }
    Py_VISIT(self->exchange);
    Py_VISIT(self->message);
    Py_VISIT(self->inner);
    Py_VISIT(self->future);
    return 0;
}

static int clear(Call *self)
{
    self->state = ENDED;
    Py_CLEAR(self->exchange);
    Py_CLEAR(self->message);
    Py_CLEAR(self->inner);
    Py_CLEAR(self->future);
    return 0;
}

static void warn(Call *self)
{
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    if (PyErr_WarnFormat(PyExc_RuntimeWarning, 1, "coroutine '%s' was never awaited", self->kind->qualified_name) < 0) {
        /* Without a word of itself, which is gone when somebody looks. */
        PyErr_WriteUnraisable(NULL);
    }
    PyErr_Restore(type, value, trace);
}

static void dealloc(Call *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (self->state == CREATED) {
        warn(self);
    }
    clear(self);
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"send", (PyCFunction)send, METH_O, NULL},
    {"throw", (PyCFunction)throw_, METH_VARARGS, NULL},
    {"close", (PyCFunction)close_, METH_NOARGS, NULL},
    {"__await__", await_, METH_NOARGS, NULL},
    {0},
};

static PyGetSetDef properties[] = {
    {"cr_frame", (getter)get_attribute, NULL, NULL, "cr_frame"},
    {"cr_await", (getter)get_await, NULL, NULL, "cr_await"},
    {"cr_code", (getter)get_attribute, NULL, NULL, "cr_code"},
    {"cr_origin", (getter)get_attribute, NULL, NULL, "cr_origin"},
    {"cr_running", (getter)get_running, NULL, NULL, NULL},
    {"cr_suspended", (getter)get_suspended, NULL, NULL, NULL},
    {"__name__", (getter)get_name, NULL, NULL, NULL},
    {"__qualname__", (getter)get_qualified_name, NULL, NULL, NULL},
    {0},
};

PyTypeObject *call_make_type(void)
{
    PyType_Slot slots[] = {
        {Py_tp_dealloc, dealloc},
        {Py_tp_traverse, traverse},
        {Py_tp_clear, clear},
        {Py_tp_methods, methods},
        {Py_tp_getset, properties},
        {Py_tp_iter, itself},
        {Py_tp_iternext, next},
        {Py_am_await, itself},
        {python_version >= 0x030A ? AM_SEND : 0, python_version >= 0x030A ? (void *)am_send : NULL},
        {0},
    };
    PyType_Spec spec = {"hydra_worker._speedups.Call", sizeof(Call), 0, TYPE_FLAGS | Py_TPFLAGS_HAVE_GC, slots};
    return (PyTypeObject *)PyType_FromSpec(&spec);
}
