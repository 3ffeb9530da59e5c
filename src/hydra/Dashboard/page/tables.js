// Tables whose rows stay the same elements while what they show changes, so that the focus stays where it is. Text is only ever set as text.
export function element(name, className, text, parent) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined && text !== null) made.textContent = text;
  if (parent) parent.append(made);
  return made;
}

export function put(target, text) {
  const wanted = text ?? "";
  if (target.textContent !== wanted) target.textContent = wanted;
}

// columns: [{ name, kind, fill(cell, item) }]: fill sets a cell, kind is a class of it and of its heading.
export class Table {
  constructor(id, columns, key) {
    this.table = document.getElementById(id);
    this.body = this.table.tBodies[0];
    this.columns = columns;
    this.key = key;
    this.rows = new Map();
    const head = element("tr", "", null, this.table.tHead);
    for (const column of columns) {
      const cell = element("th", column.kind, column.name, head);
      cell.scope = "col";
    }
  }

  show(items) {
    const seen = new Set();
    let last = null;
    for (const item of items) {
      const key = this.key(item);
      if (seen.has(key)) continue;
      seen.add(key);
      const row = this.rows.get(key) ?? this.add(key);
      row.item = item;
      this.columns.forEach((column, i) => column.fill(row.cells[i], item));
      const place = last ? last.nextSibling : this.body.firstChild;
      if (row !== place) this.body.insertBefore(row, place);
      last = row;
    }
    for (const [key, row] of this.rows) {
      if (!seen.has(key)) {
        const next = row.nextSibling ?? row.previousSibling;
        const had = row.contains(document.activeElement);
        row.remove();
        this.rows.delete(key);
        if (had) next?.querySelector("button")?.focus();
      }
    }
    this.table.hidden = items.length === 0;
  }

  add(key) {
    const row = document.createElement("tr");
    for (const column of this.columns) {
      const cell = element("td", column.kind, null, row);
      cell.dataset.name = column.name;
    }
    this.rows.set(key, row);
    return row;
  }
}

// A cell of text.
export const text = (name, kind, get, hint) => ({
  name,
  kind,
  fill(cell, item) {
    put(cell, get(item));
    const words = hint?.(item);
    if (words) cell.title = words;
  },
});

// A cell with one button, which is made once.
export function button(cell, label, press, attributes = {}) {
  let made = [...cell.querySelectorAll("button")].find((one) => one.dataset.does === label);
  if (!made) {
    made = element("button", "small", label, cell);
    made.type = "button";
    made.dataset.does = label;
    for (const key in attributes) made.setAttribute(key, attributes[key]);
    made.addEventListener("click", () => press(cell.parentElement.item));
  }
  return made;
}
