// The life of a worker: boot document, control link, data links, READY, requests, DRAIN, GOODBYE.
'use strict';

const { Type, Flag, Reset, pack, unpack } = require('./wire.js');
const { Link, CONTROL, DATA } = require('./link.js');
const { Exchange, WebSocketSession, Gone } = require('./stream.js');

const FEATURE_WEB_SOCKETS = 2;
const FAILURE_IMPORT_RAISED = 4;
const LOG_ERROR = 4;

/**
 * Serves an application. `load` returns it, { request(exchange), socket(session), shutdown() }, of which only the first is needed; what load
 * raises is shown to the user.
 */
async function serve(load) {
  // The front decides about these: a terminal and systemd send them to the whole group.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2']) process.on(name, () => {});
  const boot = await readBoot();
  const worker = { boot, application: null, control: null, links: [], isDraining: false };
  worker.control = await Link.open(boot, CONTROL, 0, (link, type, flags, stream, payload) => onControl(worker, type, payload));
  // Without DRAIN it means that the front is gone.
  worker.control.socket.on('close', () => process.exit(worker.isDraining ? 0 : 1));
  try {
    worker.application = await load();
  } catch (error) {
    worker.control.send(...pack(Type.FAILED, 0n, 0, FAILURE_IMPORT_RAISED, `The application cannot be loaded: ${error.message}`, error.stack));
    worker.control.socket.end(() => process.exit(3));
    return;
  }
  for (let index = 0; index < boot.data_links; index++) {
    const link = await Link.open(boot, DATA, index, (...frame) => onData(worker, ...frame));
    link.streams = new Map();
    link.batchEnded = () => tellTaken(link);
    link.latest = null;
    link.requests = 0;
    link.began = null;
    worker.links.push(link);
  }
  const features = worker.application.socket ? FEATURE_WEB_SOCKETS : 0;
  worker.control.send(...pack(Type.READY, 0n, 0, 0, features, 'worker', `Node.js ${process.versions.node}`, 'libuv'));
}

/** One line on standard input. */
async function readBoot() {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk;
  return JSON.parse(text);
}

function onControl(worker, type, payload) {
  if (type === Type.PING) worker.control.send(...pack(Type.PONG, 0n, 0, unpack(type, payload)[0], 0, 0));
  if (type === Type.PART) for (const stream of streams(worker)) stream.part(unpack(type, payload)[1] !== 0);
  if (type === Type.DRAIN) drain(worker, unpack(type, payload)[0]);
  // INTERRUPT is for workers whose data links can stand still: the CANCEL of the stream comes there, too.
}

function onData(worker, link, type, flags, id, payload) {
  if (type !== Type.REQUEST) {
    // One that is not known is late: its stream has ended.
    link.streams.get(id)?.on(type, flags, payload);
    return;
  }
  if (worker.isDraining) {
    link.send(...pack(Type.RESET, id, 0, Reset.NOT_STARTED, 'The worker is going away.'));
    return;
  }
  link.began ??= process.hrtime.bigint();
  link.requests++;
  const fields = unpack(type, payload);
  const isSession = (flags & Flag.SESSION) !== 0;
  const stream = isSession ? new WebSocketSession(link, id, flags, fields) : new Exchange(link, id, flags, fields);
  link.streams.set(id, stream);
  link.latest = stream;
  run(worker, isSession ? worker.application.socket : worker.application.request, stream);
}

async function run(worker, handler, stream) {
  let failure = null;
  try {
    await handler(stream);
  } catch (error) {
    failure = error;
    // An application that a client has left has not failed.
    if (!(error instanceof Gone)) log(worker, LOG_ERROR, `Exception in ${stream.method} ${stream.path}: ${error?.stack ?? error}`);
  }
  stream.end(failure);
}

function log(worker, level, text) {
  worker.control.send(...pack(Type.LOG, 0n, 0, BigInt(Date.now()) * 1000n, level, 'worker', text));
}

/** Tells the front what the requests of a batch have cost, and that the last of them, and all before it, have begun where no answer says so. */
function tellTaken(link) {
  if (link.requests === 0) return;
  const busy = Number((process.hrtime.bigint() - link.began) / 1000n);
  link.send(...pack(Type.TAKEN, link.latest.isSilent ? link.latest.id : 0n, 0, busy, link.requests, 0));
  link.latest = link.began = null;
  link.requests = 0;
}

function* streams(worker) {
  for (const link of worker.links) yield* link.streams.values();
}

/** Finishes what runs, cancels what is left when the time is over, says GOODBYE and exits. */
async function drain(worker, grace) {
  worker.isDraining = true;
  const until = Date.now() + grace;
  let cancelled = 0;
  while ([...streams(worker)].length > 0) {
    if (Date.now() >= until && cancelled === 0) {
      for (const stream of streams(worker)) {
        cancelled++;
        stream.gone.abort();
        stream.wake();
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
    if (Date.now() >= until + 1000) break;
  }
  await worker.application.shutdown?.();
  worker.control.send(...pack(Type.GOODBYE, 0n, 0, cancelled, ''));
  for (const link of worker.links) link.socket.end();
  worker.control.socket.end(() => process.exit(0));
}

module.exports = { serve, Gone };
