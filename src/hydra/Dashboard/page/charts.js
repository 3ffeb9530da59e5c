// Charts of the last minutes as SVG. All of them have one cursor.
import { NONE, ceiling, clock } from "./format.js";

const NS = "http://www.w3.org/2000/svg";
const LEFT = 56;
const RIGHT = 8;
const TOP = 8;
const BOTTOM = 20;
const GAP = 2.6; // Seconds without a sample after which a line is broken.

const all = new Set();
let cursor = null; // Seconds before now; null for now.

function svg(name, attributes, parent) {
  const element = document.createElementNS(NS, name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  if (parent) parent.append(element);
  return element;
}

function html(name, className, parent, text) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  if (parent) parent.append(element);
  return element;
}

export class Chart {
  // series: [{ name, kind, get(sample) }], where kind is a class of the style sheet.
  constructor(parent, { title, series, format, stacked = false, least = 0, binary = false, large = false }) {
    Object.assign(this, { series, format, stacked, least, binary, title });
    this.data = { samples: [], end: 0, span: 300, marks: [] };
    this.figure = html("figure", large ? "chart large" : "chart", parent);
    const caption = html("figcaption", "", this.figure);
    html("h3", "", caption, title);
    this.at = html("span", "at", caption);
    this.host = html("div", "plot", this.figure);
    this.host.tabIndex = 0;
    this.host.setAttribute("role", "img");
    this.root = svg("svg", { "aria-hidden": "true" }, this.host);
    this.grid = svg("g", { class: "grid" }, this.root);
    this.marks = svg("g", { class: "marks" }, this.root);
    this.areas = series.map((one) => svg("path", { class: `area ${one.kind}` }, this.root));
    this.lines = series.map((one) => svg("path", { class: `line ${one.kind}` }, this.root));
    this.pointer = svg("line", { class: "pointer" }, this.root);
    const legend = html("ul", "legend", this.figure);
    this.values = series.map((one) => {
      const item = html("li", "", legend);
      const key = svg("svg", { width: 16, height: 8, "aria-hidden": "true" }, item);
      svg("path", { class: `line key ${one.kind}`, d: "M0 4H16" }, key);
      html("span", "", item, one.name);
      return html("b", "", item, NONE);
    });
    new ResizeObserver(() => this.draw()).observe(this.host);
    this.host.addEventListener("pointermove", (event) => this.point(event));
    this.host.addEventListener("pointerleave", () => move(null));
    this.host.addEventListener("blur", () => move(null));
    this.host.addEventListener("keydown", (event) => this.press(event));
    all.add(this);
  }

  point(event) {
    const box = this.host.getBoundingClientRect();
    const part = (event.clientX - box.left - LEFT) / Math.max(1, box.width - LEFT - RIGHT);
    move(Math.min(this.data.span, Math.max(0, (1 - part) * this.data.span)));
  }

  press(event) {
    const step = { ArrowLeft: 1, ArrowRight: -1, PageUp: 30, PageDown: -30 }[event.key];
    if (step) move(Math.min(this.data.span, Math.max(0, (cursor ?? 0) + step)));
    else if (event.key === "Home") move(this.data.span);
    else if (event.key === "End" || event.key === "Escape") move(null);
    else return;
    event.preventDefault();
    this.describe();
  }

  set(data) {
    this.data = data;
    this.draw();
  }

  // The sample at the cursor; the last one without a cursor.
  current() {
    const { samples, end } = this.data;
    if (samples.length === 0) return null;
    if (cursor === null) return samples[samples.length - 1];
    let best = null;
    for (const sample of samples) {
      if (!best || Math.abs(sample.at - end + cursor) < Math.abs(best.at - end + cursor)) best = sample;
    }
    return Math.abs(best.at - end + cursor) <= GAP ? best : null;
  }

  draw() {
    const width = this.host.clientWidth;
    const height = this.host.clientHeight;
    if (width < LEFT + RIGHT + 10 || height < TOP + BOTTOM + 10) return;
    this.root.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const { samples, end, span } = this.data;
    const x = (at) => LEFT + (1 - (end - at) / span) * (width - LEFT - RIGHT);
    const from = end - span - 2;
    const shown = samples.filter((sample) => sample.at >= from);
    const rows = shown.map((sample) => this.series.map((one) => one.get(sample)));
    if (this.stacked) {
      for (const row of rows) for (let i = 1; i < row.length; i++) row[i] = (row[i] ?? 0) + (row[i - 1] ?? 0);
    }
    const most = rows.reduce((top, row) => Math.max(top, ...row.map((n) => n ?? 0)), 0);
    const top = ceiling(Math.max(most, this.least), this.binary);
    const y = (n) => height - BOTTOM - (n / top) * (height - TOP - BOTTOM);
    this.drawGrid(width, height, top, y, span);
    this.series.forEach((one, i) => this.drawSeries(i, shown, rows, x, y));
    this.marks.replaceChildren();
    for (const mark of this.data.marks) {
      if (mark > end - span) svg("line", { x1: x(mark), x2: x(mark), y1: TOP, y2: height - BOTTOM }, this.marks);
    }
    this.drawCursor(x, height);
  }

  drawGrid(width, height, top, y, span) {
    this.grid.replaceChildren();
    for (const part of [0, 0.5, 1]) {
      svg("line", { x1: LEFT, x2: width - RIGHT, y1: y(top * part), y2: y(top * part) }, this.grid);
      svg("text", { x: LEFT - 6, y: y(top * part) + 4, class: "y" }, this.grid).textContent = part === 0 ? "0" : tick(this.format(top * part));
    }
    const names = [[0, "now", "end"], [0.5, minutes(span / 2), "middle"], [1, minutes(span), "start"]];
    for (const [part, name, anchor] of names) {
      svg("text", { x: LEFT + (1 - part) * (width - LEFT - RIGHT), y: height - 5, "text-anchor": anchor }, this.grid).textContent = name;
    }
  }

  drawSeries(i, shown, rows, x, y) {
    let line = "";
    let area = "";
    let run = [];
    const finish = () => {
      if (run.length === 0) return;
      const points = run.map(([at, n]) => `${x(at).toFixed(1)} ${y(n).toFixed(1)}`);
      line += run.length === 1 ? `M${points[0]}h1` : `M${points.join("L")}`;
      if (this.stacked || this.series[i].fill) {
        const base = [...run].reverse().map(([at, , low]) => `${x(at).toFixed(1)} ${y(low).toFixed(1)}`);
        area += `M${points.join("L")}L${base.join("L")}Z`;
      }
      run = [];
    };
    // Where a layer is nothing its line would hide that of the one below.
    const flat = (at) => this.stacked && i > 0 && (!rows[at] || rows[at][i] === rows[at][i - 1]);
    shown.forEach((sample, at) => {
      const n = rows[at][i];
      if (at > 0 && sample.at - shown[at - 1].at > GAP) finish();
      if (n === null || n === undefined || (flat(at - 1) && flat(at) && flat(at + 1))) finish();
      else run.push([sample.at, n, this.stacked && i > 0 ? rows[at][i - 1] ?? 0 : 0]);
    });
    finish();
    this.lines[i].setAttribute("d", line);
    this.areas[i].setAttribute("d", area);
  }

  drawCursor(x, height) {
    const sample = this.current();
    this.pointer.toggleAttribute("hidden", cursor === null || !sample);
    this.pointer.setAttribute("class", cursor === null || !sample ? "pointer off" : "pointer");
    if (sample && x) {
      for (const [key, value] of [["x1", x(sample.at)], ["x2", x(sample.at)], ["y1", TOP], ["y2", height - BOTTOM]]) this.pointer.setAttribute(key, value);
    }
    this.at.textContent = cursor === null || !sample ? "" : clock(sample.at);
    this.series.forEach((one, i) => {
      this.values[i].textContent = sample ? this.format(one.get(sample)) : NONE;
    });
    if (document.activeElement !== this.host) this.describe();
  }

  describe() {
    const sample = this.current();
    const text = this.series.map((one, i) => `${one.name} ${this.values[i].textContent}`).join(", ");
    this.host.setAttribute("aria-label", `${this.title}, ${sample ? (cursor === null ? "now" : `at ${clock(sample.at)}`) : "no figures"}: ${text}. Arrow keys read earlier seconds.`);
  }
}

// "6.00 s" is "6 s" at an axis.
const tick = (words) => words.replace(/\.0+(?=\D|$)|(\.\d*?)0+(?=\D|$)/, "$1");

function minutes(seconds) {
  return seconds >= 60 ? `−${seconds / 60} min` : `−${seconds} s`;
}

function move(to) {
  if (to === cursor) return;
  cursor = to;
  for (const chart of all) chart.draw();
}
