/*
 * WeakSet.add() of weakref.py, for asyncio's set of all tasks: each task is added to it when it is made, and taken out when it is gone, and
 * either runs Python code there.
 */
#include "speedups.h"

/* Borrowed: one of the set's attributes; NULL with an exception where it has none of this name and type. */
static PyObject *attribute(PyObject *attributes, PyObject *name, PyTypeObject *type)
{
    PyObject *value = PyDict_GetItemWithError(attributes, name);
    if (value == NULL || !PyObject_TypeCheck(value, type)) {
        if (!PyErr_Occurred()) {
            PyErr_SetObject(PyExc_AttributeError, name);
        }
        return NULL;
    }
    return value;
}

/* WeakSet._remove(): called when what this refers to is gone. `attributes` are the set's. */
static PyObject *removed(PyObject *attributes, PyObject *reference)
{
    PyObject *iterating = attribute(attributes, names.iterating, &PySet_Type);
    if (iterating == NULL) {
        return NULL;
    }
    int is_busy = PySet_Size(iterating) > 0;
    PyObject *held = attribute(attributes, is_busy ? names.pending_removals : names.data, is_busy ? &PyList_Type : &PySet_Type);
    if (held == NULL || (is_busy ? PyList_Append(held, reference) : PySet_Discard(held, reference)) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef removed_definition = {"_remove", removed, METH_O, NULL};

/* `self` is a tuple: the set, its attributes, and the callback of its references. */
static PyObject *add(PyObject *self, PyObject *item)
{
    PyObject *attributes = PyTuple_GetItem(self, 1), *pending = attribute(attributes, names.pending_removals, &PyList_Type);
    if (pending == NULL) {
        return NULL;
    }
    if (PyList_Size(pending) > 0) {
        PyObject *set = PyTuple_GetItem(self, 0), *method = PyObject_GetAttr((PyObject *)Py_TYPE(set), names.add);
        PyObject *arguments[] = {set, item};
        PyObject *result = method == NULL ? NULL : call_function(method, arguments, 2);
        Py_XDECREF(method);
        return result;
    }
    PyObject *data = attribute(attributes, names.data, &PySet_Type);
    PyObject *reference = data == NULL ? NULL : PyWeakref_NewRef(item, PyTuple_GetItem(self, 2));
    int result = reference == NULL ? -1 : PySet_Add(data, reference);
    Py_XDECREF(reference);
    if (result < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef add_definition = {"add", add, METH_O, "WeakSet.add()."};

/* adder_of(set): what does the same as the set's add(), to be put into its place. */
static PyObject *adder_of(PyObject *module, PyObject *set)
{
    (void)module;
    PyObject *attributes = PyObject_GetAttrString(set, "__dict__");
    PyObject *callback = attributes == NULL ? NULL : PyCFunction_NewEx(&removed_definition, attributes, NULL);
    PyObject *self = callback == NULL ? NULL : PyTuple_Pack(3, set, attributes, callback);
    PyObject *result = self == NULL ? NULL : PyCFunction_NewEx(&add_definition, self, NULL);
    Py_XDECREF(attributes);
    Py_XDECREF(callback);
    Py_XDECREF(self);
    return result;
}

PyMethodDef registry_functions[] = {
    {"adder_of", adder_of, METH_O, NULL},
    {0},
};
