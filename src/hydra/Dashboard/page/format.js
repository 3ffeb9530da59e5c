// How figures are written. One that is absent is a dash everywhere.
export const NONE = "–";

const known = (n) => typeof n === "number" && Number.isFinite(n);
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

// Three figures that mean something: 0.42, 4.2, 42, 4,200.
export function number(n) {
  if (!known(n)) return NONE;
  const size = Math.abs(n);
  if (size === 0 || size >= 100 || Number.isInteger(n)) return whole.format(n);
  return size >= 10 ? n.toFixed(1) : n.toFixed(2);
}

export const rate = (n) => (known(n) ? `${number(n)}/s` : NONE);
export const count = (n) => (known(n) ? whole.format(n) : NONE);

// Seconds as somebody says them: 850 µs, 12.4 ms, 1.52 s, 3 min 20 s.
export function time(seconds) {
  if (!known(seconds)) return NONE;
  if (seconds <= 0) return "0 ms";
  if (seconds < 0.001) return `${Math.max(1, Math.round(seconds * 1e6))} µs`;
  if (seconds < 1) return `${short(seconds * 1000)} ms`;
  if (seconds < 60) return `${short(seconds)} s`;
  return span(seconds);
}

// A long time in its two greatest parts.
export function span(seconds) {
  if (!known(seconds)) return NONE;
  const s = Math.floor(seconds);
  const parts = [[Math.floor(s / 86400), "d"], [Math.floor(s / 3600) % 24, "h"], [Math.floor(s / 60) % 60, "min"], [s % 60, "s"]];
  const first = parts.findIndex(([n]) => n > 0);
  if (first < 0) return "0 s";
  return parts.slice(first, first + 2).filter(([n]) => n > 0).map(([n, unit]) => `${n} ${unit}`).join(" ");
}

function short(n) {
  return n >= 100 ? n.toFixed(0) : n >= 10 ? n.toFixed(1) : n.toFixed(2);
}

export function bytes(n) {
  if (!known(n)) return NONE;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let i = 0;
  while (n >= 1024 && i < units.length - 1) {
    n /= 1024;
    i++;
  }
  return `${i === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)} ${units[i]}`;
}

// Processors as percent of one.
export const cpu = (n) => (known(n) ? `${whole.format(n * 100)} %` : NONE);

// The time of day, of the browser's place.
export function clock(seconds) {
  return known(seconds) ? new Date(seconds * 1000).toLocaleTimeString("en-GB") : NONE;
}

// The least "round" number that is not less.
export function ceiling(n, step2 = false) {
  if (!(n > 0)) return 1;
  const power = step2 ? 2 ** Math.floor(Math.log2(n)) : 10 ** Math.floor(Math.log10(n));
  for (const factor of step2 ? [1, 1.25, 1.5, 2] : [1, 2, 4, 6, 8, 10]) {
    if (factor * power >= n * 0.999) return factor * power;
  }
  return power * 10;
}
