// A request with its response, and a WebSocket: what docs/protocol.md says about streams.
'use strict';

const { Type, Flag, Reset, MAX_BODY, DATA_COST, pack, unpack, split, join, bytes } = require('./wire.js');

/** Raised in the application where it goes on with a stream that has ended. */
class Gone extends Error {}

/** What requests and sessions have in common: credit both ways, and waiting for a change. */
class Stream {
  constructor(link, id, flags, request) {
    this.link = link;
    this.id = id;
    const [queued, method, path, query, connection, headers] = request;
    this.queuedMicroseconds = queued;
    this.method = method.toString('latin1');
    this.path = path.toString('latin1');
    this.query = query.toString('latin1');
    this.headers = split(headers).reduce((list, text, i) => (i % 2 ? list[list.length - 1].push(text) : list.push([text]), list), []);
    const [scheme, version, client, clientPort, server, serverPort, rootPath] = split(connection);
    this.connection = { scheme, version, client, clientPort, server, serverPort, rootPath };
    // Response bytes that may still be sent; request bytes that were taken and not granted again.
    this.credit = link.responseWindow;
    this.owed = 0;
    this.isSilent = true;
    this.isOver = false;
    this.gone = new AbortController();
    this.waiters = [];
  }

  header(name) {
    return this.headers.find(([key]) => key === name)?.[1];
  }

  send(type, flags, ...values) {
    if (this.isOver) throw new Gone('the stream is over');
    this.isSilent = false;
    this.link.send(...pack(type, this.id, flags, ...values));
  }

  owe(count) {
    this.owed += count;
    if (this.owed * 2 >= this.link.requestWindow && !this.isOver) {
      this.send(Type.WINDOW, 0, this.owed);
      this.owed = 0;
    }
  }

  async changed() {
    if (this.gone.signal.aborted) throw new Gone('the client has left');
    await new Promise((resolve) => this.waiters.push(resolve));
    if (this.gone.signal.aborted) throw new Gone('the client has left');
  }

  wake() {
    for (const resolve of this.waiters.splice(0)) resolve();
  }

  complete() {
    this.isOver = true;
    this.link.streams.delete(this.id);
  }

  on(type, flags, payload) {
    if (type === Type.WINDOW) this.credit += unpack(type, payload)[0];
    // CANCEL. What is left of the application ends where it waits; when it is through, end() says RESET.
    if (type === Type.CANCEL) this.gone.abort();
    this.wake();
  }

  /** The application is through with the stream, with an error or without one. */
  end(error) {
    if (this.isOver) return;
    if (this.gone.signal.aborted) this.send(Type.RESET, 0, Reset.CANCELLED, '');
    else this.fail(error);
    this.complete();
  }
}

class Exchange extends Stream {
  constructor(link, id, flags, request) {
    super(link, id, flags, request);
    this.chunks = request[6].length > 0 ? [{ data: request[6], cost: 0 }] : [];
    this.hasWhole = (flags & Flag.END) !== 0;
    this.expects = (flags & Flag.EXPECT_CONTINUE) !== 0;
    this.isFinished = false;
    this.hasBegun = false;
    this.parting = new AbortController();
  }

  on(type, flags, payload) {
    if (type === Type.BODY) {
      this.chunks.push({ data: payload, cost: payload.length });
      this.hasWhole ||= (flags & Flag.END) !== 0;
    }
    // The client sends nothing more, of a body that may be incomplete.
    if (type === Type.FINISHED) this.isFinished = true;
    super.on(type, flags, payload);
  }

  /** The request's body, piece by piece; the front sends no more of it than is taken here. */
  async *body() {
    if (this.expects && !this.isOver) {
      this.expects = false;
      this.send(Type.WINDOW, 0, this.link.requestWindow);
    }
    for (;;) {
      const chunk = this.chunks.shift();
      if (chunk) {
        if (!this.hasWhole) this.owe(chunk.cost);
        yield chunk.data;
      } else if (this.hasWhole) {
        return;
      } else if (this.isFinished) {
        throw new Gone('the client has left before its body was complete');
      } else {
        await this.changed();
      }
    }
  }

  /** A whole response. */
  async respond(status, headers, body = '') {
    const data = bytes(body);
    if (data.length > MAX_BODY) {
      this.start(status, [...headers, ['content-length', String(data.length)]]);
      await this.write(data);
      this.finish();
      return;
    }
    this.hasBegun = true;
    this.send(Type.RESPONSE, Flag.END, status, join(headers), data);
    this.complete();
  }

  /** The head of a response that write() goes on with. Where it names no content-length the front frames it. */
  start(status, headers) {
    this.hasBegun = true;
    this.send(Type.RESPONSE, 0, status, join(headers), Buffer.alloc(0));
  }

  /** Resolves when the front has credit for all of it: that is the client's speed. */
  async write(chunk) {
    let data = bytes(chunk);
    while (data.length > 0) {
      while (this.credit === 0) await this.changed();
      if (this.gone.signal.aborted) throw new Gone('the client has left');
      const part = data.subarray(0, Math.min(MAX_BODY, this.credit));
      this.credit -= part.length;
      this.send(Type.BODY, 0, part);
      data = data.subarray(part.length);
    }
  }

  finish() {
    this.send(Type.BODY, Flag.END, Buffer.alloc(0));
    this.complete();
  }

  fail(error) {
    const reason = error ? Reset.APPLICATION_ERROR : Reset.NO_RESPONSE;
    // Who waited for the rest of a body that will not come has not failed.
    if (error instanceof Gone) this.send(Type.RESET, 0, Reset.CANCELLED, '');
    else this.send(Type.RESET, 0, reason, String(error?.message ?? 'The application has not answered.').slice(0, 1000));
  }

  /** PART: a response that has begun is to come to its end. */
  part() {
    if (this.hasBegun) this.parting.abort();
  }
}

class WebSocketSession extends Stream {
  constructor(link, id, flags, request) {
    super(link, id, flags, request);
    this.subprotocols = (this.header('sec-websocket-protocol') ?? '').split(',').map((word) => word.trim()).filter(Boolean);
    this.isAccepted = false;
    this.parts = [];
    this.messages = [];
    this.close = null;
  }

  on(type, flags, payload) {
    if (type === Type.DATA) {
      this.parts.push(payload);
      const cost = payload.length + DATA_COST;
      if (flags & Flag.MORE) {
        // It cannot be received before it is whole.
        this.owe(cost);
      } else {
        const whole = Buffer.concat(this.parts.splice(0));
        this.messages.push({ data: flags & Flag.TEXT ? whole.toString() : whole, cost });
      }
    }
    if (type === Type.CLOSE) {
      const [code, reason] = unpack(type, payload);
      this.close = { code, reason: reason.toString() };
      this.gone.abort();
    }
    super.on(type, flags, payload);
  }

  accept(subprotocol = '', headers = []) {
    this.isAccepted = true;
    this.send(Type.ACCEPT, 0, subprotocol, join(headers));
  }

  async deny(status, headers, body = '') {
    this.send(Type.RESPONSE, Flag.END, status, join(headers), bytes(body));
    this.complete();
  }

  /** The messages: strings and Buffers. Ends when the session does; `close` then says how. */
  async *receive() {
    for (;;) {
      const message = this.messages.shift();
      if (message) {
        if (!this.close) this.owe(message.cost);
        yield message.data;
      } else if (this.close || this.isOver) {
        return;
      } else {
        await this.changed().catch(() => {});
        if (this.gone.signal.aborted && !this.close) return;
      }
    }
  }

  async sendMessage(message) {
    const kind = typeof message === 'string' ? Flag.TEXT : 0;
    let data = bytes(message);
    do {
      while (this.credit <= DATA_COST) await this.changed();
      if (this.gone.signal.aborted) throw new Gone('the client has left');
      const part = data.subarray(0, Math.min(MAX_BODY, this.credit - DATA_COST));
      data = data.subarray(part.length);
      this.credit -= part.length + DATA_COST;
      this.send(Type.DATA, data.length > 0 ? kind | Flag.MORE : kind, part);
    } while (data.length > 0);
  }

  closeWith(code = 1000, reason = '') {
    if (this.isOver || this.gone.signal.aborted) return;
    this.close = { code, reason };
    this.send(Type.CLOSE, 0, code, reason);
    this.complete();
    this.wake();
  }

  fail(error) {
    if (this.isAccepted) this.send(Type.CLOSE, 0, error ? 1011 : 1000, '');
    else this.send(Type.RESET, 0, error ? Reset.APPLICATION_ERROR : Reset.NO_RESPONSE, String(error?.message ?? 'The application has not answered.').slice(0, 1000));
  }

  /** PART that means sessions, too: the client is to come again. */
  part(sessions) {
    if (sessions && this.isAccepted) this.closeWith(1012);
  }
}

module.exports = { Exchange, WebSocketSession, Gone };
