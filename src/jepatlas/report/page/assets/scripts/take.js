/** Every panel can be taken along: as a picture of points, as one of lines, and as a table; every table as a table. */

const TYPES = { png: "image/png", svg: "image/svg+xml", csv: "text/csv" };

/** name: of the files; offers: some of png: () => Blob, svg, csv: () => text. All may be promises. */
function takeable(parent, name, offers) {
  const box = element("details", { class: "take", parent });
  const kinds = Object.keys(offers).map((kind) => kind.toUpperCase());
  element("summary", { text: "⤓", parent: box, "aria-label": `Save ${name}`, title: `Save as ${kinds.join(", ").replace(/, (\w+)$/, " or $1")}` });
  const list = element("div", { parent: box });
  for (const [kind, offer] of Object.entries(offers)) {
    element("button", { type: "button", text: kind.toUpperCase(), parent: list }).addEventListener("click", async () => {
      save(new Blob([await offer()], { type: TYPES[kind] }), `${name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-")}.${kind}`);
      box.open = false;
    });
  }
}

/** Those of the tables that stand in the page as they are; of their rows, those that are shown. */
function startTables() {
  for (const box of document.querySelectorAll("[data-table]")) {
    takeable(box, box.dataset.table, { csv: () => csvOf(rowsOf(box.querySelector("table"))) });
  }
}

/** What the rows of a table say, by its headings; `0.5 ± 0.1` is two numbers. */
function rowsOf(table) {
  const said = (cell) => cell.innerText.trim().replace(/\s*\n\s*/g, "; ");
  const heads = [...table.tHead.rows[0].cells].map(said);
  const numbers = (head, text) => {
    const parts = /^(\S+) ± (\S+)$/.exec(text);
    return parts ? [[head, parts[1]], [`${head} ±`, parts[2]]] : [[head, text]];
  };
  const shown = [...table.tBodies[0].rows].filter((row) => !row.hidden);
  return shown.map((row) => Object.fromEntries([...row.cells].flatMap((cell, k) => numbers(heads[k], said(cell)))));
}

function save(blob, name) {
  const address = URL.createObjectURL(blob);
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

const pngOf = (canvas) => new Promise((done) => canvas.toBlob(done, "image/png"));

/** Rows of objects as RFC 4180 has it; what a row lacks is empty. */
function csvOf(rows) {
  const quoted = (value = "") => (/[",\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
  const keys = [...new Set(rows.flatMap(Object.keys))];
  return [keys, ...rows.map((row) => keys.map((key) => row[key]))].map((line) => `${line.map(quoted).join(",")}\r\n`).join("");
}

/** A text that may stand in a picture of lines. */
const escaped = (text) => element("span", { text }).innerHTML;

/** A picture of lines; inner: its elements, every text in them escaped. */
function svgOf(width, height, inner) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">${inner}</svg>\n`;
}

const places = (points) => points.map((point) => point.map((value) => value.toFixed(2)).join(",")).join(" ");
const dots = (points, radius, colour) => points.map(([x, y]) => `<circle cx="${x.toFixed(2)}" cy="${y.toFixed(2)}" r="${radius}" fill="${colour}"/>`).join("");
