/* What requests cost the event loop: eventloop/meter.py, which says what is measured and why. */
#include "speedups.h"

#include <time.h>

#define MOST_REQUESTS 64
#define MOST_SECONDS 0.002

static double clock_seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

double monotonic(void)
{
    return clock_seconds(CLOCK_MONOTONIC);
}

double meter_begin(Meter *self)
{
    if (self->processor >= 0) {
        self->busy += clock_seconds(CLOCK_THREAD_CPUTIME_ID) - self->processor;
    }
    self->began = monotonic();
    return self->began;
}

int meter_end(Meter *self)
{
    self->busy += monotonic() - self->began;
    self->processor = -1;
    Py_ssize_t count = PyList_Size(self->unfinished);
    for (Py_ssize_t i = 0; i < count; i++) {
        if (PyDict_Size(PyList_GetItem(self->unfinished, i)) > 0) {
            self->processor = clock_seconds(CLOCK_THREAD_CPUTIME_ID);
            break;
        }
    }
    return self->requests >= MOST_REQUESTS || self->busy >= MOST_SECONDS;
}

void meter_take(Meter *self, uint32_t *microseconds, uint32_t *requests)
{
    double busy = self->busy * 1e6;
    *microseconds = busy >= 4294967295.0 ? UINT32_MAX : (uint32_t)busy;
    *requests = (uint32_t)self->requests;
    self->busy = 0;
    self->requests = 0;
}

static int init(Meter *self, PyObject *args, PyObject *kwargs)
{
    (void)args;
    (void)kwargs;
    PyObject *list = PyList_New(0);
    if (list == NULL) {
        return -1;
    }
    PyObject *before = self->unfinished;
    self->unfinished = list;
    Py_XDECREF(before);
    self->processor = -1;
    return 0;
}

static void dealloc(Meter *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_XDECREF(self->unfinished);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyObject *add(Meter *self, PyObject *unfinished)
{
    if (!PyDict_Check(unfinished)) {
        PyErr_SetString(PyExc_TypeError, "a dictionary is needed");
        return NULL;
    }
    if (PyList_Append(self->unfinished, unfinished) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *begin(Meter *self, PyObject *unused)
{
    (void)unused;
    return PyFloat_FromDouble(meter_begin(self));
}

static PyObject *end(Meter *self, PyObject *unused)
{
    (void)unused;
    return PyBool_FromLong(meter_end(self));
}

static PyObject *take(Meter *self, PyObject *unused)
{
    (void)unused;
    uint32_t microseconds, requests;
    meter_take(self, &microseconds, &requests);
    return Py_BuildValue("(II)", microseconds, requests);
}

static PyMethodDef methods[] = {
    {"add", (PyCFunction)add, METH_O, "A link's requests that have later steps, as the link keeps them."},
    {"begin", (PyCFunction)begin, METH_NOARGS, "A batch begins. Returns the time of the monotonic clock."},
    {"end", (PyCFunction)end, METH_NOARGS, "The batch is over. Says whether the front should hear of it."},
    {"take", (PyCFunction)take, METH_NOARGS, "Microseconds and requests since the last time."},
    {0},
};

static PyMemberDef members[] = {
    {"requests", T_PYSSIZET, offsetof(Meter, requests), 0, NULL},
    {0},
};

PyTypeObject *meter_make_type(void)
{
    PyType_Slot slots[] = {
        {Py_tp_init, init},
        {Py_tp_dealloc, dealloc},
        {Py_tp_methods, methods},
        {Py_tp_members, members},
        {Py_tp_doc, "LoopMeter of eventloop/meter.py."},
        {0},
    };
    PyType_Spec spec = {"hydra_worker._speedups.Meter", sizeof(Meter), 0, TYPE_FLAGS, slots};
    return (PyTypeObject *)PyType_FromSpec(&spec);
}
