// Asks the server, with the token where there is one.
const FIELD = "Hydra-Token";
const STORE = "hydra-token";
const PATIENCE = 8000; // A stack may take 5 s.

let token = null;

// Behind the # it has gone to no server and no log; it is taken out of the address at once, and kept as long as the tab is.
export function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    keepToken(given);
    history.replaceState(null, "", location.pathname + location.search);
  } else {
    token = read(() => sessionStorage.getItem(STORE));
  }
}

export const hasToken = () => token !== null;

export function keepToken(text) {
  token = text;
  read(() => (text === null ? sessionStorage.removeItem(STORE) : sessionStorage.setItem(STORE, text)));
}

// A browser may forbid to store anything.
function read(use) {
  try {
    return use() ?? null;
  } catch {
    return null;
  }
}

export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

// The document of the answer. A Refusal where the server says no; any other error where it does not answer.
export async function ask(path, method = "GET", given = token) {
  const stop = new AbortController();
  const timer = method === "GET" ? setTimeout(() => stop.abort(), PATIENCE) : 0;
  try {
    const headers = given === null ? {} : { [FIELD]: given };
    const answer = await fetch(path, { method, headers, cache: "no-store", credentials: "omit", redirect: "error", signal: stop.signal });
    const body = await answer.json();
    if (!answer.ok) throw new Refusal(answer.status, body.error ?? `the server answers ${answer.status}`);
    return body;
  } finally {
    clearTimeout(timer);
  }
}
