// A link to the front: a socket that says HELLO, and frames both ways.
'use strict';

const net = require('node:net');
const { Type, pack, unpack, FrameReader } = require('./wire.js');

const CONTROL = 0;
const DATA = 1;
// With so much unsent, in bytes, no further requests are read: they wait in the socket.
const MOST_UNSENT = 256 * 1024;

/** Where the boot document says that the front listens: unix:PATH, abstract:NAME or tcp:HOST:PORT. */
function target(address) {
  const [, kind, rest] = /^(\w+):(.*)$/s.exec(address);
  if (kind === 'unix') return { path: rest };
  if (kind === 'abstract') return { path: `\0${rest}` };
  const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(rest);
  return { host, port: Number(port), noDelay: true };
}

class Link {
  /** Connects, says HELLO, and resolves when WELCOME has come. `handle(link, type, flags, stream, payload)` takes what comes then. */
  static open(boot, kind, index, handle) {
    return new Promise((resolve, reject) => {
      const link = new Link(net.connect(target(boot.address)), handle);
      link.socket.once('error', reject);
      link.socket.once('close', () => reject(new Error('the front has closed the link: its log says why')));
      link.welcomed = () => resolve(link);
      // Not a Number: the hash has 64 bits.
      link.send(...pack(Type.HELLO, 0n, 0, BigInt(boot.schema), process.pid, boot.worker, kind, index, boot.token));
    });
  }

  constructor(socket, handle) {
    this.socket = socket;
    this.batchEnded = () => {};
    const reader = new FrameReader((type, flags, stream, payload) => {
      if (type === Type.WELCOME) {
        [this.requestWindow, this.responseWindow] = unpack(type, payload);
        this.welcomed();
      } else {
        handle(this, type, flags, stream, payload);
      }
    });
    socket.on('data', (data) => {
      reader.push(data);
      this.batchEnded();
    });
    socket.on('drain', () => socket.resume());
  }

  /** Sends pieces; what is sent within a turn of the event loop leaves in one write. */
  send(...pieces) {
    if (this.socket.writableCorked === 0) {
      this.socket.cork();
      setImmediate(() => this.socket.uncork());
    }
    for (const piece of pieces) this.socket.write(piece);
    if (this.socket.writableLength > MOST_UNSENT) this.socket.pause();
  }
}

module.exports = { Link, CONTROL, DATA };
