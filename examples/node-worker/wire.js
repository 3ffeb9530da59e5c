// The frames of docs/protocol.md: a header of 16 bytes, then a payload whose fixed-size fields come first, the lengths of the variable ones among them.
'use strict';

const Type = {
  HELLO: 0x01, WELCOME: 0x02, READY: 0x03, FAILED: 0x04, DRAIN: 0x05, PING: 0x06, PONG: 0x07, LOG: 0x08, GOODBYE: 0x09, INTERRUPT: 0x0a, PART: 0x0f,
  REQUEST: 0x10, BODY: 0x11, RESPONSE: 0x12, WINDOW: 0x13, CANCEL: 0x14, RESET: 0x15, TAKEN: 0x16, FINISHED: 0x17, ACCEPT: 0x18, DATA: 0x19, CLOSE: 0x1a,
};
const Flag = { END: 1, EXPECT_CONTINUE: 2, SESSION: 4, TEXT: 8, MORE: 16 };
const Reset = { APPLICATION_ERROR: 1, RULE_VIOLATION: 2, NO_RESPONSE: 3, NOT_STARTED: 4, CANCELLED: 5 };
const HEADER = 16;
const MAX_PAYLOAD = 262128;
const MAX_BODY = 65536;
const DATA_COST = 32;

// What each field of a message is: a number of so many bits, or bytes whose length is a number of so many bits.
const FIELDS = {
  [Type.HELLO]: ['u64', 'u32', 'u16', 'u8', 'u8', 'b8'],
  [Type.WELCOME]: ['u32', 'u32'],
  [Type.READY]: ['u32', 'u32', 'b8', 'b8', 'b8'],
  [Type.FAILED]: ['u8', 'b16', 'b32'],
  [Type.DRAIN]: ['u32'],
  [Type.PING]: ['u32'],
  [Type.PONG]: ['u32', 'u32', 'u8'],
  [Type.LOG]: ['u64', 'u8', 'b8', 'b32'],
  [Type.GOODBYE]: ['u32', 'b16'],
  [Type.INTERRUPT]: ['u64', 'u8', 'u8'],
  [Type.PART]: ['u32', 'u8'],
  [Type.REQUEST]: ['u32', 'b8', 'b16', 'b16', 'b16', 'b32', 'b32'],
  [Type.RESPONSE]: ['u16', 'b32', 'b32'],
  [Type.WINDOW]: ['u32'],
  [Type.CANCEL]: ['u8'],
  [Type.RESET]: ['u8', 'b16'],
  [Type.TAKEN]: ['u32', 'u32', 'u32'],
  [Type.FINISHED]: ['u8'],
  [Type.ACCEPT]: ['b16', 'b32'],
  [Type.CLOSE]: ['u16', 'b8'],
};

/** A frame, whole. BODY and DATA have a payload that is nothing but bytes; all others take their fields in order. Ids are BigInts. */
function pack(type, stream, flags, ...values) {
  const fields = FIELDS[type];
  if (!fields) return [header(type, stream, flags, values[0].length), values[0]];
  const variable = values.map((value, i) => (fields[i][0] === 'b' ? bytes(value) : null));
  const fixed = fields.reduce((sum, field) => sum + Number(field.slice(1)) / 8, 0);
  const total = variable.reduce((sum, value) => sum + (value ? value.length : 0), fixed);
  const frame = Buffer.allocUnsafe(HEADER + total);
  header(type, stream, flags, total).copy(frame);
  let at = HEADER;
  fields.forEach((field, i) => {
    const value = variable[i] ? variable[i].length : values[i];
    if (field === 'u64') at = frame.writeBigUInt64LE(BigInt(value), at);
    else at = frame.writeUIntLE(value, at, Number(field.slice(1)) / 8);
  });
  for (const value of variable) if (value) at += value.copy(frame, at);
  return [frame];
}

/** The fields of a payload; its lengths have to add up. */
function unpack(type, payload) {
  const fields = FIELDS[type];
  if (!fields) return [payload];
  let at = 0;
  const values = fields.map((field) => {
    const size = Number(field.slice(1)) / 8;
    const value = size === 8 ? payload.readBigUInt64LE(at) : payload.readUIntLE(at, size);
    at += size;
    return value;
  });
  fields.forEach((field, i) => {
    if (field[0] !== 'b') return;
    const end = at + values[i];
    if (end > payload.length) throw new Error(`a frame of type ${type} has wrong lengths`);
    values[i] = payload.subarray(at, end);
    at = end;
  });
  if (at !== payload.length) throw new Error(`a frame of type ${type} has wrong lengths`);
  return values;
}

function header(type, stream, flags, length) {
  if (length > MAX_PAYLOAD) throw new RangeError('a frame would be too long');
  const head = Buffer.alloc(HEADER);
  head.writeUInt32LE(length, 0);
  head[4] = type;
  head[5] = flags;
  head.writeBigUInt64LE(stream, 8);
  return head;
}

/** Takes a stream of bytes apart into frames. */
class FrameReader {
  constructor(handle) {
    this.handle = handle;
    this.rest = Buffer.alloc(0);
  }

  push(data) {
    if (this.rest.length > 0) data = Buffer.concat([this.rest, data]);
    let at = 0;
    while (data.length - at >= HEADER) {
      const length = data.readUInt32LE(at);
      if (length > MAX_PAYLOAD || data.readUInt16LE(at + 6) !== 0) throw new Error('a frame header is malformed');
      if (data.length - at < HEADER + length) break;
      this.handle(data[at + 4], data[at + 5], data.readBigUInt64LE(at + 8), data.subarray(at + HEADER, at + HEADER + length));
      at += HEADER + length;
    }
    this.rest = data.subarray(at);
  }
}

/** Header and connection blocks: strings joined with NUL. HTTP's fields are bytes, which latin1 keeps as they are. */
const split = (block) => (block.length === 0 ? [] : block.toString('latin1').split('\0'));
const join = (headers) => Buffer.from(headers.flat().join('\0'), 'latin1');
const bytes = (value) => (typeof value === 'string' ? Buffer.from(value) : value);

module.exports = { Type, Flag, Reset, MAX_BODY, DATA_COST, pack, unpack, FrameReader, split, join, bytes };
