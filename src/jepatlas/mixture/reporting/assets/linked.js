/** The plane and an embedding of it side by side: points marked in one are marked in the other. */

const LINKED = 440; // pixels of the device that a view is wide
const MARGIN = 0.06;
const ROUNDS = 60; // of the power iteration

class Linked {
  constructor(landscapes) {
    Object.assign(this, { landscapes, plane: landscapes.plane, marked: new Set(), box: "" });
    this.methods = landscapes.landscapes.filter(({ method }) => method.kind === "embedding");
    this.choice = document.getElementById("linked-method");
    this.views = ["linked-plane", "linked-embedding"].map((id, k) => {
      const canvas = document.getElementById(id);
      canvas.width = canvas.height = LINKED;
      const view = { canvas, context: canvas.getContext("2d"), name: ["plane", "embedding"][k] };
      takeable(canvas.parentElement, `Points in the ${view.name}`, { png: () => pngOf(canvas), svg: () => this.svg(view), csv: () => this.csv() });
      return view;
    });
  }

  get landscape() {
    return this.methods.find(({ method }) => method.name === this.choice.value);
  }

  /** Of a point: that of its component. */
  colour(i) {
    const { colours } = this.landscapes.world;
    return colours[this.groups[i] % colours.length];
  }

  /** Places of all points in both views, after a change of the method or of the moment. */
  measure() {
    const { ground, online } = this.landscape;
    this.points = ground.points;
    this.groups = this.points.map((point) => nearestOf(this.landscapes.world.means, point));
    const vectors = this.points.map((point) => this.embedding(online, point));
    this.components = principal(vectors);
    this.spots = [this.points, this.components].map(framed);
    this.remark();
  }

  /** The deviation of a point's embedding from the mean: of the four grid points around it, by their nearness. */
  embedding(online, [x, y]) {
    const { side, size } = this.plane;
    const within = (place) => Math.min(side - 1.001, Math.max(0, place));
    const [column, row] = [within((x - this.plane.x[0]) / this.plane.step[0]), within((y - this.plane.y[0]) / this.plane.step[1])];
    const [left, below] = [Math.floor(column), Math.floor(row)];
    const [across, up] = [column - left, row - below];
    const corners = [[0, (1 - across) * (1 - up)], [1, across * (1 - up)], [side, (1 - across) * up], [side + 1, across * up]];
    const start = below * side + left;
    return Array.from({ length: online.length / size }, (_, axis) => corners.reduce((sum, [step, weight]) => sum + weight * online[axis * size + start + step], 0));
  }

  /** Mark again what the box says: `VIEW,x0,y0,x1,y1` in hundredths of the view, or `cluster,NUMBER`. */
  remark() {
    const [name, ...ends] = this.box.split(",");
    if (name === "cluster") this.marked = new Set(this.groups.flatMap((group, i) => (group === ends[0] - 1 ? [i] : [])));
    const k = this.views.findIndex((view) => view.name === name);
    const inside = ([x, y]) => x >= ends[0] / 100 && x <= ends[2] / 100 && y >= ends[1] / 100 && y <= ends[3] / 100;
    if (k >= 0) this.marked = new Set(this.spots[k].flatMap((spot, i) => (inside(spot) ? [i] : [])));
    this.draw();
  }

  /** Mark what a box says, and nothing else. */
  mark(box = "") {
    this.marked = new Set();
    this.box = box;
    this.remark();
  }

  draw() {
    const [ink, accent] = ["ink", "accent"].map(themeColour);
    this.views.forEach(({ context, name }, k) => {
      context.clearRect(0, 0, LINKED, LINKED);
      this.spots[k].forEach(([x, y], i) => {
        const on = this.marked.has(i);
        context.globalAlpha = on || !this.marked.size ? 0.9 : 0.2;
        context.fillStyle = this.colour(i);
        context.beginPath();
        context.arc(x * LINKED, y * LINKED, on ? 6 : 4, 0, 2 * Math.PI);
        context.fill();
        if (on) stroke(context, Array.from({ length: 13 }, (_, s) => [x * LINKED + 6 * Math.cos(s / 1.9), y * LINKED + 6 * Math.sin(s / 1.9)]), ink, 1);
      });
      context.globalAlpha = 1;
      const [own, ...ends] = this.box.split(",");
      if (own === name) {
        const [x0, y0, x1, y1] = ends.map((end) => (end / 100) * LINKED);
        stroke(context, [[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]], accent, 2);
      }
    });
    document.getElementById("linked-said").textContent = this.marked.size ? `${this.marked.size} of ${this.points.length} points marked` : "";
  }

  svg(view) {
    const spots = this.spots[this.views.indexOf(view)];
    const dot = (spot, i) => dots([spot.map((part) => part * LINKED)], this.marked.has(i) ? 6 : 4, this.colour(i));
    return svgOf(LINKED, LINKED, spots.map(dot).join(""));
  }

  csv() {
    return csvOf(this.points.map(([x, y], i) => ({ x, y, first: this.spots[1][i][0], second: this.spots[1][i][1], cluster: this.groups[i] + 1, marked: Number(this.marked.has(i)) })));
  }

  listen() {
    this.methods.forEach(({ method }) => element("option", { value: method.name, text: method.label, parent: this.choice }));
    this.choice.addEventListener("input", () => this.measure());
    this.measure();
    for (const view of this.views) this.listenTo(view);
    const chips = document.getElementById("linked-clusters");
    this.landscapes.world.means.forEach((_, k) => {
      const chip = element("button", { type: "button", class: "chip", text: `${k + 1}`, parent: chips });
      chip.addEventListener("click", () => this.mark(`cluster,${k + 1}`));
    });
    element("button", { type: "button", class: "chip", text: "none", parent: chips }).addEventListener("click", () => this.mark());
    const known = this.methods.map(({ method }) => method.name);
    link("embedding", () => this.choice.value, (text) => {
      if (known.includes(text)) this.choice.value = text;
      this.measure();
    });
    link("brush", () => this.box, (text) => this.mark(/^(cluster,\d+|\w+(,-?\d+){4})$/.test(text) ? text : ""));
  }

  /** A rectangle that is drawn with mouse, pen or finger; a click without one marks nothing. */
  listenTo({ canvas, name }) {
    let from = null;
    const where = (event) => {
      const frame = canvas.getBoundingClientRect();
      return [(event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.height].map((part) => Math.round(100 * part));
    };
    canvas.addEventListener("pointerdown", (event) => {
      from = where(event);
      canvas.setPointerCapture(event.pointerId);
      this.mark();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!from) return;
      const ends = [0, 1].map((axis) => [from[axis], where(event)[axis]].sort((a, b) => a - b));
      this.box = [name, ends[0][0], ends[1][0], ends[0][1], ends[1][1]].join(",");
      this.remark();
    });
    for (const kind of ["pointerup", "pointercancel"]) canvas.addEventListener(kind, () => (from = null));
  }
}

function nearestOf(means, [x, y]) {
  const distances = means.map((mean) => Math.hypot(x - mean[0], y - mean[1]));
  return distances.indexOf(Math.min(...distances));
}

/** The two leading principal components of vectors, by power iteration. */
function principal(vectors) {
  const width = vectors[0].length;
  const means = Array.from({ length: width }, (_, axis) => vectors.reduce((sum, vector) => sum + vector[axis], 0) / vectors.length);
  const rest = vectors.map((vector) => vector.map((value, axis) => value - means[axis]));
  const along = (axis) => rest.map((vector) => vector.reduce((sum, value, i) => sum + value * axis[i], 0));
  const components = [0, 1].map((number) => {
    let axis = Array.from({ length: width }, (_, i) => (i === number ? 1 : 0.1));
    for (let round = 0; round < ROUNDS; round++) {
      const products = along(axis);
      const next = axis.map((_, i) => rest.reduce((sum, vector, k) => sum + vector[i] * products[k], 0));
      const size = Math.hypot(...next) || 1;
      axis = next.map((value) => value / size);
    }
    const products = along(axis);
    rest.forEach((vector, k) => vector.forEach((_, i) => (vector[i] -= products[k] * axis[i])));
    return products;
  });
  return vectors.map((_, k) => [components[0][k], components[1][k]]);
}

/** Points in a square from 0 to 1, both axes on one scale; up is up. */
function framed(points) {
  const ends = [0, 1].map((axis) => points.map((point) => point[axis])).map((values) => [Math.min(...values), Math.max(...values)]);
  const side = Math.max(...ends.map(([low, high]) => high - low)) || 1;
  const placed = (value, [low, high]) => 0.5 + ((1 - 2 * MARGIN) * (value - (low + high) / 2)) / side;
  return points.map(([x, y]) => [placed(x, ends[0]), 1 - placed(y, ends[1])]);
}

/** Where no objective embeds anything, there is nothing to link. */
function startLinked(landscapes) {
  const linkedViews = new Linked(landscapes);
  document.getElementById("linked-stage").hidden = !linkedViews.methods.length;
  if (!linkedViews.methods.length) return null;
  linkedViews.listen();
  landscapes.afterMoment.push(() => linkedViews.measure());
  repainters.push(() => linkedViews.draw());
  return linkedViews;
}
