// The page: asks once a second as long as somebody looks, and shows what comes.
import { Chart } from "./charts.js";
import { NONE, bytes, clock, count, cpu, number, rate, span, time } from "./format.js";
import { ask, hasToken, keepToken, Refusal, takeToken } from "./server.js";
import { button, element, put, Table, text } from "./tables.js";

const EVERY = 1000;
const LONGEST_PAUSE = 5000;
const KEPT = 600; // Seconds.
const RECENT = 5.5; // Seconds that the rates of workers are of.
const $ = (id) => document.getElementById(id);

const view = { status: null, recent: [], samples: [], marks: [], run: null, pid: null, last: 0, skew: 0, span: 300, pool: "", names: [], lost: null, drained: false, slowest: [] };

// --- Charts ---

const sum = (get) => (sample) => {
  const chosen = sample.pools.filter((_, i) => view.pool === "" || view.names[i] === view.pool);
  const values = chosen.map(get).filter((n) => n !== null && n !== undefined);
  return values.length === 0 ? null : values.reduce((a, b) => a + b, 0);
};
const most = (get) => (sample) => {
  const chosen = sample.pools.filter((_, i) => view.pool === "" || view.names[i] === view.pool);
  return chosen.length === 0 ? null : Math.max(...chosen.map(get));
};
const status = (digit) => (sample) => sample.status[digit - 1];

function makeCharts() {
  const parent = $("charts");
  const one = (name, kind, get, fill) => ({ name, kind, get, fill });
  return [
    new Chart(parent, { title: "Requests a second, by status", format: rate, stacked: true, least: 1, large: true, series: [
      one("2xx", "ok", status(2)), one("3xx", "calm", status(3)), one("4xx", "warn", status(4)), one("5xx", "bad", status(5)), one("1xx", "other", status(1))] }),
    new Chart(parent, { title: "Time of requests", format: time, least: 0.001, large: true, series: [
      one("p50", "ok", (s) => s.p50, true), one("p90", "warn", (s) => s.p90), one("p99", "bad", (s) => s.p99)] }),
    new Chart(parent, { title: "Failed", format: rate, least: 1, series: [
      one("5xx", "bad", status(5), true), one("no answer", "warn", (s) => s.failures), one("refused", "calm", sum((p) => p.refused))] }),
    new Chart(parent, { title: "Queue", format: number, least: 4, series: [one("waiting", "ok", sum((p) => p.queue), true)] }),
    new Chart(parent, { title: "Longest wait in the queue", format: time, least: 0.01, series: [one("oldest", "ok", most((p) => p.wait), true)] }),
    new Chart(parent, { title: "In flight", format: number, least: 4, series: [
      one("requests", "ok", sum((p) => p.in_flight), true), one("sessions", "other", sum((p) => p.sessions))] }),
    new Chart(parent, { title: "Workers", format: count, stacked: true, least: 2, series: [
      one("ready", "ok", sum((p) => p.ready)), one("starting", "calm", sum((p) => p.starting)), one("leaving", "other", sum((p) => p.leaving)),
      one("silent", "bad", sum((p) => p.silent)), one("waiting", "warn", sum((p) => p.waiting))] }),
    new Chart(parent, { title: "CPU of the workers", format: cpu, least: 0.5, series: [one("of one processor", "ok", sum((p) => p.cpu), true)] }),
    new Chart(parent, { title: "Memory of the workers", format: bytes, binary: true, least: 1 << 20, series: [one("resident", "ok", sum((p) => p.rss), true)] }),
    new Chart(parent, { title: "Lag of event loops", format: time, least: 0.01, series: [one("latest", "ok", most((p) => p.lag), true)] }),
  ];
}

// --- Tables ---

const states = { ready: "●", starting: "◔", retiring: "◑", draining: "◑", ending: "○", waiting: "◌" };

const workerTable = () => new Table("workers", [
  { name: "Worker", kind: "name", fill: (cell, w) => put(cell, view.names.length > 1 && view.pool === "" ? `${w.index} ${w.pool}` : `${w.index}`) },
  { name: "State", kind: "state", fill(cell, w) {
    const pill = cell.firstChild ?? element("span", "pill", "", cell);
    const silent = w.silent && w.pid;
    put(pill, silent ? "▲ does not answer" : `${states[w.state] ?? "○"} ${w.state}${w.starts_in !== null && w.starts_in !== undefined ? `, starts in ${time(w.starts_in)}` : ""}`);
    pill.className = `pill ${silent ? "bad" : w.state === "ready" ? "ok" : w.state === "waiting" ? "warn" : "calm"}`;
  } },
  text("Why", "quiet", (w) => (w.reason ?? NONE).replaceAll("_", " ")),
  text("PID", "n", (w) => w.pid?.toString() ?? NONE),
  text("Age", "n", (w) => span(w.pid ? w.age : null)),
  text("In flight", "n", (w) => count(w.in_flight)),
  text("Sessions", "n", (w) => count(w.sessions)),
  text("Requests", "n", (w) => count(w.requests)),
  text("Rate", "n", (w) => rate(w.rate)),
  text("Memory", "n", (w) => bytes(w.rss || null)),
  { name: "CPU", kind: "n cpu", fill(cell, w) {
    const meter = cell.firstChild ?? element("meter", "", null, cell);
    const words = cell.lastChild !== meter ? cell.lastChild : element("span", "", null, cell);
    meter.max = 1;
    meter.value = Math.min(1, w.cpu ?? 0);
    meter.setAttribute("aria-hidden", "true");
    put(words, cpu(w.cpu));
  } },
  text("Lag", "n", (w) => time(w.pid ? w.loop_lag : null)),
  { name: "", kind: "acts", fill(cell, w) {
    const stack = button(cell, "Stack", (item) => showStack(item, null));
    const restart = button(cell, "Restart", restartWorker, { "data-act": "" });
    stack.disabled = !w.pid;
    stack.setAttribute("aria-label", `Stack of worker ${w.index}`);
    restart.setAttribute("aria-label", `Restart worker ${w.index}`);
  } },
], (w) => `${w.pool}/${w.index}/${w.pid}`);

const phases = { waiting: "no answer yet", responding: "responding", session: "session", cancelled: "cancelled" };

const activeTable = () => new Table("active", [
  text("Age", "n age", (a) => time(a.age)),
  text("Method", "mono", (a) => a.method),
  { name: "Path", kind: "mono path", fill(cell, a) {
    const open = button(cell, "open", (item) => showStack(item.worker, item));
    open.className = "link";
    put(open, a.path);
    open.title = a.path;
    open.setAttribute("aria-label", `${a.method} ${a.path}: Python stack of worker ${a.worker.index}`);
  } },
  { name: "Phase", kind: "", fill(cell, a) {
    const pill = cell.firstChild ?? element("span", "pill", "", cell);
    put(pill, phases[a.phase] ?? a.phase);
    pill.className = `pill ${a.phase === "cancelled" ? "warn" : a.phase === "responding" ? "ok" : "calm"}`;
  } },
  text("Worker", "n", (a) => `${a.worker.index}`),
  text("Request", "mono quiet", (a) => a.request),
], (a) => `${a.worker.pool}/${a.worker.pid}/${a.request}`);

let slowTable = null;
function makeSlow(routes) {
  const table = $("slow");
  table.tHead.replaceChildren();
  table.tBodies[0].replaceChildren();
  put($("slow-title"), routes ? "Slowest routes" : "Slowest requests");
  put($("slow-note"), routes ? "by p99" : "that ended in the last 10 minutes");
  const columns = routes
    ? [text("p99", "n", (r) => time(r.p99)), text("Mean", "n", (r) => time(r.mean)), text("Count", "n", (r) => count(r.count)), text("Errors", "n", (r) => count(r.errors)),
      text("Method", "mono", (r) => r.method), text("Route", "mono path", (r) => r.route, (r) => r.route)]
    : [text("Took", "n", (r) => time(r.elapsed)), text("Queued", "n", (r) => time(r.queued)), text("Status", "n", (r) => `${r.status}`),
      text("Method", "mono", (r) => r.method), text("Path", "mono path", (r) => r.path, (r) => r.path), text("Ago", "n quiet", (r) => span(r.ago))];
  slowTable = new Table("slow", columns, (r) => (routes ? `${r.pool ?? ""} ${r.method} ${r.route}` : r.key));
  slowTable.routes = routes;
}

// --- What is shown ---

function chosen(document_) {
  return document_.pools.filter((pool) => view.pool === "" || pool.name === view.pool);
}

function workersOf(document_) {
  return chosen(document_).flatMap((pool) => pool.workers.map((worker) => ({ ...worker, pool: pool.name })));
}

function show() {
  const now = view.status;
  if (!now) return;
  const workers = workersOf(now);
  const before = view.recent[0];
  const earlier = before ? new Map(workersOf(before).map((w) => [`${w.pool}/${w.index}/${w.pid}`, w.requests])) : new Map();
  const seconds = before ? now.uptime - before.uptime : 0;
  for (const worker of workers) {
    const had = earlier.get(`${worker.pool}/${worker.index}/${worker.pid}`);
    worker.rate = had !== undefined && seconds > 0 ? Math.max(0, (worker.requests - had) / seconds) : null;
  }
  const active = workers.flatMap((worker) => worker.active.map((one) => ({ ...one, worker }))).sort((a, b) => b.age - a.age);
  showHead(now);
  showFindings(now, workers);
  showTiles(now, workers);
  tables.workers.show(workers);
  put($("workers-note"), chosen(now).map((pool) => `${now.pools.length > 1 ? `${pool.name}: ` : ""}${pool.interface || "starting"}, ${pool.workers.filter((w) => w.state === "ready").length} of ${pool.wanted.now} ready, reloads ${pool.generation}${pool.reloading ? ", one under way" : ""}`).join("; "));
  tables.active.show(active.slice(0, 100));
  put($("active-count"), count(workers.reduce((all, w) => all + w.in_flight + w.sessions, 0)));
  $("active-none").hidden = active.length > 0;
  showSlow(now);
  showErrors(now);
  lock();
}

function showHead(now) {
  put($("version"), now.version);
  const words = now.not_ready && now.state === "serving" ? now.not_ready : now.state;
  const pill = $("state");
  if (pill.textContent !== words) {
    put(pill, words);
    announce(`The server is ${words}.`);
  }
  pill.className = `pill ${now.not_ready ? "warn" : "ok"}`;
  put($("facts"), `${now.addresses.join(", ") || "not listening yet"} · up ${span(now.uptime)} · pid ${now.pid} · ${count(now.connections)} connections`);
  view.drained = now.state === "draining";
  put($("drain"), view.drained ? "Resume" : "Drain");
  document.title = `${now.not_ready ? `${words} – ` : ""}${rate(now.requests.rate)} – Hydra`;
  const names = now.pools.map((pool) => pool.name);
  const choice = $("pool");
  if (choice.options.length !== names.length + 1) {
    choice.replaceChildren(new Option("All applications", ""), ...names.map((name) => new Option(name, name)));
  }
  $("pool-choice").hidden = names.length < 2;
}

function findings(now, workers) {
  const found = [];
  const name = (w) => `Worker ${w.index}${now.pools.length > 1 ? ` of ${w.pool}` : ""}`;
  if (now.not_ready) found.push(["warn", `Not ready: ${now.not_ready}.`]);
  for (const w of workers) {
    if (w.silent && w.pid) {
      found.push(["bad", `${name(w)} (pid ${w.pid}) does not answer${w.active.length ? `; it has ${w.active[0].method} ${w.active[0].path} for ${time(w.active[0].age)}` : ""}.`]);
    } else if (w.loop_lag >= 0.25) {
      found.push(["warn", `The event loop of ${name(w).toLowerCase()} is ${time(w.loop_lag)} late: something blocks it.`]);
    }
    if (w.state === "waiting") found.push(["bad", `${name(w)} has failed to start; the next try is in ${time(w.starts_in)}.`]);
  }
  for (const pool of chosen(now)) {
    const of = now.pools.length > 1 ? ` of ${pool.name}` : "";
    if (pool.queue.oldest_wait >= 0.5) found.push(["warn", `The queue${of} is behind: ${count(pool.queue.length)} requests wait, the oldest for ${time(pool.queue.oldest_wait)}.`]);
    const serving = pool.workers.filter((w) => w.state === "ready").length;
    if (serving < pool.wanted.now && now.state === "serving") found.push([serving === 0 ? "bad" : "warn", `${serving} of ${pool.wanted.now} workers${of} serve.`]);
  }
  const last = view.samples.slice(-10);
  const refused = last.reduce((all, s) => all + (sum((p) => p.refused)(s) ?? 0), 0) / Math.max(1, last.length);
  if (refused > 0) found.push(["bad", `Requests are refused: ${rate(refused)} over the last 10 s. There are more than the workers can take.`]);
  const { rate: all, failed_rate: failed } = now.requests;
  if (failed > 0 && failed >= all * 0.05) found.push(["bad", `${number((failed / Math.max(all, failed)) * 100)} % of requests are answered 5xx.`]);
  const end = view.samples.at(-1)?.at ?? 0;
  const deaths = view.samples.filter((s) => s.at > end - 120 && sum((p) => p.died)(s) > 0);
  if (deaths.length > 0) {
    const many = deaths.reduce((n, s) => n + sum((p) => p.died)(s), 0);
    const ago = span(Math.max(1, end - deaths.at(-1).at));
    found.push(["bad", many === 1 ? `A worker has died ${ago} ago; the errors of the log say how.` : `${count(many)} workers have died within two minutes, the last ${ago} ago; the errors of the log say how.`]);
  }
  return found.sort(([a], [b]) => a.localeCompare(b));
}

let said = "";
function showFindings(now, workers) {
  const found = findings(now, workers);
  const list = $("findings");
  while (list.children.length > found.length) list.lastChild.remove();
  found.forEach(([kind, words], i) => {
    const item = list.children[i] ?? element("li", "", "", list);
    item.className = kind;
    put(item, words);
  });
  list.hidden = found.length === 0;
  const kinds = found.map(([, words]) => words.replace(/[\d.,]+ ?(µs|ms|s|min|%)?/g, "")).join(" ");
  if (kinds !== said) {
    said = kinds;
    if (found.length > 0) announce(found.map(([, words]) => words).join(" "));
  }
}

const tiles = new Map();
function tile(name, value, note, kind) {
  if (!tiles.has(name)) {
    const box = element("div", "tile", null, $("tiles"));
    element("dt", "", name, box);
    tiles.set(name, { box, value: element("dd", "value", "", box), note: element("dd", "note", "", box) });
  }
  const at = tiles.get(name);
  put(at.value, value);
  put(at.note, note);
  at.box.className = `tile ${kind ?? ""}`;
}

function showTiles(now, workers) {
  const r = now.requests;
  const pools = chosen(now);
  const queue = pools.reduce((n, pool) => n + pool.queue.length, 0);
  const wait = Math.max(0, ...pools.map((pool) => pool.queue.oldest_wait));
  const ready = workers.filter((w) => w.state === "ready" && !w.silent).length;
  const wanted = pools.reduce((n, pool) => n + pool.wanted.now, 0);
  const used = workers.filter((w) => w.cpu !== null && w.cpu !== undefined);
  tile("Requests", rate(r.rate), `${count(r.total)} in all`);
  tile("Failed", rate(r.failed_rate), `${count(r.status["5xx"])} × 5xx in all`, r.failed_rate > 0 ? "bad" : "");
  tile("Median", time(r.p50), `p90 ${time(r.p90)}`);
  tile("p99", time(r.p99), `of the last ${Math.round(r.window)} s`);
  tile("In flight", count(workers.reduce((n, w) => n + w.in_flight, 0)), `${count(workers.reduce((n, w) => n + w.sessions, 0))} sessions`);
  tile("Queue", count(queue), queue > 0 ? `oldest ${time(wait)}` : "nobody waits", wait >= 0.5 ? "warn" : "");
  tile("Workers", `${ready} / ${wanted}`, "ready / wanted", ready < wanted ? "warn" : "");
  tile("CPU", used.length ? cpu(used.reduce((n, w) => n + w.cpu, 0)) : NONE, "of one processor");
  tile("Memory", bytes(workers.reduce((n, w) => n + w.rss, 0) || null), `server ${bytes(now.rss)}`);
}

function showSlow(now) {
  const shown = chosen(now).map((pool) => pool.name);
  const known = (now.routes ?? []).filter((r) => !r.pool || shown.includes(r.pool));
  const routes = known.length > 0 ? known : null;
  if (!slowTable || slowTable.routes !== (routes !== null)) makeSlow(routes !== null);
  const items = routes
    ? [...routes].sort((a, b) => (b.p99 ?? 0) - (a.p99 ?? 0)).slice(0, 15)
    : view.slowest.map((r) => ({ ...r, key: `${r.method} ${r.path} ${r.elapsed} ${r.status}` }));
  slowTable.show(items);
  $("slow-none").hidden = items.length > 0;
}

function showErrors(now) {
  const list = $("errors");
  const errors = [...now.errors].reverse();
  put($("errors-count"), now.error_count > 0 ? count(now.error_count) : "");
  $("errors-none").hidden = errors.length > 0;
  const key = errors.map((e) => e.time + e.message).join("\n");
  if (list.dataset.key !== key) {
    list.dataset.key = key;
    list.replaceChildren(...errors.map((error) => {
      const item = element("li", error.level);
      element("time", "mono", clock(Date.parse(error.time) / 1000), item).dateTime = error.time;
      element("span", "mono", error.message, item);
      return item;
    }));
  }
  const ends = {};
  for (const pool of chosen(now)) for (const why in pool.ends) ends[why] = (ends[why] ?? 0) + pool.ends[why];
  const words = (of) => Object.entries(of).map(([why, n]) => `${why.replaceAll("_", " ")} ${count(n)}`).join(", ");
  const refused = chosen(now).reduce((all, pool) => [all[0] + pool.queue.refused_full, all[1] + pool.queue.refused_late], [0, 0]);
  const totals = [["Workers that ended", words(ends)], ["Requests without a whole answer", words(now.requests.failures)],
    ["Refused by the queue", refused[0] + refused[1] > 0 ? `full ${count(refused[0])}, waited too long ${count(refused[1])}` : ""]];
  $("totals").replaceChildren(...totals.filter(([, what]) => what).map(([name, what]) => {
    const line = element("p");
    element("b", "", `${name}: `, line);
    line.append(what);
    return line;
  }));
}

function drawCharts() {
  const end = view.lost ? Math.min(Date.now() / 1000 + view.skew, view.lost / 1000 + view.skew + KEPT) : view.samples.at(-1)?.at ?? 0;
  for (const chart of charts) chart.set({ samples: view.samples, end, span: view.span, marks: view.marks });
}

// --- Asking ---

let timer = 0;
let pause = EVERY;
let asking = false;

async function look() {
  clearTimeout(timer);
  if (document.hidden || asking) return;
  asking = true;
  try {
    const [now, history] = await Promise.all([ask("v1/status"), ask(`v1/history?after=${view.last}`)]);
    take(now, history);
    pause = EVERY;
    found();
  } catch (error) {
    if (error instanceof Refusal) refused(error);
    else lose();
  }
  asking = false;
  if (!document.hidden) timer = setTimeout(look, pause);
}

function take(now, history) {
  view.skew = history.now - Date.now() / 1000;
  if (view.run !== null && view.run !== history.run) {
    // Numbers begin again; what was asked for by the old server's may be a part.
    view.marks.push(history.samples[0]?.at ?? history.now);
    announceBanner(`Another server runs since ${clock(history.now - now.uptime)}: pid ${now.pid} in the place of ${view.pid}.`, "calm");
    view.recent = [];
    view.last = 0;
    view.run = history.run;
    view.status = null;
  } else {
    view.run = history.run;
    if (view.status) view.recent = [...view.recent, view.status].filter((one) => one.uptime > now.uptime - RECENT);
    const have = view.last;
    view.samples.push(...history.samples.filter((sample) => sample.number > have));
    view.last = history.samples.at(-1)?.number ?? have;
  }
  view.pid = now.pid;
  view.names = history.pools;
  view.slowest = history.slowest;
  view.samples = view.samples.filter((sample) => sample.at > history.now - KEPT - 5);
  view.status = now;
  show();
  drawCharts();
}

function found() {
  put($("live"), "live");
  $("live").dataset.live = "yes";
  document.body.classList.remove("stale");
  if (view.lost) {
    view.lost = null;
    announce("The server answers again.");
    if ($("banner").dataset.kind === "bad") $("banner").hidden = true;
  }
  if ($("banner").dataset.until && Date.now() > Number($("banner").dataset.until)) $("banner").hidden = true;
}

function lose() {
  view.lost ??= Date.now();
  pause = Math.min(LONGEST_PAUSE, pause * 1.5);
  const words = `The server has not answered for ${span(Math.max(1, (Date.now() - view.lost) / 1000))}; this page goes on asking.`;
  put($("live"), "no answer");
  $("live").dataset.live = "no";
  document.body.classList.add("stale");
  if ($("banner").dataset.kind !== "bad" || $("banner").hidden) announce("The server does not answer.");
  banner(words, "bad");
  drawCharts();
}

function refused(error) {
  pause = LONGEST_PAUSE;
  put($("live"), "locked");
  $("live").dataset.live = "no";
  if (error.status === 401 && hasToken()) {
    // That of a server before this one, perhaps: where reading needs none it goes on without.
    keepToken(null);
    banner("The token is not this server's any more.", "warn");
    pause = EVERY;
  } else if (error.status === 401) {
    if (!$("token").open && !view.declined) openToken("This server shows nothing without its token");
    banner("This server shows nothing without its token.", "warn");
  } else {
    banner(`The server refuses: ${error.message}.`, "bad");
  }
  lock();
}

function banner(words, kind, until = 0) {
  const at = $("banner");
  at.hidden = false;
  at.dataset.kind = kind;
  at.dataset.until = until || "";
  put(at, words);
  at.className = `banner ${kind}`;
}

function announceBanner(words, kind) {
  banner(words, kind, Date.now() + 60000);
  announce(words);
}

function announce(words) {
  put($("say"), words);
}

// --- Doing ---

function lock() {
  const open = hasToken();
  put($("unlock"), open ? "Lock" : "Unlock");
  for (const one of document.querySelectorAll("[data-act]")) {
    one.setAttribute("aria-disabled", open ? "false" : "true");
    one.title = open ? "" : "Needs the token";
  }
}

function openToken(title) {
  put($("token-title"), title ?? "Token");
  put($("token-error"), "");
  $("token-input").value = "";
  $("token").showModal();
  $("token-input").focus();
}

async function unlock(event) {
  event.preventDefault();
  const given = $("token-input").value.trim();
  try {
    await ask("v1/status", "GET", given);
    keepToken(given);
    view.declined = false;
    $("token").close();
    $("banner").hidden = true;
    lock();
    announce("Unlocked.");
    look();
    const then = view.then;
    view.then = null;
    then?.();
  } catch (error) {
    put($("token-error"), error instanceof Refusal ? `${error.message[0].toUpperCase()}${error.message.slice(1)}.` : "The server does not answer.");
    $("token-input").select();
  }
}

// Asks, does it and says what came of it.
function act(title, words, yes, path) {
  if (!hasToken()) {
    view.then = () => act(title, words, yes, path);
    openToken();
    return;
  }
  put($("ask-title"), title);
  put($("ask-text"), words);
  put($("ask-yes"), yes);
  $("ask-form").onsubmit = async (event) => {
    event.preventDefault();
    $("ask").close();
    toast(`${yes} …`);
    try {
      const answer = await ask(path, "POST");
      toast(`${answer.message[0].toUpperCase()}${answer.message.slice(1)}.`);
    } catch (error) {
      if (error.status === 401) keepToken(null);
      toast(error instanceof Refusal ? `Not done: ${error.message}.` : "The server has not answered: look whether it was done.", true);
      lock();
    }
    look();
  };
  $("ask").showModal();
  $("ask-yes").focus();
}

const inPool = (name) => (name ? `?pool=${encodeURIComponent(name)}` : "");

function restartWorker(worker) {
  act(`Restart worker ${worker.index}?`, "It serves until the new one is ready, and finishes what it has.", "Restart", `v1/workers/${worker.index}/restart${inPool(worker.pool)}`);
}

let toastTimer = 0;
function toast(words, wrong = false) {
  const at = $("toast");
  at.hidden = false;
  at.className = wrong ? "toast bad" : "toast";
  put(at, words);
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { at.hidden = true; }, wrong ? 15000 : 6000);
}

let shown = null;
async function showStack(worker, request) {
  shown = { worker, request };
  put($("stack-title"), `Worker ${worker.index}${view.names.length > 1 ? ` of ${worker.pool}` : ""}`);
  put($("stack-about"), request ? `${request.method} ${request.path} · request ${request.request}` : `pid ${worker.pid}`);
  const place = $("stack-text");
  put(place, "Asking the worker …");
  if (!$("stack").open) $("stack").showModal();
  try {
    const answer = await ask(`v1/workers/${worker.index}/stack${inPool(worker.pool)}`);
    put($("stack-title"), `Worker ${answer.worker}${view.names.length > 1 ? ` of ${worker.pool}` : ""}, pid ${answer.pid}, at ${clock(Date.now() / 1000)}`);
    place.replaceChildren(...parts(answer.text, request));
    place.querySelector("mark")?.scrollIntoView({ block: "nearest" });
  } catch (error) {
    put(place, error instanceof Refusal ? error.message : "The server does not answer.");
  }
}

// The part that is about the request is marked.
function parts(stack, request) {
  if (!request) return [document.createTextNode(stack)];
  return stack.split(/\n(?=\S)/).map((part, i, all) => {
    const mine = part.split("\n")[0].includes(`request ${request.request},`) || part.split("\n")[0].includes(`request ${request.request})`);
    const words = part + (i < all.length - 1 ? "\n" : "");
    return mine ? element("mark", "", words) : document.createTextNode(words);
  });
}

// --- The beginning ---

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  try {
    localStorage.setItem("hydra-theme", name);
  } catch {
    // It may not be stored.
  }
}

function begin() {
  takeToken();
  let theme = "auto";
  try {
    theme = localStorage.getItem("hydra-theme") ?? theme;
  } catch {
    // As above.
  }
  $("theme").value = theme;
  document.documentElement.dataset.theme = theme;
  $("theme").addEventListener("change", (event) => setTheme(event.target.value));
  $("pool").addEventListener("change", (event) => {
    view.pool = event.target.value;
    show();
    drawCharts();
  });
  for (const choice of document.querySelectorAll("input[name=span]")) {
    choice.addEventListener("change", () => {
      view.span = Number(choice.value);
      put($("span-name"), `${view.span / 60} minutes`);
      drawCharts();
    });
  }
  $("reload").addEventListener("click", () => act(
    `Reload ${view.pool || "all workers"}?`, "Each is replaced by one with the present code, and serves until that is ready.", "Reload", `v1/reload${inPool(view.pool)}`));
  $("drain").addEventListener("click", () => (view.drained
    ? act("Resume?", "The server says that it is ready again.", "Resume", "v1/resume")
    : act("Drain the server?", "Load balancers hear that it is not ready, and answers end their connections; what comes is served.", "Drain", "v1/drain")));
  $("unlock").addEventListener("click", () => {
    if (!hasToken()) return openToken();
    keepToken(null);
    lock();
    announce("Locked.");
  });
  $("token-form").addEventListener("submit", unlock);
  $("token").addEventListener("close", () => { view.declined = !hasToken(); });
  $("stack-again").addEventListener("click", () => showStack(shown.worker, shown.request));
  $("stack-copy").addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText($("stack-text").textContent);
      toast("Copied.");
    } catch {
      getSelection().selectAllChildren($("stack-text"));
      toast("The browser copies nothing here; the text is selected.");
    }
  });
  for (const close of document.querySelectorAll("[data-close]")) close.addEventListener("click", () => close.closest("dialog").close());
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : look()));
  addEventListener("hashchange", () => {
    takeToken();
    lock();
    look();
  });
  lock();
  look();
}

const charts = makeCharts();
const tables = { workers: workerTable(), active: activeTable() };
begin();
