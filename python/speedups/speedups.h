/*
 * The hot path of a worker on the event loop, against CPython's limited API of 3.8. What is rare is Python's, in hydra_worker:
 * each function here either does all of its work as that does it, or nothing, and calls the Python code instead.
 *
 * Everything runs with the interpreter's lock, which is never released here.
 */
#ifndef HYDRA_SPEEDUPS_H
#define HYDRA_SPEEDUPS_H

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x03080000
#include <Python.h>
#include <structmember.h>

#include <stdint.h>
#include <string.h>

#include "bytes.h"
#include "wire.h"

/* The headers of before 3.12 count references inline, which objects that live for ever in newer interpreters are not made for. */
#undef Py_INCREF
#undef Py_DECREF
#undef Py_XINCREF
#undef Py_XDECREF
#undef Py_CLEAR
#undef Py_RETURN_NONE
#define Py_INCREF(o) Py_IncRef((PyObject *)(o))
#define Py_DECREF(o) Py_DecRef((PyObject *)(o))
#define Py_XINCREF(o) Py_IncRef((PyObject *)(o))
#define Py_XDECREF(o) Py_DecRef((PyObject *)(o))
#define Py_CLEAR(o) do { PyObject *cleared_ = (PyObject *)(o); (o) = NULL; Py_DecRef(cleared_); } while (0)
#define Py_RETURN_NONE do { Py_IncRef(Py_None); return Py_None; } while (0)

/* Types remember their attributes only with the flag 18, which headers of before 3.10 have in no default. */
#define TYPE_FLAGS (Py_TPFLAGS_DEFAULT | (1UL << 18))

#ifndef METH_FASTCALL
/* In the limited API from 3.10 on; the same number and signature since 3.7. */
#define METH_FASTCALL 0x0080
#endif

/* The positions of a response, as response.py has them. */
enum { PHASE_IDLE = 0, PHASE_HELD = 1, PHASE_SENT = 2, PHASE_BROKEN = 3, PHASE_TRAILING = 4, PHASE_DONE = 5 };

/* How long a batch may run, in seconds, before the responses that are there leave: see eventloop/link.py. */
#define FLUSH_SECONDS 0.001

/* Bodies up to this size, in bytes, are copied beside their frames; longer ones are sent from where they are. */
#define COPIED 2048

typedef struct Link Link;

/* One request with its response, or a session: the fields of Stream and its descendants, which fields.py names. */
typedef struct {
    PyObject_HEAD
    PyObject *link;
    PyObject *key; /* the number as the link's streams have it; NULL before that is needed */
    PyObject *body, *chunks, *waiting;
    PyObject *head, *violation, *rest, *opened, *trailers;
    PyObject *facts; /* what the request says, where the interface keeps that: see facts.c */
    unsigned long long id;
    double started;
    Py_ssize_t window, owed, credit;
    long long remaining; /* -1 for None */
    int phase, status, unseen, body_ended, expects;
    unsigned queued; /* WSGI: microseconds that it has waited in the front */
    char gone, finished, body_taken, bodiless, overrun, sending;
    /* of a session: see session.py */
    PyObject *messages, *parts, *code, *reason;
    unsigned long long received; /* messages */
    char accepted, closed, connected;
    char through; /* what its task is to do is done, and it is about to return */
} Exchange;

/* What one of an application's coroutines does natively, and what makes Python's coroutine for the rest. */
typedef struct {
    int (*run)(Exchange *, PyObject *message, PyObject **result); /* DONE, LOOK, WAIT or FAIL */
    PyObject **slowly;
    const char *name, *qualified_name;
    int takes; /* 1 where it takes a message */
} CallKind;

/* What a native function says that may leave its work to Python: it is done, Python is to look, it has to wait, there is an exception. */
enum { DONE = 1, LOOK = 0, WAIT = 2, FAIL = -1 };

/* Streams whose frames are taken here, by their exact type: a bit for each kind of frame. */
enum { TAKES_BODY = 1, TAKES_WINDOW = 2, TAKES_DATA = 4 };
#define MOST_KINDS 4

typedef struct {
    PyObject *type;
    int frames;
} StreamKind;

/* What requests cost the loop: see eventloop/meter.py. */
typedef struct {
    PyObject_HEAD
    PyObject *unfinished; /* a list of dictionaries */
    double busy, began, processor; /* processor: -1 for none */
    Py_ssize_t requests;
} Meter;

/* A part of the output: of the arena (owner NULL), or of a bytes object. */
typedef struct {
    PyObject *owner;
    const char *data;
    size_t offset, size;
} Piece;

/* What was made of bytes; empty at first. See memory.c. */
typedef struct {
    struct MemorySet *sets;
} Memory;

/* Blocks that were seen, and what makes something of one: as BlockCache in headers.py. */
typedef struct {
    PyObject *make;
    Memory memory;
} Blocks;

/* A REQUEST frame, in the input buffer. */
typedef struct {
    uint64_t id;
    int flags;
    uint32_t queued;
    const char *method, *path, *query, *connection, *headers, *body;
    size_t method_size, path_size, query_size, connection_size, headers_size, body_size;
} RequestFrame;

/* Serves a request: what Python's on_request() does for one that asks for no session. */
typedef int (*Serve)(Link *, const RequestFrame *, PyObject *key);

/* A data link on the event loop: see eventloop/link.py. */
struct Link {
    PyObject_HEAD
    PyObject *loop, *loop_attributes; /* the second is NULL where methods of the loop cannot be replaced */
    PyObject *streams, *unfinished, *latest;
    PyObject *task_type, *starter, *start, *take, *step, *context; /* see start.c */
    PyObject *arm;
    PyObject *completed; /* the future that is being completed, borrowed; see start.c */
    PyObject *woken; /* futures that a frame of this batch has brought something for; see waits.c */
    StreamKind kinds[MOST_KINDS];
    Meter *meter;
    /* how requests are served; kind is NULL where Python does it. What is behind it is ASGI's alone but for what serve_by() takes. */
    Serve serve;
    PyObject *application, *scopes, *kind, *run, *template, *asgi, *state;
    Blocks connections, headers;
    char *in;
    size_t filled, needed;
    char *arena;
    size_t arena_used, arena_size;
    Piece *pieces;
    size_t first, count, room; /* pieces[first .. count) are to be sent; room is what the array holds */
    size_t output; /* bytes that are to be sent */
    double now;
    Py_ssize_t request_window, response_window;
    int fd;
    char draining, closed, handling, eager, flush_expected, watched, blocked, deferred, starts, direct, has_state, tells_start, is_plain;
};

#define METHODS 8

/* What is looked up by name, made once. */
typedef struct {
#define NAME(field, text) PyObject *field;
#include "names.h"
#undef NAME
    PyObject *methods[METHODS], *empty_bytes, *no_headers, *kw_loop, *kw_eager, *http_request, *websocket_connect, *websocket_receive;
    const char *method_bytes[METHODS];
    size_t method_sizes[METHODS];
    PyObject *wire_error, *struct_error; /* of Python's code: see module.c */
} Names;

extern Names names;
extern int python_version; /* such as 0x030B for 3.11 */
extern PyTypeObject *exchange_type, *call_type, *meter_type, *link_type;

/* The context of a call, with functions of the C API that the limited one has not. */
typedef PyObject *(*CopyContext)(void);
typedef int (*EnterContext)(PyObject *);
extern CopyContext copy_context;
extern EnterContext enter_context, exit_context;

/* As PyIter_Send(), where the interpreter has it. */
typedef int (*SendFunction)(PyObject *, PyObject *, PyObject **);
extern SendFunction iter_send;
/* PyUnicode_AsUTF8AndSize(), in the limited API from 3.10 on. */
typedef const char *(*Utf8Function)(PyObject *, Py_ssize_t *);
extern Utf8Function as_utf8;

/* module.c */
PyObject *call_function(PyObject *callable, PyObject *const *arguments, size_t count);
PyObject *call_keywords(PyObject *callable, PyObject *const *arguments, size_t count, PyObject *keywords);
PyObject *call_method(PyObject *self, PyObject *name, PyObject *argument);
int call_and_forget(PyObject *self, PyObject *name, PyObject *argument);
PyObject *call_taking(PyObject *callable, PyObject **arguments, size_t count);
PyObject *call_with(PyObject *self, PyObject *name, PyObject **arguments, size_t count);
PyObject *bytes_of(const char *data, size_t size);
void set_field(PyObject **field, PyObject *value);
int put_item(PyObject *dictionary, PyObject *key, PyObject *value);
int append_to(PyObject **list, PyObject *value);

/* exchange.c */
PyTypeObject *exchange_make_type(void);
Exchange *exchange_open(PyObject *kind, PyObject *link, const RequestFrame *frame, PyObject *key, double now, Py_ssize_t request_window,
    Py_ssize_t response_window);
int exchange_send(Exchange *self, PyObject *message, PyObject **result);
int exchange_complete(Exchange *self, Link *link);
int is_text(PyObject *value, PyObject *text);

static inline int is_none(PyObject *value)
{
    return value == NULL || value == Py_None;
}

/* body.c */
int body_receive(Exchange *self, PyObject *unused, PyObject **result);
int body_take(Exchange *self, Link *link, int flags, const char *data, size_t size);
int grant(Exchange *self, Link *link);
PyObject *join(PyObject *first, PyObject *parts);

/* session.c */
PyObject *session_receive(Exchange *self, void *unused);
PyObject *session_send(Exchange *self, void *unused);
int session_take(Exchange *self, Link *link, int flags, const char *data, size_t size);

/* waits.c */
PyObject *wait_begin(Exchange *self);
void wait_forget(Exchange *self, PyObject *future);
int wait_wake(Exchange *self, Link *link);
int wait_resume(Link *link, int directly);

/* head.c */
int head_is_name(const char *name, size_t size, const char *lower);
int head_put(char *out, size_t room, size_t *at, const char *name, size_t name_size, const char *value, size_t value_size, long long *length);
int head_encode(PyObject *headers, char *out, size_t room, size_t *used, long long *length);
int head_encode_text(PyObject *headers, char *out, size_t room, size_t *used, long long *length);
const char *head_ascii(PyObject *value, size_t *size);

/* method.c */
int method_make_type(void);
PyObject *method_new(Exchange *exchange, const CallKind *kind);

/* call.c */
PyTypeObject *call_make_type(void);
PyObject *call_new(Exchange *exchange, const CallKind *kind, PyObject *message);

/* meter.c */
PyTypeObject *meter_make_type(void);
double monotonic(void);
double meter_begin(Meter *self);
int meter_end(Meter *self);
void meter_take(Meter *self, uint32_t *microseconds, uint32_t *requests);

/* scope.c */
PyObject *scope_build(Link *link, const RequestFrame *frame);
void blocks_open(Blocks *blocks, PyObject *make);
PyObject *blocks_find(Blocks *blocks, const char *data, size_t size);
PyObject *method_of(const char *method, size_t size);

/* output.c */
char *link_reserve(Link *self, size_t size);
int link_commit(Link *self, size_t size);
int link_put_object(Link *self, PyObject *bytes);
int link_put_part(Link *self, PyObject *owner, const char *data, size_t size);
int link_written(Link *self);
int link_expect_more(Link *self);
int link_send_out(Link *self);
void link_drop_output(Link *self);
void link_free_output(Link *self);

/* start.c */
PyObject *start_make_take(Link *link);
int start_refresh(Link *link);
PyObject *start_task(Link *link, PyObject *coroutine);
int start_captured(Link *link, PyObject *future);
int start_goes_on(Link *link, const Exchange *exchange, PyObject *task);

/* memory.c */
PyObject *memory_find(const Memory *memory, const char *data, size_t size, uint64_t *hash);
void memory_keep(Memory *memory, const char *data, size_t size, uint64_t hash, PyObject *made);
void memory_clear(Memory *memory);

/* fields.c */
extern PyMethodDef fields_functions[];
PyObject *fields_pairs(const char *data, size_t size);

/* facts.c */
PyObject *facts_of(const RequestFrame *frame);
int facts_read(PyObject *facts, RequestFrame *frame);
PyObject *facts_tuple(PyObject *facts);
PyObject *facts_path(const RequestFrame *frame);
PyObject *facts_field(Blocks *connections, const RequestFrame *frame, Py_ssize_t field);

/* answer.c */
extern const CallKind answer_reads;
int answer_respond(Exchange *self, PyObject *status, PyObject *headers, const char *body, size_t size, PyObject *owner);

/* rsgi.c */
PyTypeObject *rsgi_make_scope_type(void);
PyTypeObject *rsgi_make_type(void);
extern PyMethodDef rsgi_functions[];

/* raw.c */
PyTypeObject *raw_make_type(void);
extern PyMethodDef raw_functions[];

/* registry.c */
extern PyMethodDef registry_functions[];

/* wsgi.c */
extern PyMethodDef wsgi_functions[];

/* link.c */
PyTypeObject *link_make_type(void);
int link_is(PyObject *object);
int request_parse(RequestFrame *frame, uint64_t id, int flags, const char *payload, size_t size);
#define REQUEST_PARTS 5
void request_parts(const RequestFrame *frame, PyObject **parts);
size_t request_split(RequestFrame *frame, const char *payload);
int link_serve_by(Link *self, Serve serve, PyObject *application, PyObject *kind, PyObject *run);
Exchange *link_admit(Link *self, const RequestFrame *frame, PyObject *key);
int link_begin(Link *self, Exchange *exchange, PyObject *scope);
int link_go_on(Link *self, Exchange *exchange, PyObject *coroutine);
PyObject *link_build_scope(Link *self, PyObject *build, const RequestFrame *frame);
void put_header(char *at, size_t size, int type, int flags, uint64_t id);

#endif
