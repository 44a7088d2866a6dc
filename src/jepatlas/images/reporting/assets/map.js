/** The embeddings of all test images in a plane, with what is under the pointer. */

const MAP_STEPS = 4095; // as in page.py
const STRIDE = 6; // pixels that a key goes at least, so that it leaves a crowd
const TOWARDS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const NEAR = 14; // pixels within which the pointer finds a point

// As in the pictures (drawing/album.py); without black, which the dark theme would swallow. Names in the maps say the same.
const CLASS_COLOURS = ["#2F5FC4", "#CC3311", "#00905E", "#9A5579", "#DA7E00", "#1B99E5", "#808080", "#7A5A2E", "#6A3FA0", "#6E8B00"];

/** The colour of the k-th class; beyond ten, hues far from each other. */
function classColour(k) {
  return CLASS_COLOURS[k] ?? `hsl(${(137.5 * k) % 360} 65% 45%)`;
}

class EmbeddingMap {
  constructor(images, method, hidden, parent) {
    Object.assign(this, { images, method, hidden });
    this.place = new Map(images.shown.map((image, k) => [image, k]));
    this.tiles = new Map([...images.wrong.map((image, k) => [image, images.mistaken[k]]), ...images.shown.map((image, k) => [image, images.originals[k]])]);
    this.focus = null; // the point that keys have gone to
    const figure = element("figure", { parent });
    const caption = element("figcaption", { parent: figure });
    element("b", { text: method.label, parent: caption });
    const share = Math.round(100 * (method.share[0] + method.share[1]));
    element("span", { text: `${share} % of the variance`, parent: caption });
    const label = `Map of the embeddings of ${method.label}; arrow keys go from point to point`;
    this.canvas = element("canvas", { parent: figure, tabindex: 0, role: "application", "aria-roledescription": "map of points", "aria-label": label });
    this.context = this.canvas.getContext("2d");
    this.tip = element("div", { class: "tip", parent: figure, "aria-live": "polite" });
    this.tip.hidden = true;
    takeable(figure, `Map of ${method.label}`, { png: () => pngOf(this.canvas), svg: () => this.svg(), csv: () => this.csv() });
    const list = element("dl", { parent: figure });
    for (const [name, value] of method.numbers) {
      element("dt", { text: name, parent: list });
      element("dd", { text: value, parent: list });
    }
    this.listen();
  }

  pixel(image) {
    const { width } = this;
    const margin = 0.03 * width;
    const scaled = [0, 1].map((axis) => this.method.map[2 * image + axis] / MAP_STEPS);
    return [margin + scaled[0] * (width - 2 * margin), margin + (1 - scaled[1]) * (width - 2 * margin)];
  }

  /** Draw the map; the points and numbers are kept as a picture, the marks put on top. */
  draw() {
    this.width = this.canvas.clientWidth;
    if (!this.width) return;
    this.dense = Math.min(2, devicePixelRatio || 1);
    this.canvas.width = this.canvas.height = Math.round(this.width * this.dense);
    this.picture = new OffscreenCanvas(this.canvas.width, this.canvas.height);
    this.drawPoints(this.picture.getContext("2d"));
    this.point(null); // what it was about lies elsewhere now
  }

  drawPoints(context) {
    const { labels } = this.images;
    const ink = themeColour("ink");
    const many = labels.length > 3000;
    const radius = many ? 1.3 : 2;
    context.scale(this.dense, this.dense);
    context.globalAlpha = many ? 0.55 : 0.8;
    const centres = this.images.classes.map(() => [[], []]);
    const wrong = [];
    for (let image = 0; image < labels.length; image++) {
      const label = labels[image];
      if (this.hidden.has(label)) continue;
      const [left, top] = this.pixel(image);
      centres[label][0].push(left);
      centres[label][1].push(top);
      context.fillStyle = classColour(label);
      context.fillRect(left - radius, top - radius, 2 * radius, 2 * radius);
      if (this.method.predicted[image] !== label) wrong.push([left, top]);
    }
    context.globalAlpha = 0.9;
    context.strokeStyle = ink;
    for (const [left, top] of wrong) {
      context.beginPath();
      context.arc(left, top, radius + 1.2, 0, 2 * Math.PI);
      context.stroke();
    }
    context.globalAlpha = 1;
    centres.forEach(([lefts, tops], k) => lefts.length && this.drawName(context, this.images.classes[k], median(lefts), median(tops)));
  }

  drawName(context, name, left, top) {
    context.font = `700 ${name.length < 3 ? 17 : 12}px ${getComputedStyle(document.body).fontFamily}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineWidth = 4;
    context.lineJoin = "round";
    context.strokeStyle = themeColour("ground");
    context.strokeText(name, left, top);
    context.fillStyle = themeColour("ink");
    context.fillText(name, left, top);
  }

  /** The numbers of the images whose classes are not hidden. */
  get drawn() {
    return Array.from(this.images.labels, (_, image) => image).filter((image) => !this.hidden.has(this.images.labels[image]));
  }

  svg() {
    const colour = (image) => classColour(this.images.labels[image]);
    return svgOf(this.width, this.width, this.drawn.map((image) => dots([this.pixel(image)], 1.3, colour(image))).join(""));
  }

  csv() {
    const { labels, classes } = this.images;
    const [first, second] = [0, 1].map((axis) => (image) => this.method.map[2 * image + axis] / MAP_STEPS);
    return csvOf(this.drawn.map((image) => ({ image, class: classes[labels[image]], neighbours: classes[this.method.predicted[image]], first: first(image), second: second(image) })));
  }

  /** The picked image and the one under the pointer. */
  mark(hovered = null) {
    if (!this.picture) return;
    const { context } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.drawImage(this.picture, 0, 0);
    context.scale(this.dense, this.dense);
    const picked = this.images.shown[this.images.selected];
    this.ring(picked, themeColour("star"), 7);
    if (hovered !== null) this.ring(hovered, themeColour("ink"), 5);
  }

  ring(image, colour, radius) {
    const { context } = this;
    for (const [stroke, width] of [[themeColour("ground"), 5], [colour, 2.5]]) {
      context.strokeStyle = stroke;
      context.lineWidth = width;
      context.beginPath();
      context.arc(...this.pixel(image), radius, 0, 2 * Math.PI);
      context.stroke();
    }
  }

  /** The nearest drawn point within reach, with a preference for those that have an image. */
  nearest(event) {
    const frame = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - frame.left, event.clientY - frame.top];
    let [found, best] = [null, NEAR];
    for (let image = 0; image < this.images.labels.length; image++) {
      if (this.hidden.has(this.images.labels[image])) continue;
      const [left, top] = this.pixel(image);
      const distance = Math.hypot(left - x, top - y) - (this.tiles.has(image) ? 3 : 0);
      if (distance < best) [found, best] = [image, distance];
    }
    return found;
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener("pointermove", (event) => this.point(this.nearest(event)));
    canvas.addEventListener("pointerleave", ({ pointerType }) => pointerType === "touch" || this.point(null)); // a tap stays
    canvas.addEventListener("click", (event) => {
      this.point(this.nearest(event));
      this.pick(this.nearest(event));
    });
    canvas.addEventListener("blur", () => this.point((this.focus = null)));
    canvas.addEventListener("keydown", (event) => {
      const towards = TOWARDS[event.key];
      if (event.key === "Enter") this.pick(this.focus);
      if (!towards || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.point((this.focus = this.next(towards)));
    });
  }

  /** Show an image of the list above. */
  pick(image) {
    const k = this.place.get(image);
    if (k !== undefined) this.images.select(k);
  }

  /** The closest point that lies more in this direction than aside of it; at first, the picked image. */
  next([x, y]) {
    if (this.focus === null) return this.images.shown[this.images.selected];
    const [left, top] = this.pixel(this.focus);
    let [found, best] = [this.focus, Infinity];
    for (let image = 0; image < this.images.labels.length; image++) {
      if (this.hidden.has(this.images.labels[image])) continue;
      const [across, down] = this.pixel(image);
      const ahead = (across - left) * x + (down - top) * y;
      const aside = Math.abs((across - left) * y) + Math.abs((down - top) * x);
      if (ahead > STRIDE && aside <= ahead && ahead + aside < best) [found, best] = [image, ahead + aside];
    }
    return found;
  }

  point(image) {
    this.mark(image);
    this.tip.hidden = image === null;
    if (image === null) return;
    this.tip.replaceChildren();
    if (this.tiles.has(image)) this.images.tile(this.tiles.get(image), this.tip, "");
    const [label, predicted] = [this.images.labels[image], this.method.predicted[image]].map((k) => this.images.classes[k]);
    const words = element("span", { parent: this.tip });
    element("div", { text: `image ${image}: a ${label}`, parent: words });
    element("div", { text: `neighbours say ${predicted}`, parent: words, class: predicted === label ? "" : "wrong" });
    const [left, top] = this.pixel(image);
    const offset = this.canvas.offsetTop + top + 12;
    this.tip.style.top = `${offset}px`;
    this.tip.style.left = `${Math.max(0, Math.min(left + 10, this.width - this.tip.offsetWidth))}px`;
  }
}

function median(values) {
  return Float32Array.from(values).sort()[values.length >> 1];
}

/** The maps of all methods, and the buttons that hide classes in them. */
function startMaps(images) {
  const hidden = new Set();
  const parent = document.getElementById("maps");
  const maps = images.methods.map((method) => new EmbeddingMap(images, method, hidden, parent));
  const draw = () => maps.forEach((map) => map.draw());
  new ResizeObserver(draw).observe(parent);
  images.listeners.push(() => maps.forEach((map) => map.mark()));
  const legend = document.getElementById("legend");
  images.classes.forEach((name, k) => {
    const chip = element("button", { type: "button", class: "chip", parent: legend, "aria-pressed": "true" });
    element("span", { class: "swatch dot", parent: chip }).style.background = classColour(k);
    chip.append(name);
    chip.addEventListener("click", () => {
      hidden[hidden.has(k) ? "delete" : "add"](k);
      update();
    });
  });
  const update = () => {
    [...legend.children].forEach((chip, k) => chip.setAttribute("aria-pressed", String(!hidden.has(k))));
    draw();
  };
  const known = images.classes.map((_, k) => String(k));
  link("hidden", () => listOf([...hidden].sort((a, b) => a - b)), (text) => {
    hidden.clear();
    membersOf(text, known).forEach((k) => hidden.add(Number(k)));
    update();
  });
  return maps;
}
