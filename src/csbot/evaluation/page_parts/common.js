"use strict";
const FONT = { family: '"Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif', size: 13, color: "#1f2933" };
const CONFIG = { displayModeBar: false, responsive: true }; // drag zooms, a double click goes back

// plotly reads a few HTML tags in its labels: what customers wrote must stay text.
const plain = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
const cut = (text, most) => ([...text].length > most ? [...text].slice(0, most - 1).join("") + "…" : text);
const percent = (value, digits = 1) => (value === null || value === undefined ? "–" : (100 * value).toFixed(digits) + " %");

function layout(more) {
  return { font: FONT, margin: { l: 56, r: 16, t: 16, b: 48 }, paper_bgcolor: "#fff", plot_bgcolor: "#fff", ...more };
}

// Everything below writes text with textContent: no message of a customer is ever read as markup.
function make(tag, content, className) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (content instanceof Node) node.append(content);
  else if (Array.isArray(content)) node.append(...content);
  else if (content !== undefined && content !== null) node.textContent = String(content);
  return node;
}
const put = (id, ...nodes) => document.getElementById(id).replaceChildren(...nodes);

// columns: {title, of(row) → shown, value?(row) → sorted by, number?, className?}
function table(columns, rows, { sortable = false, rowClass = () => "", empty = "没有 none" } = {}) {
  let order = null;
  const body = make("tbody");
  const heads = columns.map((column, i) => {
    const head = make("th", column.title, (column.number ? "number " : "") + (sortable ? "sortable" : ""));
    if (sortable) head.addEventListener("click", () => sortBy(i));
    return head;
  });
  function fill(shown) {
    if (!shown.length) {
      const cell = make("td", empty);
      cell.colSpan = columns.length;
      body.replaceChildren(make("tr", [cell]));
      return;
    }
    body.replaceChildren(...shown.map((row) => make("tr", columns.map((column) => {
      return make("td", column.of(row), column.number ? "number" : column.className || "");
    }), rowClass(row))));
  }
  function sortBy(i) {
    order = { i, down: order && order.i === i ? !order.down : Boolean(columns[i].number) };
    heads.forEach((head, j) => { head.textContent = columns[j].title + (j === i ? (order.down ? " ↓" : " ↑") : ""); });
    update(rows);
  }
  function update(shown) {
    rows = shown;
    if (order) {
      const value = columns[order.i].value || columns[order.i].of;
      const compare = (a, b) => {
        const [x, y] = [value(a), value(b)];
        if (x === null || y === null) return (x === null) - (y === null);
        const way = typeof x === "number" ? x - y : String(x).localeCompare(String(y), "zh");
        return order.down ? -way : way;
      };
      shown = [...shown].sort(compare);
    }
    fill(shown);
  }
  update(rows);
  return { node: make("table", [make("thead", make("tr", heads)), body]), update, sortBy };
}
