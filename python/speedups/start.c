/* Starts tasks and takes their first steps at once: eventloop/tasks.py, which says how and why. */
#include "speedups.h"

/* How tasks are started. */
enum { BY_PYTHON, BY_CAPTURE, BY_EAGERNESS };

/* In the place of the loop's call_soon(), for the time of a task's constructor: takes the first step, with its context. */
static PyObject *take(PyObject *self, PyObject *const *arguments, Py_ssize_t count, PyObject *keywords)
{
    Link *link = (Link *)self;
    int is_step = count == 1 || (count == 2 && arguments[1] == link->completed);
    if (is_step && keywords != NULL && PyTuple_Size(keywords) == 1 && link->step == NULL) {
        Py_INCREF(arguments[0]);
        Py_INCREF(arguments[count]);
        link->step = arguments[0];
        link->context = arguments[count];
        Py_RETURN_NONE;
    }
    /* Of somebody else, who runs within it: a finalizer. */
    PyObject *call_soon = PyObject_GetAttr((PyObject *)Py_TYPE(link->loop), names.call_soon);
    PyObject *positional = call_soon == NULL ? NULL : PyTuple_New(count + 1);
    PyObject *named = positional == NULL ? NULL : PyDict_New();
    PyObject *result = NULL;
    if (named != NULL) {
        Py_INCREF(link->loop);
        PyTuple_SetItem(positional, 0, link->loop);
        for (Py_ssize_t i = 0; i < count; i++) {
            Py_INCREF(arguments[i]);
            PyTuple_SetItem(positional, i + 1, arguments[i]);
        }
        int good = 1;
        for (Py_ssize_t i = 0; keywords != NULL && i < PyTuple_Size(keywords); i++) {
            good = good && PyDict_SetItem(named, PyTuple_GetItem(keywords, i), arguments[count + i]) == 0;
        }
        result = good ? PyObject_Call(call_soon, positional, named) : NULL;
    }
    Py_XDECREF(call_soon);
    Py_XDECREF(positional);
    Py_XDECREF(named);
    return result;
}

static PyMethodDef take_definition = {"call_soon", (PyCFunction)(void (*)(void))take, METH_FASTCALL | METH_KEYWORDS, NULL};

PyObject *start_make_take(Link *link)
{
    return PyCFunction_NewEx(&take_definition, (PyObject *)link, NULL);
}

static int by_python(Link *link, PyObject *start)
{
    Py_XDECREF(link->start);
    link->start = start;
    link->starts = BY_PYTHON;
    return start == NULL ? -1 : 0;
}

/* Finds the way that fits the loop's present task factory: starter() of tasks.py. May be called only while no task runs. */
int start_refresh(Link *link)
{
    link->direct = 0;
    if (!link->eager) {
        return by_python(link, PyObject_GetAttr(link->loop, names.create_task));
    }
    if (link->loop_attributes != NULL && !PyObject_HasAttr(link->loop, names.nest_patched)) {
        PyObject *factory = call_method(link->loop, names.get_task_factory, NULL);
        if (factory == NULL) {
            return -1;
        }
        Py_DECREF(factory);
        link->direct = 1;
        if (factory == Py_None) {
            link->starts = python_version >= 0x030C ? BY_EAGERNESS : BY_CAPTURE;
            return 0;
        }
    }
    return by_python(link, call_function(link->starter, &link->loop, 1));
}

/* For the time of a call, the loop's call_soon() gives what it was given to the link. */
static int begin_capture(Link *link)
{
    return PyDict_SetItem(link->loop_attributes, names.call_soon, link->take);
}

/* Runs what was captured: a step with its context, which is called with `argument`, or with nothing where that is NULL. */
static int end_capture(Link *link, PyObject *argument, int runs)
{
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    if (PyDict_DelItem(link->loop_attributes, names.call_soon) < 0) {
        /* Somebody has put the loop's own one back. */
        PyErr_Clear();
    }
    PyErr_Restore(type, value, trace);
    PyObject *step = link->step, *context = link->context;
    link->step = link->context = NULL;
    int good = 1;
    if (runs && step != NULL) {
        PyObject *arguments[] = {context, step, argument};
        PyObject *run = PyObject_GetAttr(context, names.run);
        PyObject *result = run == NULL ? NULL : call_function(run, arguments + 1, argument == NULL ? 1 : 2);
        good = result != NULL;
        Py_XDECREF(run);
        Py_XDECREF(result);
    }
    Py_XDECREF(step);
    Py_XDECREF(context);
    return good ? 0 : -1;
}

static PyObject *start_by_capture(Link *link, PyObject *coroutine)
{
    if (begin_capture(link) < 0) {
        return NULL;
    }
    PyObject *arguments[2] = {coroutine, link->loop};
    PyObject *task = call_keywords(link->task_type, arguments, 1, names.kw_loop);
    if (end_capture(link, NULL, task != NULL) < 0) {
        Py_CLEAR(task);
    }
    return task;
}

/* Completes a future that a task waits for, and takes that task's next step. */
int start_captured(Link *link, PyObject *future)
{
    if (begin_capture(link) < 0) {
        return -1;
    }
    link->completed = future;
    PyObject *result = call_method(future, names.set_result, Py_None);
    link->completed = NULL;
    int taken = end_capture(link, future, result != NULL);
    Py_XDECREF(result);
    return result == NULL || taken < 0 ? -1 : 0;
}

/* New: the task, whose first step is taken. */
PyObject *start_task(Link *link, PyObject *coroutine)
{
    if (link->starts == BY_CAPTURE) {
        return start_by_capture(link, coroutine);
    }
    if (link->starts == BY_EAGERNESS) {
        PyObject *arguments[3] = {coroutine, link->loop, Py_True};
        return call_keywords(link->task_type, arguments, 1, names.kw_eager);
    }
    PyObject *start = link->start;
    Py_INCREF(start);
    PyObject *task = call_function(start, &coroutine, 1);
    Py_DECREF(start);
    return task;
}

/* Whether the request's task has not ended with its first step. -1 with an exception. */
int start_goes_on(Link *link, const Exchange *exchange, PyObject *task)
{
    if (exchange->through && link->starts != BY_PYTHON) {
        /* It has returned. What a task factory has made may go on behind that. */
        return 0;
    }
    PyObject *done = call_method(task, names.done, NULL);
    if (done == NULL) {
        return -1;
    }
    int is_done = done == Py_True;
    Py_DECREF(done);
    return !is_done;
}
