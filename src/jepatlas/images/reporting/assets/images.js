/** Test images to pick from, and what was made of the one that is picked. */

class Picker {
  constructor(data) {
    Object.assign(this, data);
    this.selected = 0;
    this.listeners = [];
  }

  async load() {
    this.labels = await unpackNumbers(this.labels, Uint16Array);
    for (const method of this.methods) {
      method.predicted = await unpackNumbers(method.predicted, Uint16Array);
      method.map = await unpackNumbers(method.map, Uint16Array);
    }
  }

  /** The class of a test image. */
  name(image) {
    return this.classes[this.labels[image]];
  }

  /** An image of the sheet. */
  tile(place, parent, label) {
    const made = element("span", { class: "tile", parent, role: "img", "aria-label": label });
    made.style.setProperty("--column", place % this.columns);
    made.style.setProperty("--row", Math.floor(place / this.columns));
    return made;
  }

  buildPicker() {
    this.picker = document.getElementById("picker");
    this.cells = this.originals.map((place, k) => {
      const cell = this.tile(place, this.picker, `${this.name(this.shown[k])}, test image ${this.shown[k]}`);
      cell.id = `image-${k}`;
      cell.setAttribute("role", "option");
      cell.addEventListener("click", () => this.select(k));
      return cell;
    });
    const fit = () => {
      const size = this.cells[0]?.clientWidth;
      if (size) this.picker.style.setProperty("--cell", `${size}px`);
    };
    new ResizeObserver(fit).observe(this.picker);
    const rows = () => this.shown.map((image) => ({ image, class: this.name(image) }));
    this.addTake(this.picker.parentElement, this.picker, "Test images", rows);
    this.picker.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -10, ArrowDown: 10 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = this.selected + step;
    if (next >= 0 && next < this.shown.length) this.select(next);
  }

  select(k) {
    this.cells[this.selected].removeAttribute("aria-selected");
    this.cells[k].setAttribute("aria-selected", "true");
    this.picker.setAttribute("aria-activedescendant", `image-${k}`);
    this.selected = k;
    this.showDetail();
    this.listeners.forEach((listener) => listener(k));
  }

  showDetail() {
    const k = this.selected;
    const box = document.getElementById("image");
    box.replaceChildren();
    const label = this.labels[this.shown[k]];
    element("h3", { id: "image-title", text: `Test image ${this.shown[k]}, ${this.classes[label]}, and its perturbed versions`, parent: box });
    const strip = element("div", { class: "strip versions", parent: box });
    this.figure(strip, this.originals[k], "clean", "big");
    const { perturbed } = this.methods[0];
    this.kinds.forEach((kind, number) => this.figure(strip, perturbed[k][number], kind));
    const rows = element("div", { class: "rows", parent: box });
    for (const method of this.methods) this.showMethod(method, k, label, rows);
    this.addTake(box, box, `Test image ${this.shown[k]}`, () => this.methods.map((method) => this.saidBy(method, k)));
  }

  /** A row of a table: what the neighbours of the k-th image are by a method. */
  saidBy(method, k) {
    const image = this.shown[k];
    const theirs = method.neighbour_labels[k].map((label, number) => [`neighbour ${number + 1}`, this.classes[label]]);
    return { image, class: this.name(image), method: method.label, "neighbours say": this.classes[method.predicted[image]], ...Object.fromEntries(theirs) };
  }

  /** Images and words of a box, where they are in it. */
  addTake(parent, box, name, rows) {
    const svg = () => this.svg(box);
    takeable(parent, name, { png: async () => drawn(await svg()), svg, csv: () => csvOf(rows()) });
  }

  async svg(box) {
    const sheet = new Image();
    sheet.src = getComputedStyle(box.querySelector(".tile")).backgroundImage.slice(5, -2);
    await sheet.decode();
    const frame = box.getBoundingClientRect();
    const at = (one) => {
      const { left, top, width, height } = one.getBoundingClientRect();
      return { x: left - frame.left, y: top - frame.top, width, height };
    };
    const tiles = [...box.querySelectorAll(".tile")].map((tile) => {
      const { x, y, width, height } = at(tile);
      return `<image href="${this.cut(sheet, tile)}" x="${x}" y="${y}" width="${width}" height="${height}" style="image-rendering: pixelated"/>`;
    });
    const words = [...box.querySelectorAll("h3, h4, figcaption")].map((one) => {
      const { x, y, width, height } = at(one);
      const [left, anchor] = one.matches("figcaption") ? [x + width / 2, "middle"] : [x, "start"];
      return `<text x="${left}" y="${y + 0.8 * height}" text-anchor="${anchor}" font-family="sans-serif" font-size="${parseFloat(getComputedStyle(one).fontSize)}">${escaped(one.textContent)}</text>`;
    });
    const ground = `<rect width="100%" height="100%" fill="#ffffff"/>`;
    return svgOf(Math.ceil(frame.width), Math.ceil(frame.height), ground + tiles.join("") + words.join(""));
  }

  /** The image of a tile as a `data:` address. */
  cut(sheet, tile) {
    const style = getComputedStyle(tile);
    const [column, row, columns, rows] = ["column", "row", "columns", "rows"].map((name) => Number(style.getPropertyValue(`--${name}`)));
    const [width, height] = [sheet.naturalWidth / columns, sheet.naturalHeight / rows];
    const canvas = element("canvas", { width, height });
    canvas.getContext("2d").drawImage(sheet, -column * width, -row * height);
    return canvas.toDataURL("image/png");
  }

  showMethod(method, k, label, parent) {
    const box = element("div", { parent });
    const head = element("h4", { text: method.label, parent: box });
    const predicted = method.predicted[this.shown[k]];
    const verdict = element("span", { text: ` — neighbours say ${this.classes[predicted]}`, parent: head });
    if (predicted !== label) verdict.className = "wrong";
    const near = element("div", { class: "strip", parent: box });
    method.neighbours[k].forEach((place, number) => {
      const theirs = method.neighbour_labels[k][number];
      const figure = this.figure(near, place, this.classes[theirs]);
      if (theirs !== label) figure.querySelector("figcaption").className = "wrong";
    });
    const decoded = element("div", { class: "strip decoded", parent: box });
    this.figure(decoded, method.input[k], "given");
    this.figure(decoded, method.from_perturbed[k], "decoded");
    this.figure(decoded, method.from_clean[k], "from clean");
  }

  figure(parent, place, caption, kind = "") {
    const figure = element("figure", { parent, class: kind });
    this.tile(place, figure, caption);
    element("figcaption", { text: caption, parent: figure });
    return figure;
  }
}

/** A picture of lines as one of points. */
async function drawn(svg) {
  const picture = new Image();
  picture.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  await picture.decode();
  const canvas = element("canvas", { width: 2 * picture.width, height: 2 * picture.height });
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return pngOf(canvas);
}

sections.images = async (data) => {
  const images = new Picker(data);
  await images.load();
  images.buildPicker();
  const maps = startMaps(images);
  images.select(0);
  const training = foldCharts("images-more", data.charts);
  link("image", () => String(images.shown[images.selected]), (text) => images.select(Math.max(0, images.shown.indexOf(Number(text)))));
  repainters.push(() => maps.forEach((map) => map.draw()));
  return { images, maps, training };
};
