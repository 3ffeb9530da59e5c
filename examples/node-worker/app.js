// An application to try the worker with:  hydra --interface worker --app "node examples/node-worker/app.js"
'use strict';

const { setTimeout: sleep } = require('node:timers/promises');
const { serve } = require('./worker.js');

const TEXT = [['content-type', 'text/plain; charset=utf-8']];

let written = 0;

const routes = {
  '/': (exchange) => exchange.respond(200, TEXT, `Hello from Node.js ${process.versions.node}, process ${process.pid}\n`),

  // What the client sends, as it sends it: neither side is ahead of the other by more than the window.
  '/echo': async (exchange) => {
    exchange.start(200, [['content-type', exchange.header('content-type') ?? 'application/octet-stream']]);
    for await (const chunk of exchange.body()) await exchange.write(chunk);
    exchange.finish();
  },

  // The same, when all of it has come.
  '/collect': async (exchange) => {
    const chunks = [];
    for await (const chunk of exchange.body()) chunks.push(chunk);
    await exchange.respond(200, [['content-type', exchange.header('content-type') ?? 'application/octet-stream']], Buffer.concat(chunks));
  },

  '/echo-path': (exchange) => exchange.respond(200, TEXT, exchange.path.slice('/echo-path/'.length)),

  // So many bytes, as fast as the client takes them; /written says how far that is.
  '/bytes': async (exchange) => {
    let left = Number(exchange.query);
    const piece = Buffer.alloc(100_000, 'x');
    exchange.start(200, TEXT);
    for (; left > 0; left -= piece.length) {
      await exchange.write(piece.subarray(0, Math.min(left, piece.length)));
      written += piece.length;
    }
    exchange.finish();
  },

  '/written': (exchange) => exchange.respond(200, TEXT, String(written)),

  // Events until the client leaves or the server stops.
  '/events': async (exchange) => {
    exchange.start(200, [['content-type', 'text/event-stream']]);
    const signal = AbortSignal.any([exchange.gone.signal, exchange.parting.signal]);
    for (let number = 0; !signal.aborted; number++) {
      await exchange.write(`data: ${number}\n\n`);
      await sleep(100, null, { signal }).catch(() => {});
    }
    if (exchange.parting.signal.aborted) exchange.finish();
    else console.log('the client of /events has left');
  },

  '/fail': () => {
    throw new Error('this was to be expected');
  },
};

const notFound = (exchange) => exchange.respond(404, TEXT, 'There is nothing here.\n');

async function socket(session) {
  if (session.path !== '/echo') return session.deny(403, TEXT, 'There is no WebSocket here.\n');
  session.accept(session.subprotocols[0]);
  for await (const message of session.receive()) {
    if (message === 'close') return session.closeWith(4000, 'as you wish');
    await session.sendMessage(message);
  }
}

serve(() => ({ request: (exchange) => (routes[/^\/[^/]*/.exec(exchange.path)?.[0]] ?? notFound)(exchange), socket }));
