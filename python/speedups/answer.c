/* What interfaces without messages have in common: eventloop/answer.py, for what most requests do. */
#include "speedups.h"

/* Headers of a response that are made here; longer ones are Python's. */
#define MOST_HEAD 8192

/* LoopAnswer.read_body() where the whole body is here. */
static int read_body(Exchange *self, PyObject *unused, PyObject **result)
{
    (void)unused;
    if (!self->body_ended || self->body == NULL || !is_none(self->chunks)) {
        return LOOK;
    }
    *result = self->body;
    Py_INCREF(names.empty_bytes);
    self->body = names.empty_bytes;
    return DONE;
}

const CallKind answer_reads = {read_body, &names.read_body, "read_body", "LoopAnswer.read_body", 0};

static int may_answer(const Exchange *self)
{
    return self->phase == PHASE_IDLE && !self->unseen && !self->gone && !self->bodiless && is_none(self->rest) && link_is(self->link);
}

/*
 * LoopAnswer.respond(), with a body of so many bytes, which are those of `owner` where they are more than COPIED. LOOK for what cannot be a
 * response, one that takes more than a frame, statuses without a body, a client that has left, and HEAD.
 */
int answer_respond(Exchange *self, PyObject *status, PyObject *headers, const char *body, size_t size, PyObject *owner)
{
    if (!may_answer(self) || !PyLong_CheckExact(status) || size > WIRE_MAX_BODY) {
        return LOOK;
    }
    int overflow;
    long code = PyLong_AsLongAndOverflow(status, &overflow);
    if (overflow || code < 200 || code > 999 || code == 204 || code == 205 || code == 304) {
        return LOOK;
    }
    Link *link = (Link *)self->link;
    size_t copied = size <= COPIED ? size : 0, used;
    long long length;
    char *frame = link_reserve(link, WIRE_HEADER_SIZE + WIRE_RESPONSE_FIXED + MOST_HEAD + copied);
    if (frame == NULL) {
        return FAIL;
    }
    char *at = frame + WIRE_HEADER_SIZE;
    if (!head_encode_text(headers, at + WIRE_RESPONSE_FIXED, MOST_HEAD, &used, &length) || (length >= 0 && (long long)size != length)) {
        return LOOK;
    }
    put_header(frame, WIRE_RESPONSE_FIXED + used + size, WIRE_RESPONSE, WIRE_FLAG_END, self->id);
    wire_put16(at + WIRE_RESPONSE_STATUS, (uint16_t)code);
    wire_put32(at + WIRE_RESPONSE_HEADERS_SIZE, (uint32_t)used);
    wire_put32(at + WIRE_RESPONSE_BODY_SIZE, (uint32_t)size);
    memcpy(at + WIRE_RESPONSE_FIXED + used, body, copied);
    if (link_commit(link, WIRE_HEADER_SIZE + WIRE_RESPONSE_FIXED + used + copied) < 0 || (copied < size && link_put_object(link, owner) < 0)) {
        return FAIL;
    }
    self->status = (int)code;
    return link_written(link) < 0 || exchange_complete(self, link) < 0 ? FAIL : DONE;
}
