/** Every panel can be taken along: as a picture of points, as one of lines, and as a table. */

/** name: of the files; png: () => Blob; svg, csv: () => text. All may be promises. */
function takeable(parent, name, { png, svg, csv }) {
  const box = element("details", { class: "take", parent });
  element("summary", { text: "⤓", parent: box, "aria-label": `Save ${name}`, title: "Save as PNG, SVG or CSV" });
  const list = element("div", { parent: box });
  const offers = { png, svg: async () => new Blob([await svg()], { type: "image/svg+xml" }), csv: async () => new Blob([await csv()], { type: "text/csv" }) };
  for (const [kind, offer] of Object.entries(offers)) {
    element("button", { type: "button", text: kind.toUpperCase(), parent: list }).addEventListener("click", async () => {
      save(await offer(), `${name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-")}.${kind}`);
      box.open = false;
    });
  }
}

function save(blob, name) {
  const address = URL.createObjectURL(blob);
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

const pngOf = (canvas) => new Promise((done) => canvas.toBlob(done, "image/png"));

/** Rows of objects with the same keys, as RFC 4180 has it. */
function csvOf(rows) {
  const quoted = (value) => (/[",\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
  const keys = Object.keys(rows[0] ?? {});
  return [keys, ...rows.map((row) => keys.map((key) => row[key]))].map((line) => `${line.map(quoted).join(",")}\r\n`).join("");
}

/** A picture of lines; inner: its elements, every text in them escaped. */
function svgOf(width, height, inner) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">${inner}</svg>\n`;
}

const places = (points) => points.map((point) => point.map((value) => value.toFixed(2)).join(",")).join(" ");
const dots = (points, radius, colour) => points.map(([x, y]) => `<circle cx="${x.toFixed(2)}" cy="${y.toFixed(2)}" r="${radius}" fill="${colour}"/>`).join("");
