/*
 * The frames of the link protocol: numbers and offsets.
 *
 * Generated from src/hydra/Protocol/Messages.cs and its neighbours; do not edit. After a change there run
 * build/wire.sh, which writes this file; the build fails while it differs. docs/protocol.md explains the rules.
 *
 * Of each message: _FLAGS are all flags that its frames may carry, _FIXED is how many bytes its fixed part has, and
 * each field's name is its offset there, with _SIZE where what stands there is the length of variable bytes. A
 * message without fields is bytes alone.
 */
#ifndef HYDRA_WIRE_H
#define HYDRA_WIRE_H

#define WIRE_SCHEMA_HASH 0xe07135e4949fc6f0ULL
#define WIRE_HEADER_SIZE 16
#define WIRE_MAX_PAYLOAD 262128
#define WIRE_MAX_BODY 65536
#define WIRE_MAX_HEADERS 131072
#define WIRE_DATA_COST 32

/* MessageType */
#define WIRE_HELLO 0x01
#define WIRE_WELCOME 0x02
#define WIRE_READY 0x03
#define WIRE_FAILED 0x04
#define WIRE_DRAIN 0x05
#define WIRE_PING 0x06
#define WIRE_PONG 0x07
#define WIRE_LOG 0x08
#define WIRE_GOODBYE 0x09
#define WIRE_INTERRUPT 0x0a
#define WIRE_FORK 0x0b
#define WIRE_FORKED 0x0c
#define WIRE_EXITED 0x0d
#define WIRE_KILL 0x0e
#define WIRE_PART 0x0f
#define WIRE_REQUEST 0x10
#define WIRE_BODY 0x11
#define WIRE_RESPONSE 0x12
#define WIRE_WINDOW 0x13
#define WIRE_CANCEL 0x14
#define WIRE_RESET 0x15
#define WIRE_TAKEN 0x16
#define WIRE_FINISHED 0x17
#define WIRE_ACCEPT 0x18
#define WIRE_DATA 0x19
#define WIRE_CLOSE 0x1a
#define WIRE_FILE 0x1b
#define WIRE_OPENED 0x1c
#define WIRE_HINT 0x1d
#define WIRE_CAPACITY 0x1e
#define WIRE_TRAILERS 0x1f
#define WIRE_INSPECT 0x20
#define WIRE_STACKS 0x21

/* CancelReason */
#define WIRE_CANCEL_CLIENT_LEFT 1
#define WIRE_CANCEL_TIMEOUT 2
#define WIRE_CANCEL_SHUTDOWN 3
#define WIRE_CANCEL_FRONT_ERROR 4

/* FrameFlags */
#define WIRE_FLAG_NONE 0
#define WIRE_FLAG_END 1
#define WIRE_FLAG_EXPECT_CONTINUE 2
#define WIRE_FLAG_SESSION 4
#define WIRE_FLAG_TEXT 8
#define WIRE_FLAG_MORE 16
#define WIRE_FLAG_FILE 32

/* InterfaceFeatures */
#define WIRE_FEATURE_NONE 0
#define WIRE_FEATURE_INTERRUPTIBLE_THREADS 1
#define WIRE_FEATURE_WEB_SOCKETS 2
#define WIRE_FEATURE_WHOLE_BODIES 4
#define WIRE_FEATURE_INSPECTION 8

/* LinkKind */
#define WIRE_LINK_CONTROL 0
#define WIRE_LINK_DATA 1

/* ResetReason */
#define WIRE_RESET_APPLICATION_ERROR 1
#define WIRE_RESET_RULE_VIOLATION 2
#define WIRE_RESET_NO_RESPONSE 3
#define WIRE_RESET_NOT_STARTED 4
#define WIRE_RESET_CANCELLED 5

/* StartFailure */
#define WIRE_FAILURE_MODULE_NOT_FOUND 1
#define WIRE_FAILURE_ATTRIBUTE_MISSING 2
#define WIRE_FAILURE_NOT_CALLABLE 3
#define WIRE_FAILURE_IMPORT_RAISED 4
#define WIRE_FAILURE_FACTORY_RAISED 5
#define WIRE_FAILURE_LIFESPAN_FAILED 6
#define WIRE_FAILURE_INTERFACE_MISMATCH 7
#define WIRE_FAILURE_INTERNAL 8
#define WIRE_FAILURE_EXIT_HOOK_MISSING 9
#define WIRE_FAILURE_HOOK_FAILED 10
#define WIRE_FAILURE_INSTRUMENT_FAILED 11

/* WireLogLevel */
#define WIRE_LOG_DEBUG 1
#define WIRE_LOG_INFO 2
#define WIRE_LOG_WARNING 3
#define WIRE_LOG_ERROR 4
#define WIRE_LOG_CRITICAL 5

/* HelloMessage */
#define WIRE_HELLO_FLAGS 0
#define WIRE_HELLO_FIXED 17
#define WIRE_HELLO_SCHEMA 0
#define WIRE_HELLO_PROCESS_ID 8
#define WIRE_HELLO_WORKER 12
#define WIRE_HELLO_KIND 14
#define WIRE_HELLO_INDEX 15
#define WIRE_HELLO_TOKEN_SIZE 16

/* WelcomeMessage */
#define WIRE_WELCOME_FLAGS 0
#define WIRE_WELCOME_FIXED 8
#define WIRE_WELCOME_REQUEST_WINDOW 0
#define WIRE_WELCOME_RESPONSE_WINDOW 4

/* ReadyMessage */
#define WIRE_READY_FLAGS 0
#define WIRE_READY_FIXED 11
#define WIRE_READY_CONCURRENCY 0
#define WIRE_READY_FEATURES 4
#define WIRE_READY_INTERFACE_SIZE 8
#define WIRE_READY_PYTHON_SIZE 9
#define WIRE_READY_LOOP_SIZE 10

/* FailedMessage */
#define WIRE_FAILED_FLAGS 0
#define WIRE_FAILED_FIXED 7
#define WIRE_FAILED_REASON 0
#define WIRE_FAILED_MESSAGE_SIZE 1
#define WIRE_FAILED_TRACEBACK_SIZE 3

/* DrainMessage */
#define WIRE_DRAIN_FLAGS 0
#define WIRE_DRAIN_FIXED 4
#define WIRE_DRAIN_GRACE_MILLISECONDS 0

/* PingMessage */
#define WIRE_PING_FLAGS 0
#define WIRE_PING_FIXED 4
#define WIRE_PING_NONCE 0

/* PongMessage */
#define WIRE_PONG_FLAGS 0
#define WIRE_PONG_FIXED 9
#define WIRE_PONG_NONCE 0
#define WIRE_PONG_LOOP_LAG_MICROSECONDS 4
#define WIRE_PONG_IS_DEBUGGED 8

/* LogMessage */
#define WIRE_LOG_FLAGS 0
#define WIRE_LOG_FIXED 14
#define WIRE_LOG_CREATED_MICROSECONDS 0
#define WIRE_LOG_LEVEL 8
#define WIRE_LOG_LOGGER_SIZE 9
#define WIRE_LOG_MESSAGE_SIZE 10

/* GoodbyeMessage */
#define WIRE_GOODBYE_FLAGS 0
#define WIRE_GOODBYE_FIXED 6
#define WIRE_GOODBYE_CANCELLED 0
#define WIRE_GOODBYE_MESSAGE_SIZE 4

/* InterruptMessage */
#define WIRE_INTERRUPT_FLAGS 0
#define WIRE_INTERRUPT_FIXED 10
#define WIRE_INTERRUPT_TARGET 0
#define WIRE_INTERRUPT_LINK 8
#define WIRE_INTERRUPT_REASON 9

/* ForkMessage */
#define WIRE_FORK_FLAGS 0
#define WIRE_FORK_FIXED 4
#define WIRE_FORK_SEQUENCE 0

/* ForkedMessage */
#define WIRE_FORKED_FLAGS 0
#define WIRE_FORKED_FIXED 10
#define WIRE_FORKED_SEQUENCE 0
#define WIRE_FORKED_PROCESS_ID 4
#define WIRE_FORKED_MESSAGE_SIZE 8

/* ExitedMessage */
#define WIRE_EXITED_FLAGS 0
#define WIRE_EXITED_FIXED 8
#define WIRE_EXITED_PROCESS_ID 0
#define WIRE_EXITED_CODE 4

/* KillMessage */
#define WIRE_KILL_FLAGS 0
#define WIRE_KILL_FIXED 4
#define WIRE_KILL_PROCESS_ID 0

/* PartMessage */
#define WIRE_PART_FLAGS 0
#define WIRE_PART_FIXED 5
#define WIRE_PART_GRACE_MILLISECONDS 0
#define WIRE_PART_SESSIONS 4

/* RequestMessage */
#define WIRE_REQUEST_FLAGS 7
#define WIRE_REQUEST_FIXED 19
#define WIRE_REQUEST_QUEUE_MICROSECONDS 0
#define WIRE_REQUEST_METHOD_SIZE 4
#define WIRE_REQUEST_RAW_PATH_SIZE 5
#define WIRE_REQUEST_QUERY_SIZE 7
#define WIRE_REQUEST_CONNECTION_SIZE 9
#define WIRE_REQUEST_HEADERS_SIZE 11
#define WIRE_REQUEST_BODY_SIZE 15

/* BodyMessage */
#define WIRE_BODY_FLAGS 1
#define WIRE_BODY_FIXED 0

/* ResponseMessage */
#define WIRE_RESPONSE_FLAGS 33
#define WIRE_RESPONSE_FIXED 10
#define WIRE_RESPONSE_STATUS 0
#define WIRE_RESPONSE_HEADERS_SIZE 2
#define WIRE_RESPONSE_BODY_SIZE 6

/* WindowMessage */
#define WIRE_WINDOW_FLAGS 0
#define WIRE_WINDOW_FIXED 4
#define WIRE_WINDOW_CREDIT 0

/* CancelMessage */
#define WIRE_CANCEL_FLAGS 0
#define WIRE_CANCEL_FIXED 1
#define WIRE_CANCEL_REASON 0

/* ResetMessage */
#define WIRE_RESET_FLAGS 0
#define WIRE_RESET_FIXED 3
#define WIRE_RESET_REASON 0
#define WIRE_RESET_MESSAGE_SIZE 1

/* TakenMessage */
#define WIRE_TAKEN_FLAGS 0
#define WIRE_TAKEN_FIXED 12
#define WIRE_TAKEN_BUSY_MICROSECONDS 0
#define WIRE_TAKEN_REQUESTS 4
#define WIRE_TAKEN_HELD 8

/* FinishedMessage */
#define WIRE_FINISHED_FLAGS 0
#define WIRE_FINISHED_FIXED 1
#define WIRE_FINISHED_IS_COMPLETE 0

/* AcceptMessage */
#define WIRE_ACCEPT_FLAGS 0
#define WIRE_ACCEPT_FIXED 6
#define WIRE_ACCEPT_SUBPROTOCOL_SIZE 0
#define WIRE_ACCEPT_HEADERS_SIZE 2

/* DataMessage */
#define WIRE_DATA_FLAGS 24
#define WIRE_DATA_FIXED 0

/* CloseMessage */
#define WIRE_CLOSE_FLAGS 0
#define WIRE_CLOSE_FIXED 3
#define WIRE_CLOSE_CODE 0
#define WIRE_CLOSE_REASON_SIZE 2

/* FileMessage */
#define WIRE_FILE_FLAGS 1
#define WIRE_FILE_FIXED 18
#define WIRE_FILE_OFFSET 0
#define WIRE_FILE_LENGTH 8
#define WIRE_FILE_PATH_SIZE 16

/* OpenedMessage */
#define WIRE_OPENED_FLAGS 0
#define WIRE_OPENED_FIXED 8
#define WIRE_OPENED_SIZE 0

/* HintMessage */
#define WIRE_HINT_FLAGS 0
#define WIRE_HINT_FIXED 4
#define WIRE_HINT_HEADERS_SIZE 0

/* CapacityMessage */
#define WIRE_CAPACITY_FLAGS 0
#define WIRE_CAPACITY_FIXED 4
#define WIRE_CAPACITY_THREADS 0

/* TrailersMessage */
#define WIRE_TRAILERS_FLAGS 0
#define WIRE_TRAILERS_FIXED 4
#define WIRE_TRAILERS_HEADERS_SIZE 0

/* InspectMessage */
#define WIRE_INSPECT_FLAGS 0
#define WIRE_INSPECT_FIXED 13
#define WIRE_INSPECT_TARGET 0
#define WIRE_INSPECT_SEQUENCE 8
#define WIRE_INSPECT_LINK 12

/* StacksMessage */
#define WIRE_STACKS_FLAGS 0
#define WIRE_STACKS_FIXED 8
#define WIRE_STACKS_SEQUENCE 0
#define WIRE_STACKS_TEXT_SIZE 4

#endif
