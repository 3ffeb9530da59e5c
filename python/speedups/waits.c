/*
 * Who waits for a stream, and how they go on. They wait for futures of the loop's, as LoopStream.change() has it. What a batch of frames
 * has brought is told to them when all of the batch is here, and their next steps are taken at once: what they send leaves with the batch.
 */
#include "speedups.h"

/* New: a future that the stream's next change completes. */
PyObject *wait_begin(Exchange *self)
{
    if (!link_is(self->link)) {
        PyErr_SetString(PyExc_RuntimeError, "the stream has no link");
        return NULL;
    }
    PyObject *future = call_method(((Link *)self->link)->loop, names.create_future, NULL);
    if (future != NULL && append_to(&self->waiting, future) < 0) {
        Py_CLEAR(future);
    }
    return future;
}

/* Nobody waits for this future any more. */
void wait_forget(Exchange *self, PyObject *future)
{
    PyObject *waiting = self->waiting;
    if (is_none(waiting) || !PyList_Check(waiting)) {
        return;
    }
    for (Py_ssize_t i = PyList_Size(waiting) - 1; i >= 0; i--) {
        if (PyList_GetItem(waiting, i) == future) {
            PyList_SetSlice(waiting, i, i + 1, NULL);
            return;
        }
    }
}

/* A frame has brought something for a stream: who waits for it hears so at the end of the batch. */
int wait_wake(Exchange *self, Link *link)
{
    PyObject *waiting = self->waiting;
    if (is_none(waiting) || !PyList_CheckExact(waiting)) {
        return is_none(waiting) ? 0 : call_and_forget((PyObject *)self, names.wake, NULL);
    }
    if (PyList_Size(waiting) == 0) {
        return 0;
    }
    self->waiting = NULL;
    int result = 0;
    if (link->woken == NULL) {
        link->woken = waiting;
        return 0;
    }
    Py_ssize_t end = PyList_Size(link->woken);
    result = PyList_SetSlice(link->woken, end, end, waiting);
    Py_DECREF(waiting);
    return result;
}

static int complete(Link *link, PyObject *future, int directly)
{
    PyObject *done = call_method(future, names.done, NULL);
    if (done == NULL) {
        return -1;
    }
    Py_DECREF(done);
    if (done == Py_True) {
        return 0;
    }
    if (!directly) {
        return call_and_forget(future, names.set_result, Py_None);
    }
    if ((link->output && link_expect_more(link) < 0) || start_captured(link, future) < 0) {
        return -1;
    }
    double now = monotonic();
    if (now - link->now > FLUSH_SECONDS) {
        link->now = now;
        return link->output ? link_send_out(link) : 0;
    }
    return 0;
}

/* Those that wait go on: with their next steps at once, or in the loop's next turn. All of them, whatever one of them raises. */
int wait_resume(Link *link, int directly)
{
    PyObject *woken = link->woken;
    if (woken == NULL) {
        return 0;
    }
    link->woken = NULL;
    PyObject *type = NULL, *value = NULL, *trace = NULL;
    int result = 0;
    Py_ssize_t count = PyList_Size(woken);
    for (Py_ssize_t i = 0; i < count; i++) {
        if (complete(link, PyList_GetItem(woken, i), directly && result == 0) < 0) {
            if (result == 0) {
                PyErr_Fetch(&type, &value, &trace);
            } else {
                PyErr_Clear();
            }
            result = -1;
        }
    }
    Py_DECREF(woken);
    if (result < 0) {
        PyErr_Restore(type, value, trace);
    }
    return result;
}
