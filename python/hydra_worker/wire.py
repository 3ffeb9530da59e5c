"""The frames of the link protocol: constants, packers and unpackers.

Generated from src/hydra/Protocol/Messages.cs and its neighbours; do not edit. After a change there run
build/wire.sh, which writes this file; the build fails while it differs. docs/protocol.md explains the rules.

pack_* return a whole frame. They raise WireError when the payload would be larger than MAX_PAYLOAD, and
struct.error when a value does not fit its field. unpack_* take a payload without its header, return the
fields in the order of declaration, and raise WireError when its lengths do not add up exactly.
"""

from __future__ import annotations

from struct import Struct
from typing import Union

Buffer = Union[bytes, bytearray, memoryview]

SCHEMA_HASH = 0xe90a39c8e9f90e68

# length of the payload, type, flags, zero, stream
HEADER = Struct("<IBBHQ")
HEADER_SIZE = 16
MAX_PAYLOAD = 262128
MAX_BODY = 65536
MAX_HEADERS = 131072
DATA_COST = 32
MAX_STATE_VALUE = 67108864
MAX_STATE_PART = 131072
MAX_TOPIC = 1024
MAX_MEMBER_INFO = 16384
MAX_RESUME_STATE = 65536
MAX_TOPIC_MESSAGE = 16777216
MAX_COLLECTED = 4194304

# MessageType
HELLO = 0x01
WELCOME = 0x02
READY = 0x03
FAILED = 0x04
DRAIN = 0x05
PING = 0x06
PONG = 0x07
LOG = 0x08
GOODBYE = 0x09
INTERRUPT = 0x0a
FORK = 0x0b
FORKED = 0x0c
EXITED = 0x0d
KILL = 0x0e
PART = 0x0f
REQUEST = 0x10
BODY = 0x11
RESPONSE = 0x12
WINDOW = 0x13
CANCEL = 0x14
RESET = 0x15
TAKEN = 0x16
FINISHED = 0x17
ACCEPT = 0x18
DATA = 0x19
CLOSE = 0x1a
FILE = 0x1b
OPENED = 0x1c
HINT = 0x1d
CAPACITY = 0x1e
TRAILERS = 0x1f
INSPECT = 0x20
STACKS = 0x21
COLLECT = 0x22
COLLECTED = 0x23
SUBSCRIBE = 0x24
SUBSCRIBED = 0x25
SAVE = 0x26
LEAVE = 0x27
STATE_CALL = 0x28
STATE_REPLY = 0x29
STATE_PART = 0x2a
RESUME = 0x2b

# CancelReason
CANCEL_CLIENT_LEFT = 1
CANCEL_TIMEOUT = 2
CANCEL_SHUTDOWN = 3
CANCEL_FRONT_ERROR = 4

# CollectOutcome
COLLECT_WHOLE = 0
COLLECT_PARTIAL = 1
COLLECT_TOO_LARGE = 2

# FrameFlags
FLAG_NONE = 0
FLAG_END = 1
FLAG_EXPECT_CONTINUE = 2
FLAG_SESSION = 4
FLAG_TEXT = 8
FLAG_MORE = 16
FLAG_FILE = 32
FLAG_RESUME = 64

# InterfaceFeatures
FEATURE_NONE = 0
FEATURE_INTERRUPTIBLE_THREADS = 1
FEATURE_WEB_SOCKETS = 2
FEATURE_WHOLE_BODIES = 4
FEATURE_INSPECTION = 8
FEATURE_COLLECTION = 16

# LinkKind
LINK_CONTROL = 0
LINK_DATA = 1
LINK_STATE = 2

# ResetReason
RESET_APPLICATION_ERROR = 1
RESET_RULE_VIOLATION = 2
RESET_NO_RESPONSE = 3
RESET_NOT_STARTED = 4
RESET_CANCELLED = 5

# ResumeReason
RESUME_CRASH = 0
RESUME_RELOAD = 1
RESUME_RECYCLE = 2
RESUME_RESTART = 3
RESUME_SCALE = 4
RESUME_HANG = 5

# SlowPolicy
SLOW_DROP_OLDEST = 0
SLOW_DROP = 1
SLOW_CLOSE = 2

# StartFailure
FAILURE_MODULE_NOT_FOUND = 1
FAILURE_ATTRIBUTE_MISSING = 2
FAILURE_NOT_CALLABLE = 3
FAILURE_IMPORT_RAISED = 4
FAILURE_FACTORY_RAISED = 5
FAILURE_LIFESPAN_FAILED = 6
FAILURE_INTERFACE_MISMATCH = 7
FAILURE_INTERNAL = 8
FAILURE_EXIT_HOOK_MISSING = 9
FAILURE_HOOK_FAILED = 10
FAILURE_INSTRUMENT_FAILED = 11

# StateOperation
STATE_GET = 1
STATE_SET = 2
STATE_DELETE = 3
STATE_ADD = 4
STATE_TOUCH = 5
STATE_CLEAR = 6
STATE_ACQUIRE = 7
STATE_RELEASE = 8
STATE_EXTEND = 9
STATE_ABANDON = 10
STATE_RATE = 11
STATE_WINDOW = 12
STATE_COUNT = 13
STATE_TIME_LEFT = 14
STATE_PUBLISH = 15
STATE_SUBSCRIBE = 16
STATE_UNSUBSCRIBE = 17
STATE_TAKE = 18
STATE_PRESENCE = 19
STATE_PUSH = 20
STATE_PULL = 21
STATE_GROUP_ADD = 22
STATE_GROUP_DISCARD = 23
STATE_GROUP_SEND = 24
STATE_FLUSH = 25
STATE_OFFER = 26
STATE_GIVE = 27
STATE_RECEIVE = 28
STATE_TASK_CALL = 29
STATE_TASK_NEXT = 30
STATE_TASK_CANCEL = 31
STATE_TASK_TAKE = 32
STATE_TASK_PART = 33
STATE_TASK_DONE = 34
STATE_TASK_HEAR = 35
STATE_TASK_LEAVE = 36
STATE_TASK_DEFER = 37
STATE_TASK_FIND = 38
STATE_TASK_SCHEDULE = 39

# StateOptions
WITH_NONE = 0
WITH_ABSENT = 1
WITH_PRESENT = 2
WITH_VERSION = 4
WITH_NUMBER = 8
WITH_CREATE = 16
WITH_KEEP_TIME = 32
WITH_TEXT = 64
WITH_EVENTS = 128

# StateStatus
STATUS_DONE = 0
STATUS_MISSING = 1
STATUS_REFUSED = 2
STATUS_WRONG_KIND = 3
STATUS_FULL = 4
STATUS_TOO_LARGE = 5
STATUS_OVERFLOW = 6
STATUS_TIMED_OUT = 7
STATUS_INVALID = 8
STATUS_OFF = 9
STATUS_UNAVAILABLE = 10
STATUS_UNKNOWN = 11
STATUS_LOST = 12

# TopicKind
TOPIC_BINARY = 0
TOPIC_TEXT = 1
TOPIC_JOIN = 2
TOPIC_LEAVE = 3

# WireLogLevel
LOG_DEBUG = 1
LOG_INFO = 2
LOG_WARNING = 3
LOG_ERROR = 4
LOG_CRITICAL = 5

# The message types that a worker may send.
FROM_WORKER = frozenset((
    HELLO,
    READY,
    FAILED,
    PONG,
    LOG,
    GOODBYE,
    FORKED,
    EXITED,
    BODY,
    RESPONSE,
    WINDOW,
    RESET,
    TAKEN,
    ACCEPT,
    DATA,
    CLOSE,
    FILE,
    HINT,
    CAPACITY,
    TRAILERS,
    STACKS,
    COLLECTED,
    SUBSCRIBE,
    SAVE,
    STATE_CALL,
    STATE_PART,
))

# BootDocument: its fields and their types.
BOOT = {
    "schema": str,
    "address": str,
    "token": str,
    "worker": int,
    "app": str,
    "factory": bool,
    "app_dir": str,
    "interface": str,
    "loop": str,
    "speedups": str,
    "lifespan": str,
    "threads": int,
    "worker_loops": int,
    "data_links": int,
    "log_level": str,
    "grace_milliseconds": int,
    "interruptible": bool,
    "disconnect_milliseconds": int,
    "busy_poll_microseconds": int,
    "request_id_header": str,
    "log_config": str,
    "request_start": bool,
    "collect_application": bool,
    "collect_routes": bool,
    "terminal": bool,
    "name": str,
    "arguments": str,
    "variables": str,
    "version": str,
    "exit_hook": str,
    "ended": str,
    "start_hooks": str,
    "ready_hooks": str,
    "starting_hooks": str,
    "reload_hooks": str,
    "event": str,
    "instrument": str,
    "development": bool,
    "preload": bool,
}

# The fixed part of each message, and the same behind a header.
HELLO_FIELDS = Struct("<QIHBBB")
_HELLO_FRAME = Struct("<IBBHQQIHBBB")
WELCOME_FIELDS = Struct("<II")
_WELCOME_FRAME = Struct("<IBBHQII")
READY_FIELDS = Struct("<IIBBB")
_READY_FRAME = Struct("<IBBHQIIBBB")
FAILED_FIELDS = Struct("<BHI")
_FAILED_FRAME = Struct("<IBBHQBHI")
DRAIN_FIELDS = Struct("<I")
_DRAIN_FRAME = Struct("<IBBHQI")
PING_FIELDS = Struct("<I")
_PING_FRAME = Struct("<IBBHQI")
PONG_FIELDS = Struct("<IIB")
_PONG_FRAME = Struct("<IBBHQIIB")
LOG_FIELDS = Struct("<QBBI")
_LOG_FRAME = Struct("<IBBHQQBBI")
GOODBYE_FIELDS = Struct("<IH")
_GOODBYE_FRAME = Struct("<IBBHQIH")
INTERRUPT_FIELDS = Struct("<QBB")
_INTERRUPT_FRAME = Struct("<IBBHQQBB")
FORK_FIELDS = Struct("<I")
_FORK_FRAME = Struct("<IBBHQI")
FORKED_FIELDS = Struct("<IIH")
_FORKED_FRAME = Struct("<IBBHQIIH")
EXITED_FIELDS = Struct("<II")
_EXITED_FRAME = Struct("<IBBHQII")
KILL_FIELDS = Struct("<I")
_KILL_FRAME = Struct("<IBBHQI")
PART_FIELDS = Struct("<IB")
_PART_FRAME = Struct("<IBBHQIB")
REQUEST_FIELDS = Struct("<IBHHHII")
_REQUEST_FRAME = Struct("<IBBHQIBHHHII")
RESPONSE_FIELDS = Struct("<HII")
_RESPONSE_FRAME = Struct("<IBBHQHII")
WINDOW_FIELDS = Struct("<I")
_WINDOW_FRAME = Struct("<IBBHQI")
CANCEL_FIELDS = Struct("<B")
_CANCEL_FRAME = Struct("<IBBHQB")
RESET_FIELDS = Struct("<BH")
_RESET_FRAME = Struct("<IBBHQBH")
TAKEN_FIELDS = Struct("<III")
_TAKEN_FRAME = Struct("<IBBHQIII")
FINISHED_FIELDS = Struct("<B")
_FINISHED_FRAME = Struct("<IBBHQB")
ACCEPT_FIELDS = Struct("<HI")
_ACCEPT_FRAME = Struct("<IBBHQHI")
CLOSE_FIELDS = Struct("<HB")
_CLOSE_FRAME = Struct("<IBBHQHB")
FILE_FIELDS = Struct("<QQH")
_FILE_FRAME = Struct("<IBBHQQQH")
OPENED_FIELDS = Struct("<Q")
_OPENED_FRAME = Struct("<IBBHQQ")
HINT_FIELDS = Struct("<I")
_HINT_FRAME = Struct("<IBBHQI")
CAPACITY_FIELDS = Struct("<I")
_CAPACITY_FRAME = Struct("<IBBHQI")
TRAILERS_FIELDS = Struct("<I")
_TRAILERS_FRAME = Struct("<IBBHQI")
INSPECT_FIELDS = Struct("<QIB")
_INSPECT_FRAME = Struct("<IBBHQQIB")
STACKS_FIELDS = Struct("<II")
_STACKS_FRAME = Struct("<IBBHQII")
COLLECT_FIELDS = Struct("<I")
_COLLECT_FRAME = Struct("<IBBHQI")
COLLECTED_FIELDS = Struct("<IBI")
_COLLECTED_FRAME = Struct("<IBBHQIBI")
SUBSCRIBE_FIELDS = Struct("<IIBBBHHI")
_SUBSCRIBE_FRAME = Struct("<IBBHQIIBBBHHI")
SUBSCRIBED_FIELDS = Struct("<IB")
_SUBSCRIBED_FRAME = Struct("<IBBHQIB")
SAVE_FIELDS = Struct("<QII")
_SAVE_FRAME = Struct("<IBBHQQII")
LEAVE_FIELDS = Struct("<Q")
_LEAVE_FRAME = Struct("<IBBHQQ")
STATE_CALL_FIELDS = Struct("<QQQIIBBHI")
_STATE_CALL_FRAME = Struct("<IBBHQQQQIIBBHI")
STATE_REPLY_FIELDS = Struct("<QQIBBI")
_STATE_REPLY_FRAME = Struct("<IBBHQQQIBBI")
STATE_PART_FIELDS = Struct("<II")
_STATE_PART_FRAME = Struct("<IBBHQII")
RESUME_FIELDS = Struct("<QBHI")
_RESUME_FRAME = Struct("<IBBHQQBHI")


class WireError(ValueError):
    """A payload that breaks the protocol."""


def _too_long(name: str, size: int) -> WireError:
    return WireError(f"the payload of {name} would be {size} bytes, more than {MAX_PAYLOAD}")


def _malformed(name: str, size: int) -> WireError:
    return WireError(f"the lengths in {name} do not add up to its payload of {size} bytes")


def pack_hello(
    stream: int, flags: int, schema: int, process_id: int, worker: int, kind: int, index: int, token: Buffer
) -> bytes:
    size = 17 + len(token)
    if size > MAX_PAYLOAD:
        raise _too_long("HELLO", size)
    head = _HELLO_FRAME.pack(
        size, HELLO, flags, 0, stream, schema, process_id, worker, kind, index, len(token)
    )
    return b"".join((head, token))


def unpack_hello(payload: Buffer) -> tuple[int, int, int, int, int, bytes]:
    size = len(payload)
    if size < 17:
        raise _malformed("HELLO", size)
    schema, process_id, worker, kind, index, size1 = HELLO_FIELDS.unpack_from(payload)
    end1 = 17 + size1
    if end1 != size:
        raise _malformed("HELLO", size)
    return schema, process_id, worker, kind, index, bytes(payload[17:end1])


def pack_welcome(stream: int, flags: int, request_window: int, response_window: int) -> bytes:
    return _WELCOME_FRAME.pack(8, WELCOME, flags, 0, stream, request_window, response_window)


def unpack_welcome(payload: Buffer) -> tuple[int, int]:
    if len(payload) != 8:
        raise _malformed("WELCOME", len(payload))
    return WELCOME_FIELDS.unpack(payload)


def pack_ready(
    stream: int, flags: int, concurrency: int, features: int, interface: Buffer, python: Buffer, loop: Buffer
) -> bytes:
    size = 11 + len(interface) + len(python) + len(loop)
    if size > MAX_PAYLOAD:
        raise _too_long("READY", size)
    head = _READY_FRAME.pack(
        size, READY, flags, 0, stream, concurrency, features, len(interface), len(python), len(loop)
    )
    return b"".join((head, interface, python, loop))


def unpack_ready(payload: Buffer) -> tuple[int, int, bytes, bytes, bytes]:
    size = len(payload)
    if size < 11:
        raise _malformed("READY", size)
    concurrency, features, size1, size2, size3 = READY_FIELDS.unpack_from(payload)
    end1 = 11 + size1
    end2 = end1 + size2
    end3 = end2 + size3
    if end3 != size:
        raise _malformed("READY", size)
    return (
        concurrency,
        features,
        bytes(payload[11:end1]),
        bytes(payload[end1:end2]),
        bytes(payload[end2:end3]),
    )


def pack_failed(stream: int, flags: int, reason: int, message: Buffer, traceback: Buffer) -> bytes:
    size = 7 + len(message) + len(traceback)
    if size > MAX_PAYLOAD:
        raise _too_long("FAILED", size)
    head = _FAILED_FRAME.pack(size, FAILED, flags, 0, stream, reason, len(message), len(traceback))
    return b"".join((head, message, traceback))


def unpack_failed(payload: Buffer) -> tuple[int, bytes, bytes]:
    size = len(payload)
    if size < 7:
        raise _malformed("FAILED", size)
    reason, size1, size2 = FAILED_FIELDS.unpack_from(payload)
    end1 = 7 + size1
    end2 = end1 + size2
    if end2 != size:
        raise _malformed("FAILED", size)
    return reason, bytes(payload[7:end1]), bytes(payload[end1:end2])


def pack_drain(stream: int, flags: int, grace_milliseconds: int) -> bytes:
    return _DRAIN_FRAME.pack(4, DRAIN, flags, 0, stream, grace_milliseconds)


def unpack_drain(payload: Buffer) -> tuple[int]:
    if len(payload) != 4:
        raise _malformed("DRAIN", len(payload))
    return DRAIN_FIELDS.unpack(payload)


def pack_ping(stream: int, flags: int, nonce: int) -> bytes:
    return _PING_FRAME.pack(4, PING, flags, 0, stream, nonce)


def unpack_ping(payload: Buffer) -> tuple[int]:
    if len(payload) != 4:
        raise _malformed("PING", len(payload))
    return PING_FIELDS.unpack(payload)


def pack_pong(stream: int, flags: int, nonce: int, loop_lag_microseconds: int, is_debugged: int) -> bytes:
    return _PONG_FRAME.pack(9, PONG, flags, 0, stream, nonce, loop_lag_microseconds, is_debugged)


def unpack_pong(payload: Buffer) -> tuple[int, int, int]:
    if len(payload) != 9:
        raise _malformed("PONG", len(payload))
    return PONG_FIELDS.unpack(payload)


def pack_log(
    stream: int, flags: int, created_microseconds: int, level: int, logger: Buffer, message: Buffer
) -> bytes:
    size = 14 + len(logger) + len(message)
    if size > MAX_PAYLOAD:
        raise _too_long("LOG", size)
    head = _LOG_FRAME.pack(
        size, LOG, flags, 0, stream, created_microseconds, level, len(logger), len(message)
    )
    return b"".join((head, logger, message))


def unpack_log(payload: Buffer) -> tuple[int, int, bytes, bytes]:
    size = len(payload)
    if size < 14:
        raise _malformed("LOG", size)
    created_microseconds, level, size1, size2 = LOG_FIELDS.unpack_from(payload)
    end1 = 14 + size1
    end2 = end1 + size2
    if end2 != size:
        raise _malformed("LOG", size)
    return created_microseconds, level, bytes(payload[14:end1]), bytes(payload[end1:end2])


def pack_goodbye(stream: int, flags: int, cancelled: int, message: Buffer) -> bytes:
    size = 6 + len(message)
    if size > MAX_PAYLOAD:
        raise _too_long("GOODBYE", size)
    head = _GOODBYE_FRAME.pack(size, GOODBYE, flags, 0, stream, cancelled, len(message))
    return b"".join((head, message))


def unpack_goodbye(payload: Buffer) -> tuple[int, bytes]:
    size = len(payload)
    if size < 6:
        raise _malformed("GOODBYE", size)
    cancelled, size1 = GOODBYE_FIELDS.unpack_from(payload)
    end1 = 6 + size1
    if end1 != size:
        raise _malformed("GOODBYE", size)
    return cancelled, bytes(payload[6:end1])


def pack_interrupt(stream: int, flags: int, target: int, link: int, reason: int) -> bytes:
    return _INTERRUPT_FRAME.pack(10, INTERRUPT, flags, 0, stream, target, link, reason)


def unpack_interrupt(payload: Buffer) -> tuple[int, int, int]:
    if len(payload) != 10:
        raise _malformed("INTERRUPT", len(payload))
    return INTERRUPT_FIELDS.unpack(payload)


def pack_fork(stream: int, flags: int, sequence: int) -> bytes:
    return _FORK_FRAME.pack(4, FORK, flags, 0, stream, sequence)


def unpack_fork(payload: Buffer) -> tuple[int]:
    if len(payload) != 4:
        raise _malformed("FORK", len(payload))
    return FORK_FIELDS.unpack(payload)


def pack_forked(stream: int, flags: int, sequence: int, process_id: int, message: Buffer) -> bytes:
    size = 10 + len(message)
    if size > MAX_PAYLOAD:
        raise _too_long("FORKED", size)
    head = _FORKED_FRAME.pack(size, FORKED, flags, 0, stream, sequence, process_id, len(message))
    return b"".join((head, message))


def unpack_forked(payload: Buffer) -> tuple[int, int, bytes]:
    size = len(payload)
    if size < 10:
        raise _malformed("FORKED", size)
    sequence, process_id, size1 = FORKED_FIELDS.unpack_from(payload)
    end1 = 10 + size1
    if end1 != size:
        raise _malformed("FORKED", size)
    return sequence, process_id, bytes(payload[10:end1])


def pack_exited(stream: int, flags: int, process_id: int, code: int) -> bytes:
    return _EXITED_FRAME.pack(8, EXITED, flags, 0, stream, process_id, code)


def unpack_exited(payload: Buffer) -> tuple[int, int]:
    if len(payload) != 8:
        raise _malformed("EXITED", len(payload))
    return EXITED_FIELDS.unpack(payload)


def pack_kill(stream: int, flags: int, process_id: int) -> bytes:
    return _KILL_FRAME.pack(4, KILL, flags, 0, stream, process_id)


def unpack_kill(payload: Buffer) -> tuple[int]:
    if len(payload) != 4:
        raise _malformed("KILL", len(payload))
    return KILL_FIELDS.unpack(payload)


def pack_part(stream: int, flags: int, grace_milliseconds: int, sessions: int) -> bytes:
    return _PART_FRAME.pack(5, PART, flags, 0, stream, grace_milliseconds, sessions)


def unpack_part(payload: Buffer) -> tuple[int, int]:
    if len(payload) != 5:
        raise _malformed("PART", len(payload))
    return PART_FIELDS.unpack(payload)


def pack_request(
    stream: int,
    flags: int,
    queue_microseconds: int,
    method: Buffer,
    raw_path: Buffer,
    query: Buffer,
    connection: Buffer,
    headers: Buffer,
    body: Buffer,
) -> bytes:
    size = 19 + len(method) + len(raw_path) + len(query) + len(connection) + len(headers) + len(body)
    if size > MAX_PAYLOAD:
        raise _too_long("REQUEST", size)
    head = _REQUEST_FRAME.pack(
        size,
        REQUEST,
        flags,
        0,
        stream,
        queue_microseconds,
        len(method),
        len(raw_path),
        len(query),
        len(connection),
        len(headers),
        len(body),
    )
    return b"".join((head, method, raw_path, query, connection, headers, body))


def unpack_request(payload: Buffer) -> tuple[int, bytes, bytes, bytes, bytes, bytes, bytes]:
    size = len(payload)
    if size < 19:
        raise _malformed("REQUEST", size)
    queue_microseconds, size1, size2, size3, size4, size5, size6 = REQUEST_FIELDS.unpack_from(payload)
    end1 = 19 + size1
    end2 = end1 + size2
    end3 = end2 + size3
    end4 = end3 + size4
    end5 = end4 + size5
    end6 = end5 + size6
    if end6 != size:
        raise _malformed("REQUEST", size)
    return (
        queue_microseconds,
        bytes(payload[19:end1]),
        bytes(payload[end1:end2]),
        bytes(payload[end2:end3]),
        bytes(payload[end3:end4]),
        bytes(payload[end4:end5]),
        bytes(payload[end5:end6]),
    )


def pack_body(stream: int, flags: int, data: Buffer) -> bytes:
    size = len(data)
    if size > MAX_PAYLOAD:
        raise _too_long("BODY", size)
    return HEADER.pack(size, BODY, flags, 0, stream) + data


def unpack_body(payload: Buffer) -> tuple[bytes]:
    if len(payload) > MAX_BODY:
        raise WireError("a BODY frame is too long")
    return (bytes(payload),)


def pack_response(stream: int, flags: int, status: int, headers: Buffer, body: Buffer) -> bytes:
    size = 10 + len(headers) + len(body)
    if size > MAX_PAYLOAD:
        raise _too_long("RESPONSE", size)
    head = _RESPONSE_FRAME.pack(size, RESPONSE, flags, 0, stream, status, len(headers), len(body))
    return b"".join((head, headers, body))


def unpack_response(payload: Buffer) -> tuple[int, bytes, bytes]:
    size = len(payload)
    if size < 10:
        raise _malformed("RESPONSE", size)
    status, size1, size2 = RESPONSE_FIELDS.unpack_from(payload)
    end1 = 10 + size1
    end2 = end1 + size2
    if end2 != size:
        raise _malformed("RESPONSE", size)
    return status, bytes(payload[10:end1]), bytes(payload[end1:end2])


def pack_window(stream: int, flags: int, credit: int) -> bytes:
    return _WINDOW_FRAME.pack(4, WINDOW, flags, 0, stream, credit)


def unpack_window(payload: Buffer) -> tuple[int]:
    if len(payload) != 4:
        raise _malformed("WINDOW", len(payload))
    return WINDOW_FIELDS.unpack(payload)


def pack_cancel(stream: int, flags: int, reason: int) -> bytes:
    return _CANCEL_FRAME.pack(1, CANCEL, flags, 0, stream, reason)


def unpack_cancel(payload: Buffer) -> tuple[int]:
    if len(payload) != 1:
        raise _malformed("CANCEL", len(payload))
    return CANCEL_FIELDS.unpack(payload)


def pack_reset(stream: int, flags: int, reason: int, message: Buffer) -> bytes:
    size = 3 + len(message)
    if size > MAX_PAYLOAD:
        raise _too_long("RESET", size)
    head = _RESET_FRAME.pack(size, RESET, flags, 0, stream, reason, len(message))
    return b"".join((head, message))


def unpack_reset(payload: Buffer) -> tuple[int, bytes]:
    size = len(payload)
    if size < 3:
        raise _malformed("RESET", size)
    reason, size1 = RESET_FIELDS.unpack_from(payload)
    end1 = 3 + size1
    if end1 != size:
        raise _malformed("RESET", size)
    return reason, bytes(payload[3:end1])


def pack_taken(stream: int, flags: int, busy_microseconds: int, requests: int, held: int) -> bytes:
    return _TAKEN_FRAME.pack(12, TAKEN, flags, 0, stream, busy_microseconds, requests, held)


def unpack_taken(payload: Buffer) -> tuple[int, int, int]:
    if len(payload) != 12:
        raise _malformed("TAKEN", len(payload))
    return TAKEN_FIELDS.unpack(payload)


def pack_finished(stream: int, flags: int, is_complete: int) -> bytes:
    return _FINISHED_FRAME.pack(1, FINISHED, flags, 0, stream, is_complete)


def unpack_finished(payload: Buffer) -> tuple[int]:
    if len(payload) != 1:
        raise _malformed("FINISHED", len(payload))
    return FINISHED_FIELDS.unpack(payload)


def pack_accept(stream: int, flags: int, subprotocol: Buffer, headers: Buffer) -> bytes:
    size = 6 + len(subprotocol) + len(headers)
    if size > MAX_PAYLOAD:
        raise _too_long("ACCEPT", size)
    head = _ACCEPT_FRAME.pack(size, ACCEPT, flags, 0, stream, len(subprotocol), len(headers))
    return b"".join((head, subprotocol, headers))


def unpack_accept(payload: Buffer) -> tuple[bytes, bytes]:
    size = len(payload)
    if size < 6:
        raise _malformed("ACCEPT", size)
    size1, size2 = ACCEPT_FIELDS.unpack_from(payload)
    end1 = 6 + size1
    end2 = end1 + size2
    if end2 != size:
        raise _malformed("ACCEPT", size)
    return bytes(payload[6:end1]), bytes(payload[end1:end2])


def pack_data(stream: int, flags: int, data: Buffer) -> bytes:
    size = len(data)
    if size > MAX_PAYLOAD:
        raise _too_long("DATA", size)
    return HEADER.pack(size, DATA, flags, 0, stream) + data


def unpack_data(payload: Buffer) -> tuple[bytes]:
    if len(payload) > MAX_BODY:
        raise WireError("a DATA frame is too long")
    return (bytes(payload),)


def pack_close(stream: int, flags: int, code: int, reason: Buffer) -> bytes:
    size = 3 + len(reason)
    if size > MAX_PAYLOAD:
        raise _too_long("CLOSE", size)
    head = _CLOSE_FRAME.pack(size, CLOSE, flags, 0, stream, code, len(reason))
    return b"".join((head, reason))


def unpack_close(payload: Buffer) -> tuple[int, bytes]:
    size = len(payload)
    if size < 3:
        raise _malformed("CLOSE", size)
    code, size1 = CLOSE_FIELDS.unpack_from(payload)
    end1 = 3 + size1
    if end1 != size:
        raise _malformed("CLOSE", size)
    return code, bytes(payload[3:end1])


def pack_file(stream: int, flags: int, offset: int, length: int, path: Buffer) -> bytes:
    size = 18 + len(path)
    if size > MAX_PAYLOAD:
        raise _too_long("FILE", size)
    head = _FILE_FRAME.pack(size, FILE, flags, 0, stream, offset, length, len(path))
    return b"".join((head, path))


def unpack_file(payload: Buffer) -> tuple[int, int, bytes]:
    size = len(payload)
    if size < 18:
        raise _malformed("FILE", size)
    offset, length, size1 = FILE_FIELDS.unpack_from(payload)
    end1 = 18 + size1
    if end1 != size:
        raise _malformed("FILE", size)
    return offset, length, bytes(payload[18:end1])


def pack_opened(stream: int, flags: int, size_: int) -> bytes:
    return _OPENED_FRAME.pack(8, OPENED, flags, 0, stream, size_)


def unpack_opened(payload: Buffer) -> tuple[int]:
    if len(payload) != 8:
        raise _malformed("OPENED", len(payload))
    return OPENED_FIELDS.unpack(payload)


def pack_hint(stream: int, flags: int, headers: Buffer) -> bytes:
    size = 4 + len(headers)
    if size > MAX_PAYLOAD:
        raise _too_long("HINT", size)
    head = _HINT_FRAME.pack(size, HINT, flags, 0, stream, len(headers))
    return b"".join((head, headers))


def unpack_hint(payload: Buffer) -> tuple[bytes]:
    size = len(payload)
    if size < 4:
        raise _malformed("HINT", size)
    size1, = HINT_FIELDS.unpack_from(payload)
    end1 = 4 + size1
    if end1 != size:
        raise _malformed("HINT", size)
    return (bytes(payload[4:end1]),)


def pack_capacity(stream: int, flags: int, threads: int) -> bytes:
    return _CAPACITY_FRAME.pack(4, CAPACITY, flags, 0, stream, threads)


def unpack_capacity(payload: Buffer) -> tuple[int]:
    if len(payload) != 4:
        raise _malformed("CAPACITY", len(payload))
    return CAPACITY_FIELDS.unpack(payload)


def pack_trailers(stream: int, flags: int, headers: Buffer) -> bytes:
    size = 4 + len(headers)
    if size > MAX_PAYLOAD:
        raise _too_long("TRAILERS", size)
    head = _TRAILERS_FRAME.pack(size, TRAILERS, flags, 0, stream, len(headers))
    return b"".join((head, headers))


def unpack_trailers(payload: Buffer) -> tuple[bytes]:
    size = len(payload)
    if size < 4:
        raise _malformed("TRAILERS", size)
    size1, = TRAILERS_FIELDS.unpack_from(payload)
    end1 = 4 + size1
    if end1 != size:
        raise _malformed("TRAILERS", size)
    return (bytes(payload[4:end1]),)


def pack_inspect(stream: int, flags: int, target: int, sequence: int, link: int) -> bytes:
    return _INSPECT_FRAME.pack(13, INSPECT, flags, 0, stream, target, sequence, link)


def unpack_inspect(payload: Buffer) -> tuple[int, int, int]:
    if len(payload) != 13:
        raise _malformed("INSPECT", len(payload))
    return INSPECT_FIELDS.unpack(payload)


def pack_stacks(stream: int, flags: int, sequence: int, text: Buffer) -> bytes:
    size = 8 + len(text)
    if size > MAX_PAYLOAD:
        raise _too_long("STACKS", size)
    head = _STACKS_FRAME.pack(size, STACKS, flags, 0, stream, sequence, len(text))
    return b"".join((head, text))


def unpack_stacks(payload: Buffer) -> tuple[int, bytes]:
    size = len(payload)
    if size < 8:
        raise _malformed("STACKS", size)
    sequence, size1 = STACKS_FIELDS.unpack_from(payload)
    end1 = 8 + size1
    if end1 != size:
        raise _malformed("STACKS", size)
    return sequence, bytes(payload[8:end1])


def pack_collect(stream: int, flags: int, sequence: int) -> bytes:
    return _COLLECT_FRAME.pack(4, COLLECT, flags, 0, stream, sequence)


def unpack_collect(payload: Buffer) -> tuple[int]:
    if len(payload) != 4:
        raise _malformed("COLLECT", len(payload))
    return COLLECT_FIELDS.unpack(payload)


def pack_collected(stream: int, flags: int, sequence: int, outcome: int, text: Buffer) -> bytes:
    size = 9 + len(text)
    if size > MAX_PAYLOAD:
        raise _too_long("COLLECTED", size)
    head = _COLLECTED_FRAME.pack(size, COLLECTED, flags, 0, stream, sequence, outcome, len(text))
    return b"".join((head, text))


def unpack_collected(payload: Buffer) -> tuple[int, int, bytes]:
    size = len(payload)
    if size < 9:
        raise _malformed("COLLECTED", size)
    sequence, outcome, size1 = COLLECTED_FIELDS.unpack_from(payload)
    end1 = 9 + size1
    if end1 != size:
        raise _malformed("COLLECTED", size)
    return sequence, outcome, bytes(payload[9:end1])


def pack_subscribe(
    stream: int,
    flags: int,
    sequence: int,
    limit: int,
    operation: int,
    policy: int,
    options: int,
    topic: Buffer,
    member: Buffer,
    info: Buffer,
) -> bytes:
    size = 19 + len(topic) + len(member) + len(info)
    if size > MAX_PAYLOAD:
        raise _too_long("SUBSCRIBE", size)
    head = _SUBSCRIBE_FRAME.pack(
        size,
        SUBSCRIBE,
        flags,
        0,
        stream,
        sequence,
        limit,
        operation,
        policy,
        options,
        len(topic),
        len(member),
        len(info),
    )
    return b"".join((head, topic, member, info))


def unpack_subscribe(payload: Buffer) -> tuple[int, int, int, int, int, bytes, bytes, bytes]:
    size = len(payload)
    if size < 19:
        raise _malformed("SUBSCRIBE", size)
    sequence, limit, operation, policy, options, size1, size2, size3 = SUBSCRIBE_FIELDS.unpack_from(payload)
    end1 = 19 + size1
    end2 = end1 + size2
    end3 = end2 + size3
    if end3 != size:
        raise _malformed("SUBSCRIBE", size)
    return (
        sequence,
        limit,
        operation,
        policy,
        options,
        bytes(payload[19:end1]),
        bytes(payload[end1:end2]),
        bytes(payload[end2:end3]),
    )


def pack_subscribed(stream: int, flags: int, sequence: int, status: int) -> bytes:
    return _SUBSCRIBED_FRAME.pack(5, SUBSCRIBED, flags, 0, stream, sequence, status)


def unpack_subscribed(payload: Buffer) -> tuple[int, int]:
    if len(payload) != 5:
        raise _malformed("SUBSCRIBED", len(payload))
    return SUBSCRIBED_FIELDS.unpack(payload)


def pack_save(stream: int, flags: int, received: int, sequence: int, state: Buffer) -> bytes:
    size = 16 + len(state)
    if size > MAX_PAYLOAD:
        raise _too_long("SAVE", size)
    head = _SAVE_FRAME.pack(size, SAVE, flags, 0, stream, received, sequence, len(state))
    return b"".join((head, state))


def unpack_save(payload: Buffer) -> tuple[int, int, bytes]:
    size = len(payload)
    if size < 16:
        raise _malformed("SAVE", size)
    received, sequence, size1 = SAVE_FIELDS.unpack_from(payload)
    end1 = 16 + size1
    if end1 != size:
        raise _malformed("SAVE", size)
    return received, sequence, bytes(payload[16:end1])


def pack_leave(stream: int, flags: int, kept: int) -> bytes:
    return _LEAVE_FRAME.pack(8, LEAVE, flags, 0, stream, kept)


def unpack_leave(payload: Buffer) -> tuple[int]:
    if len(payload) != 8:
        raise _malformed("LEAVE", len(payload))
    return LEAVE_FIELDS.unpack(payload)


def pack_state_call(
    stream: int,
    flags: int,
    number: int,
    other: int,
    milliseconds: int,
    sequence: int,
    wait: int,
    operation: int,
    options: int,
    key: Buffer,
    value: Buffer,
) -> bytes:
    size = 40 + len(key) + len(value)
    if size > MAX_PAYLOAD:
        raise _too_long("STATE_CALL", size)
    head = _STATE_CALL_FRAME.pack(
        size,
        STATE_CALL,
        flags,
        0,
        stream,
        number,
        other,
        milliseconds,
        sequence,
        wait,
        operation,
        options,
        len(key),
        len(value),
    )
    return b"".join((head, key, value))


def unpack_state_call(payload: Buffer) -> tuple[int, int, int, int, int, int, int, bytes, bytes]:
    size = len(payload)
    if size < 40:
        raise _malformed("STATE_CALL", size)
    number, other, milliseconds, sequence, wait, operation, options, size1, size2 = (
        STATE_CALL_FIELDS.unpack_from(payload)
    )
    end1 = 40 + size1
    end2 = end1 + size2
    if end2 != size:
        raise _malformed("STATE_CALL", size)
    return (
        number,
        other,
        milliseconds,
        sequence,
        wait,
        operation,
        options,
        bytes(payload[40:end1]),
        bytes(payload[end1:end2]),
    )


def pack_state_reply(
    stream: int,
    flags: int,
    number: int,
    other: int,
    sequence: int,
    status: int,
    is_number: int,
    value: Buffer,
) -> bytes:
    size = 26 + len(value)
    if size > MAX_PAYLOAD:
        raise _too_long("STATE_REPLY", size)
    head = _STATE_REPLY_FRAME.pack(
        size, STATE_REPLY, flags, 0, stream, number, other, sequence, status, is_number, len(value)
    )
    return b"".join((head, value))


def unpack_state_reply(payload: Buffer) -> tuple[int, int, int, int, int, bytes]:
    size = len(payload)
    if size < 26:
        raise _malformed("STATE_REPLY", size)
    number, other, sequence, status, is_number, size1 = STATE_REPLY_FIELDS.unpack_from(payload)
    end1 = 26 + size1
    if end1 != size:
        raise _malformed("STATE_REPLY", size)
    return number, other, sequence, status, is_number, bytes(payload[26:end1])


def pack_state_part(stream: int, flags: int, sequence: int, value: Buffer) -> bytes:
    size = 8 + len(value)
    if size > MAX_PAYLOAD:
        raise _too_long("STATE_PART", size)
    head = _STATE_PART_FRAME.pack(size, STATE_PART, flags, 0, stream, sequence, len(value))
    return b"".join((head, value))


def unpack_state_part(payload: Buffer) -> tuple[int, bytes]:
    size = len(payload)
    if size < 8:
        raise _malformed("STATE_PART", size)
    sequence, size1 = STATE_PART_FIELDS.unpack_from(payload)
    end1 = 8 + size1
    if end1 != size:
        raise _malformed("STATE_PART", size)
    return sequence, bytes(payload[8:end1])


def pack_resume(stream: int, flags: int, sent: int, reason: int, subprotocol: Buffer, state: Buffer) -> bytes:
    size = 15 + len(subprotocol) + len(state)
    if size > MAX_PAYLOAD:
        raise _too_long("RESUME", size)
    head = _RESUME_FRAME.pack(size, RESUME, flags, 0, stream, sent, reason, len(subprotocol), len(state))
    return b"".join((head, subprotocol, state))


def unpack_resume(payload: Buffer) -> tuple[int, int, bytes, bytes]:
    size = len(payload)
    if size < 15:
        raise _malformed("RESUME", size)
    sent, reason, size1, size2 = RESUME_FIELDS.unpack_from(payload)
    end1 = 15 + size1
    end2 = end1 + size2
    if end2 != size:
        raise _malformed("RESUME", size)
    return sent, reason, bytes(payload[15:end1]), bytes(payload[end1:end2])


# What the front may send: the method that takes it, the flags that it may carry, and what takes it apart.
FROM_FRONT = {
    WELCOME: ("on_welcome", 0, unpack_welcome),
    DRAIN: ("on_drain", 0, unpack_drain),
    PING: ("on_ping", 0, unpack_ping),
    INTERRUPT: ("on_interrupt", 0, unpack_interrupt),
    FORK: ("on_fork", 0, unpack_fork),
    KILL: ("on_kill", 0, unpack_kill),
    PART: ("on_part", 0, unpack_part),
    REQUEST: ("on_request", FLAG_END | FLAG_EXPECT_CONTINUE | FLAG_SESSION | FLAG_RESUME, unpack_request),
    BODY: ("on_body", FLAG_END | FLAG_MORE, unpack_body),
    WINDOW: ("on_window", 0, unpack_window),
    CANCEL: ("on_cancel", 0, unpack_cancel),
    FINISHED: ("on_finished", 0, unpack_finished),
    DATA: ("on_data", FLAG_TEXT | FLAG_MORE, unpack_data),
    CLOSE: ("on_close", 0, unpack_close),
    OPENED: ("on_opened", 0, unpack_opened),
    INSPECT: ("on_inspect", 0, unpack_inspect),
    COLLECT: ("on_collect", 0, unpack_collect),
    SUBSCRIBED: ("on_subscribed", 0, unpack_subscribed),
    LEAVE: ("on_leave", 0, unpack_leave),
    STATE_REPLY: ("on_state_reply", 0, unpack_state_reply),
    STATE_PART: ("on_state_part", 0, unpack_state_part),
    RESUME: ("on_resume", 0, unpack_resume),
}
