/** Training in the browser: a worker learns, this draws what it sends and passes on what is moved. */

const LIVE_SIDE = 33; // points of the drawn grid per side
const ARROW_SIDE = 11;
const SHOWN = 240; // points of the clusters that are drawn
const MOST = 200; // points drawn by hand
const NARROW = 0.01; // variance around each of them
const APART = 0.4; // of the plane, from one of them to the next
const SAVED = 400; // pixels that a picture of lines is wide
const pairsOf = (numbers) => Array.from({ length: numbers.length / 2 }, (_, k) => [numbers[2 * k], numbers[2 * k + 1]]);
const SLIDERS = {
  noise: { label: "Noise of views", min: 0.05, max: 3, step: 0.05, value: 1.5, digits: 2 },
  temperature: { label: "Temperature", min: 0.05, max: 2, step: 0.05, value: 0.2, digits: 2 },
  averaging: { label: "EMA decay", min: 0.8, max: 0.999, step: 0.001, value: 0.99, digits: 3 },
  invariance: { label: "VICReg: invariance", min: 0, max: 50, step: 1, value: 25, digits: 0 },
  variance: { label: "VICReg: variance", min: 0, max: 100, step: 1, value: 50, digits: 0 },
  covariance: { label: "VICReg: covariance", min: 0, max: 10, step: 0.5, value: 1, digits: 1 },
  sigma: { label: "DSM: σ", min: 0.2, max: 2, step: 0.1, value: 1, digits: 2 },
};

class Live {
  constructor(world, table) {
    Object.assign(this, { world, table, running: false, panels: new Map(), chips: new Map(), added: [], star: [world.means[0][0] - 3, world.means[0][1]] }); // beside a cluster, whose handle it would hide
    this.mixture = { weights: world.weights, covariances: world.covariances, means: world.means.map((mean) => [...mean]) };
    this.plane = new Plane({ ...world, side: LIVE_SIDE });
    this.settings = { redundancy: 0.005, tradeOff: 0.01 };
    this.box = document.getElementById("live");
    this.names = new Set(["contrastive", "jepa", "vicreg", "dsm"]);
    this.addWorld();
    this.addChips();
    this.addSliders();
    this.listen();
  }

  /** Points `[n, 2]` of a grid of the plane, row by row from below. */
  grid(side) {
    const plane = new Plane({ ...this.world, side });
    return Float64Array.from({ length: 2 * side * side }, (_, k) => plane.point([(k >> 1) % side, Math.floor((k >> 1) / side)])[k % 2]);
  }

  /** The map of the clusters, whose means and whose star are buttons: to drag, or to move by arrow keys. */
  addWorld() {
    const figure = element("figure", { parent: this.box, class: "live-world" });
    element("figcaption", { text: "The clusters, to drag", parent: figure });
    const frame = element("div", { parent: figure, class: "live-frame" });
    this.frame = frame;
    this.canvas = element("canvas", { parent: frame, role: "img", "aria-label": "Points of the clusters" });
    this.handles = [...this.mixture.means.map((mean, k) => ({ name: `Cluster ${k + 1}`, sign: `${k + 1}`, point: mean })), { name: "Star", sign: "★", point: this.star }];
    for (const handle of this.handles) this.addHandle(handle);
    this.statement = element("div", { parent: figure, class: "panel-numbers" });
    this.points = this.scatter();
    this.listenToDrawing();
    takeable(figure, "Points of the clusters", {
      png: () => pngOf(this.canvas),
      svg: () => svgOf(SAVED, SAVED * this.plane.ratio, [[this.placed.map(({ point }) => point), "#586172"], [this.added, "#0072b2"]].map(([points, colour]) => dots(points.map((point) => this.plane.pixel(point, SAVED)), 1.5, colour)).join("")),
      csv: () => csvOf([...this.placed.map(({ k, point: [x, y] }) => ({ x, y, cluster: k + 1 })), ...this.added.map(([x, y]) => ({ x, y, cluster: "drawn" }))]),
    });
  }

  /** The points to look at where their clusters are now. */
  get placed() {
    return this.points.map(({ k, shift }) => ({ k, point: shift.map((value, axis) => value + this.mixture.means[k][axis]) }));
  }

  /** What is learned from: the clusters, and a narrow one for each point drawn by hand, which weighs as much as each that is shown. */
  get population() {
    const { weights, means, covariances } = this.mixture;
    const all = SHOWN + this.added.length;
    return {
      weights: [...weights.map((weight) => (weight * SHOWN) / all), ...this.added.map(() => 1 / all)],
      means: [...means, ...this.added],
      covariances: [...covariances, ...this.added.map(() => [[NARROW, 0], [0, NARROW]])],
    };
  }

  setAdded(points) {
    this.added = points.slice(0, MOST);
    this.tell({ world: this.population });
    this.draw();
  }

  /** Mouse and pen draw a line of points, a finger, which scrolls, one at each tap; keys put one where the star is. */
  listenToDrawing() {
    const add = (point) => this.setAdded([...this.added, point.map((value) => Number(value.toFixed(1)))]);
    const where = ({ clientX, clientY }) => {
      const box = this.canvas.getBoundingClientRect();
      return this.plane.at([clientX - box.left, clientY - box.top], box.width);
    };
    this.canvas.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "touch" || event.button) return;
      this.canvas.setPointerCapture(event.pointerId);
      add(where(event));
    });
    this.canvas.addEventListener("pointermove", (event) => {
      const [x, y] = where(event);
      const [left, up] = this.added.at(-1) ?? [];
      if (this.canvas.hasPointerCapture(event.pointerId) && Math.hypot(x - left, y - up) > APART) add([x, y]);
    });
    this.canvas.addEventListener("click", (event) => event.pointerType === "touch" && add(where(event)));
    document.getElementById("live-add").addEventListener("click", () => add(this.star));
    document.getElementById("live-clear").addEventListener("click", () => this.setAdded([]));
    link("drawn", () => this.added.map((point) => point.join(",")).join(";"), (text) => this.setAdded(text.split(";").map(pairOf).filter(Boolean)));
  }

  addHandle(handle) {
    const button = element("button", { type: "button", class: "handle", text: handle.sign, parent: this.frame });
    handle.button = button;
    const move = (point) => {
      [0, 1].forEach((axis) => (handle.point[axis] = Math.min(this.world["xy"[axis]][1], Math.max(this.world["xy"[axis]][0], point[axis]))));
      this.placeHandles();
      if (handle.name !== "Star") this.tell({ world: this.population });
      this.draw();
    };
    link(`live-${handle.name.toLowerCase().replace(" ", "-")}`, () => handle.point.map((value) => Number(value.toFixed(2))).join(","), (text) => pairOf(text) && move(pairOf(text)));
    button.addEventListener("keydown", (event) => {
      const towards = ARROWS[event.key];
      if (!towards) return;
      event.preventDefault();
      move(handle.point.map((value, axis) => value + 0.5 * towards[axis]));
    });
    button.addEventListener("pointerdown", (event) => button.setPointerCapture(event.pointerId));
    button.addEventListener("pointermove", (event) => {
      if (!button.hasPointerCapture(event.pointerId)) return;
      const box = this.frame.getBoundingClientRect();
      move(this.plane.at([event.clientX - box.left, event.clientY - box.top], box.width));
    });
  }

  placeHandles() {
    for (const { button, point, name } of this.handles) {
      const [left, top] = this.plane.pixel(point, 100);
      button.style.left = `${left}%`;
      button.style.top = `${top / this.plane.ratio}%`;
      button.setAttribute("aria-label", `${name} at (${point.map((value) => written(value, 1)).join(", ")}); arrow keys move it`);
    }
  }

  /** Points to look at, not those that are learned from: these are drawn anew at each step. */
  scatter() {
    return Array.from({ length: SHOWN }, (_, k) => ({ k: k % this.mixture.means.length, shift: this.shift(this.mixture.covariances[k % this.mixture.means.length]) }));
  }

  shift([[a, b], [, d]]) {
    const [first, second] = [0, 0].map(() => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random()));
    return [Math.sqrt(a) * first, (b / Math.sqrt(a)) * first + Math.sqrt(d - (b * b) / a) * second];
  }

  addChips() {
    const chips = document.getElementById("live-names");
    for (const [name, label] of Object.entries(this.world.live.labels)) {
      const chip = element("button", { type: "button", class: "chip", text: label, parent: chips, "aria-pressed": String(this.names.has(name)) });
      chip.addEventListener("click", () => {
        this.names[this.names.has(name) ? "delete" : "add"](name);
        this.choose();
      });
      this.chips.set(name, chip);
    }
    const known = Object.keys(this.world.live.labels);
    link("live", () => listOf(known.filter((name) => this.names.has(name))), (text) => {
      const wanted = membersOf(text, known);
      if (text && !wanted.length) return;
      this.names = new Set(wanted);
      this.choose();
    });
  }

  addSliders() {
    const sliders = document.getElementById("live-sliders");
    for (const [name, { label, digits, ...range }] of Object.entries(SLIDERS)) {
      const id = `live-${name}`;
      const parent = element("div", { class: "slider", parent: sliders });
      element("label", { for: id, text: label, parent });
      const slider = element("input", { type: "range", id, ...range, parent });
      const words = element("output", { for: id, id: `${id}-value`, parent });
      const set = () => {
        this.settings[name] = Number(slider.value);
        words.textContent = this.settings[name].toFixed(digits);
        this.tell({ settings: this.settings });
      };
      slider.addEventListener("input", set);
      set();
      link(id, () => slider.value, (text) => {
        slider.value = text === "" || isNaN(text) ? slider.value : text;
        set();
      });
    }
  }

  listen() {
    const [play, again] = ["live-run", "live-again"].map((id) => document.getElementById(id));
    this.button = play;
    play.addEventListener("click", () => this.run(!this.running));
    again.addEventListener("click", () => this.tell({ restart: true, names: [...this.names] }));
    watchSight(this.box, (seen) => {
      this.seen = seen;
      this.tell({ running: this.running && seen });
    });
    new ResizeObserver(() => this.draw()).observe(this.box);
    this.choose();
    this.placeHandles();
  }

  /** A worker is started by the first wish to learn; what is moved before is told to it then. */
  run(running) {
    this.running = running;
    this.button.setAttribute("aria-pressed", String(running));
    this.button.textContent = running ? "❚❚" : "▶";
    if (!this.worker) {
      const address = URL.createObjectURL(new Blob([this.world.live.code], { type: "text/javascript" }));
      this.worker = new Worker(address);
      this.worker.onmessage = ({ data }) => this.receive(data);
      this.worker.onerror = ({ message }) => (this.statement.textContent = `Cannot train: ${message}`);
      const places = { grid: this.grid(LIVE_SIDE), arrows: this.grid(ARROW_SIDE) };
      this.tell({ world: this.population, settings: this.settings, places, names: [...this.names] });
    }
    this.tell({ running });
  }

  tell(message) {
    this.worker?.postMessage(message);
  }

  choose() {
    for (const [name, chip] of this.chips) chip.setAttribute("aria-pressed", String(this.names.has(name)));
    for (const [name, { figure }] of this.panels) if (!this.names.has(name)) this.panels.delete(name), figure.remove();
    for (const name of Object.keys(this.world.live.labels)) if (this.names.has(name) && !this.panels.has(name)) this.addPanel(name);
    this.tell({ names: [...this.names] });
    this.draw();
  }

  addPanel(name) {
    const label = this.world.live.labels[name];
    const figure = element("figure", { parent: this.box, "data-live": name });
    const caption = element("figcaption", { class: "panel-title", parent: figure });
    element("b", { text: label, parent: caption });
    const step = element("span", { text: "untrained", parent: caption });
    const canvas = element("canvas", { parent: figure, role: "img", "aria-label": `What ${label} has learned so far` });
    const numbers = element("div", { class: "panel-numbers", parent: figure });
    const [loss, other] = [0, 1].map(() => element("span", { parent: numbers }));
    const energies = new Float32Array(LIVE_SIDE ** 2);
    this.panels.set(name, { label, figure, step, canvas, loss, other, energies, picture: new Picture(this.plane, this.table) });
  }

  /** Once there is something to be saved. */
  addTake(panel) {
    const scored = panel.state.name === "dsm";
    takeable(panel.figure, `Trained here, ${panel.label}`, {
      png: () => pngOf(panel.canvas),
      svg: () => svgOf(SAVED, SAVED * this.plane.ratio, scored ? this.scoreSvg(panel.state) : panel.picture.svg(SAVED) + starSvg(this.plane.pixel(this.star, SAVED))),
      csv: () => csvOf(scored ? this.scoreRows(panel.state) : this.energyRows(panel.energies)),
    });
  }

  scoreSvg({ particles, learned, exact }) {
    const lines = (score, colour, width) => this.arrows(score, SAVED).map((line) => `<polyline points="${places(line)}" fill="none" stroke="${colour}" stroke-width="${width}"/>`).join("");
    return lines(exact, "#586172", 3.5) + lines(learned, "#ff5a36", 1.3) + dots(pairsOf(particles).map((point) => this.plane.pixel(point, SAVED)), 1.5, "#0072b2");
  }

  scoreRows({ learned, exact }) {
    const [at, scores, truth] = [this.grid(ARROW_SIDE), learned, exact].map(pairsOf);
    return at.map(([x, y], k) => ({ x, y, learned0: scores[k][0], learned1: scores[k][1], exact0: truth[k][0], exact1: truth[k][1] }));
  }

  energyRows(energies) {
    return pairsOf(this.grid(LIVE_SIDE)).map(([x, y], k) => ({ x, y, E: energies[k] }));
  }

  receive(states) {
    for (const state of states) {
      const panel = this.panels.get(state.name);
      if (!panel) continue;
      const first = !panel.state;
      panel.state = state;
      if (first) this.addTake(panel);
      panel.step.textContent = `step ${state.step}`;
      panel.loss.textContent = state.loss === null ? "" : `loss ${written(state.loss, 3)}`;
      const collapsed = state.spread < this.world.collapsed;
      panel.other.className = collapsed ? "collapsed" : "";
      panel.other.textContent = state.name === "dsm" ? `score off by ${(100 * state.error).toFixed(1)} %` : collapsed ? "collapsed" : `spread ${state.spread.toFixed(3)}`;
    }
    this.draw();
  }

  /** In the next frame, so that many messages cost one drawing. */
  draw() {
    this.pending ??= requestAnimationFrame(() => {
      this.pending = null;
      this.drawWorld();
      for (const panel of this.panels.values()) if (panel.state) this.drawPanel(panel);
    });
  }

  /** A canvas made ready, and its width in pixels of the page; 0 while there is no room. */
  prepare(canvas) {
    const width = Math.floor(canvas.clientWidth);
    const dense = Math.min(2, devicePixelRatio || 1);
    canvas.width = Math.round(width * dense);
    canvas.height = Math.round(width * this.plane.ratio * dense);
    const context = canvas.getContext("2d");
    context.scale(dense, dense);
    return { context, width, height: width * this.plane.ratio };
  }

  drawWorld() {
    const { context, width } = this.prepare(this.canvas);
    if (!width) return;
    this.drawPoints(context, this.placed.map(({ point }) => point), width, themeColour("faint"));
    this.drawPoints(context, this.added, width, themeColour("accent"));
  }

  drawPoints(context, points, width, colour) {
    context.fillStyle = colour;
    for (const point of points) {
      context.beginPath();
      context.arc(...this.plane.pixel(point, width), 1.5, 0, 2 * Math.PI);
      context.fill();
    }
  }

  drawPanel({ canvas, state, energies, picture }) {
    const { context, width } = this.prepare(canvas);
    if (!width) return;
    if (state.name === "dsm") return this.drawScore(context, width, state);
    const size = LIVE_SIDE ** 2;
    const dim = state.online.length / size;
    const at = this.plane.index(this.plane.nearest(this.star)) * dim;
    const target = state.target ?? state.online;
    for (let i = 0; i < size; i++) {
      energies[i] = 0;
      for (let d = 0; d < dim; d++) energies[i] -= state.online[i * dim + d] * target[at + d];
    }
    picture.colour(energies, [-1, 1]);
    picture.draw(context, width);
    drawStar(context, this.plane.pixel(this.star, width));
  }

  /** The exact score in the colour of lines, the learned one on top; long arrows are cut, as far from the clusters they only grow. */
  drawScore(context, width, { particles, learned, exact }) {
    for (const [score, colour, thick] of [[exact, themeColour("faint"), 3.5], [learned, themeColour("star"), 1.3]]) {
      for (const line of this.arrows(score, width)) stroke(context, line, colour, thick);
    }
    this.drawPoints(context, pairsOf(particles), width, themeColour("accent"));
  }

  arrows(score, width) {
    const reach = (0.45 * width) / ARROW_SIDE;
    const [at, scores] = [this.grid(ARROW_SIDE), score].map(pairsOf);
    return at.map((point, k) => {
      const [across, up] = scores[k];
      const length = Math.hypot(across, up);
      const factor = (reach * Math.min(1, length / 2)) / (length || 1);
      const [left, top] = this.plane.pixel(point, width);
      return [[left, top], [left + factor * across, top - factor * up]];
    });
  }
}
