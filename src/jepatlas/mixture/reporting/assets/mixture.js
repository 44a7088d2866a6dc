/** The mixture's landscapes side by side, all seen from one reference. */

const STAR_PATH = starPath(9);
const STAR = new Path2D(STAR_PATH);
const HALF = Math.SQRT1_2; // that coordinates are kept times, so that squares add up to half of a squared distance
const FINE = 0.01; // an energy as close to -1 as this is written by its distance
const TOLD = 10; // times what rounding may do to an energy, which a landscape must span to be shown stretched
const REACH = { mouse: 16, pen: 20, touch: 32 }; // pixels within which a handle is taken hold of

/**
 * One method: its present state, its energies over the grid, its panel. Energies are kept above the lowest of their
 * scale: E + 1 = |u - v|^2 / 2 of a joint embedding is exact however close u and v are, where -cos is -1 and nothing more.
 */
class Landscape {
  constructor(method, world, plane, table, parent) {
    const ground = world.grounds[method.ground]; // the points and the true density of its mixture
    Object.assign(this, { method, world, ground, plane, scale: SCALES[method.kind] });
    this.energies = new Float32Array(plane.size);
    this.picture = new Picture(plane, table);
    this.addPanel(parent);
  }

  addPanel(parent) {
    const figure = element("figure", { parent, "data-method": this.method.name });
    this.figure = figure;
    const caption = element("figcaption", { class: "panel-title", parent: figure });
    element("b", { text: this.method.label, parent: caption });
    this.step = element("span", { parent: caption });
    this.canvas = element("canvas", { parent: figure, role: "img", "aria-label": `Landscape of ${this.method.label}` });
    this.context = this.canvas.getContext("2d");
    const numbers = element("div", { class: "panel-numbers", parent: figure });
    const probe = element("span", { text: "E(○) ", parent: numbers });
    this.value = element("b", { parent: probe });
    this.spread = element("span", { parent: numbers });
    this.across = element("span", { parent: numbers });
    takeable(figure, `Landscape of ${this.method.label}`, { png: () => pngOf(this.canvas), svg: () => this.svg(), csv: () => this.csv() });
  }

  /** Unpack the state after the k-th of the kept steps (a method with fewer stays at its last). */
  async load(k) {
    const state = this.method.states[Math.min(k, this.method.states.length - 1)];
    const { side } = this.plane;
    const [first, second] = await Promise.all([
      unpackFields(state.online ?? state.energy, side),
      state.target ? unpackFields(state.target, side) : null,
    ]);
    for (const field of [first, second]) if (state.step) field?.forEach((value, i) => (field[i] = HALF * value * state.step[Math.floor(i / side ** 2)]));
    return { state, online: first, target: second ?? first };
  }

  /** Make a loaded state the present one. */
  show({ state, online, target }) {
    Object.assign(this, { state, online, target });
    this.step.textContent = `step ${state.at}`;
    const collapsed = state.spread !== null && state.spread < this.world.collapsed;
    this.spread.className = collapsed ? "collapsed" : "";
    this.spread.textContent = state.spread === null ? "" : collapsed ? "collapsed" : `spread ${state.spread.toFixed(3)}`;
    this.spread.title = `spread of the unit embeddings: ${state.spread}; collapsed below ${this.world.collapsed}`;
  }

  /** E(x; x_ref) at all grid points, above the lowest of the scale; the reference is given by its place in the grid. */
  measure(reference) {
    const { energies, online, target } = this;
    const { size } = this.plane;
    if (this.method.kind === "score") {
      for (let i = 0; i < size; i++) energies[i] = online[i] / this.method.nats;
      return;
    }
    energies.fill(0);
    for (let start = 0, axis = 0; start < online.length; start += size, axis++) {
      const towards = target[start + reference] - HALF * this.state.offset[axis];
      for (let i = 0; i < size; i++) {
        const apart = online[start + i] - towards;
        energies[i] += apart * apart;
      }
    }
  }

  /** Lowest and highest energy of the landscape, and whether they can be told from one: rounding moves u by `rounding`. */
  extent() {
    let [low, high] = [Infinity, -Infinity];
    for (const energy of this.energies) {
      if (energy < low) low = energy;
      if (energy > high) high = energy;
    }
    const uncertain = this.method.kind === "score" ? 0 : Math.sqrt(2 * high) * this.state.rounding[0];
    return { low, high, told: high - low > TOLD * uncertain };
  }

  draw({ reference, probe, options, overlays }) {
    const { plane, context, canvas } = this;
    const overlay = overlays[this.method.ground];
    this.seen = { reference, probe, options };
    this.measure(plane.index(reference));
    const { low, high, told } = options.stretch ? this.extent() : { low: 0, high: this.scale.high - this.scale.low, told: true };
    this.picture.colour(this.energies, told ? [low, high] : [low, Infinity]);
    const dense = canvas.width / overlay.width; // pixels of the device per pixel of the page
    context.setTransform(dense, 0, 0, dense, 0, 0);
    const { width } = overlay;
    const height = width * plane.ratio;
    this.picture.draw(context, width);
    context.drawImage(overlay.of(options), 0, 0, width, height);
    if (!told) drawWords(context, "below what can be told", width / 2, height / 2);
    drawRing(context, plane.pixel(plane.point(probe), width));
    if (this.method.kind === "embedding") drawStar(context, plane.pixel(plane.point(reference), width));
    const fine = options.stretch && told && high < FINE;
    this.value.textContent = this.reading(plane.index(probe), fine);
    const across = fine ? powerOfTen(high - low) : written(high - low, 2);
    this.across.textContent = !options.stretch ? "" : told ? `spans ${across}` : "below what can be told";
    this.spread.hidden = options.stretch;
  }

  /** The colours as a picture with a pixel for each grid point, points and handles as lines; of what is drawn now. */
  svg() {
    const { plane, ground } = this;
    const [width, height] = [400, 400 * plane.ratio];
    const at = (place) => plane.pixel(plane.point(place), width);
    const star = this.method.kind === "embedding" ? starSvg(at(this.seen.reference)) : "";
    const [x, y] = at(this.seen.probe);
    const ring = `<circle cx="${x}" cy="${y}" r="6" fill="none" stroke="#ffffff" stroke-width="2"/>`;
    const points = this.seen.options.points ? dots(ground.points.map((point) => plane.pixel(point, width)), 1.6, "#ffffff") : "";
    const lines = this.seen.options.density ? ground.contours.map((line) => `<polyline points="${places(line.map((p) => plane.pixel(p, width)))}" fill="none" stroke="#ffffff"/>`).join("") : "";
    return svgOf(width, height, this.picture.svg(width) + lines + points + ring + star);
  }

  csv() {
    return csvOf(landscapeRows(this.plane, this.method, this.energies));
  }

  reading(place, fine) {
    const above = this.energies[place];
    if (this.method.kind === "score") return `${written(above, 2)} nats`;
    return fine ? `−1 + ${powerOfTen(above)}` : written(Math.min(1, above - 1), 2);
  }
}

const starSvg = (place) => `<path transform="translate(${place})" d="${STAR_PATH}" fill="#ff5a36" stroke="#ffffff"/>`;

function drawStar(context, [left, top]) {
  context.save();
  context.translate(left, top);
  context.lineWidth = 3;
  context.strokeStyle = "#ffffff";
  context.stroke(STAR);
  context.fillStyle = "#ff5a36";
  context.fill(STAR);
  context.restore();
}

function drawWords(context, text, left, top) {
  context.save();
  context.font = `600 13px ${getComputedStyle(document.body).fontFamily}`;
  context.textAlign = "center";
  context.lineWidth = 4;
  context.lineJoin = "round";
  context.strokeStyle = "#000000";
  context.strokeText(text, left, top);
  context.fillStyle = "#ffffff";
  context.fillText(text, left, top);
  context.restore();
}

function drawRing(context, [left, top]) {
  for (const [colour, width] of [["#000000", 4], ["#ffffff", 2]]) {
    context.beginPath();
    context.arc(left, top, 6, 0, 2 * Math.PI);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }
}

class Landscapes {
  constructor(world, tables) {
    this.world = world;
    this.plane = new Plane(world);
    this.overlays = Object.fromEntries(Object.entries(world.grounds).map(([name, ground]) => [name, new Overlay(ground, this.plane)]));
    this.options = { points: true, density: false, stretch: false };
    this.reference = this.plane.nearest(world.means[0]);
    this.probe = this.plane.nearest(world.means[1 % world.means.length]);
    this.box = document.getElementById("landscapes");
    this.place = document.getElementById("place");
    this.landscapes = world.methods.map(
      (method) => new Landscape(method, world, this.plane, tables[SCALES[method.kind].map], this.box),
    );
    const scales = document.getElementById("scales");
    for (const kind of new Set(world.methods.map((method) => method.kind))) {
      drawScale(scales, SCALES[kind], tables[SCALES[kind].map]);
    }
    this.moments = Math.max(...world.methods.map((method) => method.states.length));
    this.afterDraw = []; // what follows the star, and what follows the training
    this.afterMoment = [];
    this.request = 0; // the newest wish for a moment; older ones are dropped when they arrive
  }

  /** Show all methods after the k-th of their kept steps. */
  async setMoment(k) {
    const request = ++this.request;
    const loaded = await Promise.all(this.landscapes.map((landscape) => landscape.load(k)));
    if (request !== this.request) return;
    this.landscapes.forEach((landscape, number) => landscape.show(loaded[number]));
    this.moment = k;
    this.draw();
    this.afterMoment.forEach((follow) => follow());
  }

  /** Move a handle, `reference` or `probe`, to a place in the grid, and draw in the next frame. */
  move(handle, [column, row]) {
    const within = (value) => Math.min(this.plane.side - 1, Math.max(0, value));
    this[handle] = [within(column), within(row)];
    this.schedule();
  }

  schedule() {
    if (this.pending) return;
    this.pending = requestAnimationFrame(() => {
      this.pending = 0;
      this.draw();
    });
  }

  draw() {
    if (!this.landscapes[0]?.state) return;
    for (const landscape of this.shown) landscape.draw(this);
    this.afterDraw.forEach((follow) => follow());
    const words = (place) => `(${this.plane.point(place).map((value) => written(value, 2)).join(", ")})`;
    const text = `★ ${words(this.reference)}   ○ ${words(this.probe)}`;
    if (this.place.textContent !== text) this.place.textContent = text;
  }

  get shown() {
    return this.landscapes.filter(({ figure }) => !figure.hidden);
  }

  /** Fit the canvases to the page. */
  resize() {
    const width = Math.floor(this.shown[0].canvas.clientWidth);
    if (!width) return;
    const dense = Math.min(2, devicePixelRatio || 1);
    for (const overlay of Object.values(this.overlays)) overlay.resize(width, dense);
    for (const { canvas } of this.landscapes) {
      canvas.width = Math.round(width * dense);
      canvas.height = Math.round(width * this.plane.ratio * dense);
    }
    this.draw();
  }
}

/** Mouse, pen and touch. A finger that starts elsewhere than on a handle scrolls the page. */
function listenToPointers(landscapes) {
  const { box, plane } = landscapes;
  let held = null; // the handle that is being dragged

  const where = (canvas, event) => {
    const frame = canvas.getBoundingClientRect();
    return [event.clientX - frame.left, event.clientY - frame.top, frame.width];
  };
  const handleAt = (canvas, event, reach) => {
    const [left, top, width] = where(canvas, event);
    const distances = ["reference", "probe"].map((handle) => {
      const [x, y] = plane.pixel(plane.point(landscapes[handle]), width);
      return [Math.hypot(left - x, top - y), handle];
    });
    const [distance, handle] = distances.sort((a, b) => a[0] - b[0])[0];
    return distance <= reach ? handle : null;
  };
  const moveTo = (canvas, event, handle) => {
    const [left, top, width] = where(canvas, event);
    landscapes.move(handle, plane.nearest(plane.at([left, top], width)));
  };

  const drag = (event) => held && moveTo(held.canvas, event, held.handle);
  const drop = () => (held = null);
  box.addEventListener("pointerdown", (event) => {
    if (!(event.target instanceof HTMLCanvasElement) || event.button) return;
    const handle = handleAt(event.target, event, REACH[event.pointerType] ?? REACH.mouse);
    if (event.pointerType === "touch" && !handle) return; // a swipe scrolls, a tap is a click
    held = { canvas: event.target, handle: handle ?? "reference" };
    held.canvas.setPointerCapture(event.pointerId);
    if (!handle) moveTo(held.canvas, event, "reference");
  });
  box.addEventListener("pointermove", drag);
  box.addEventListener("pointerup", drop);
  box.addEventListener("pointercancel", drop);
  box.addEventListener("click", (event) => {
    if (event.pointerType === "touch" && event.target instanceof HTMLCanvasElement) {
      if (!handleAt(event.target, event, REACH.touch)) moveTo(event.target, event, "reference");
    }
  });
  const keep = (event) => {
    const [touch] = event.touches;
    const onCanvas = event.target instanceof HTMLCanvasElement && event.touches.length === 1;
    if (onCanvas && handleAt(event.target, touch, REACH.touch)) event.preventDefault();
  };
  box.addEventListener("touchstart", keep, { passive: false });
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };

function listenToKeys(landscapes) {
  landscapes.box.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const handle = event.shiftKey ? "probe" : "reference";
    landscapes.move(handle, landscapes[handle].map((value, axis) => value + arrow[axis]));
  });
}

function listenToControls(landscapes) {
  const slider = document.getElementById("moment");
  const words = document.getElementById("moment-value");
  const last = landscapes.moments - 1;
  const set = (k) => {
    slider.value = k;
    const share = k === 0 ? "untrained" : k === last ? "trained" : `state ${k} of ${last}`;
    words.textContent = share;
    slider.setAttribute("aria-valuetext", share);
    return landscapes.setMoment(k);
  };
  slider.max = slider.value = last;
  slider.addEventListener("input", () => set(Number(slider.value)));
  player(document.getElementById("train"), 450, landscapes.box, () => set((Number(slider.value) + 1) % (last + 1)));
  link("step", () => slider.value, (text) => set(wholeOf(text, last) ?? last));
  for (const option of Object.keys(landscapes.options)) {
    const box = document.getElementById(option);
    const choose = (checked) => {
      landscapes.options[option] = box.checked = checked;
      landscapes.schedule();
    };
    box.addEventListener("change", () => choose(box.checked));
    link(option, () => String(Number(box.checked)), (text) => choose(text === "1"));
  }
  for (const [key, handle] of [["star", "reference"], ["ring", "probe"]]) {
    const read = () => landscapes.plane.point(landscapes[handle]).map((value) => Number(value.toFixed(3))).join(",");
    link(key, read, (text) => pairOf(text) && landscapes.move(handle, landscapes.plane.nearest(pairOf(text))));
  }
  const clusters = document.getElementById("clusters");
  landscapes.world.means.forEach((mean, k) => {
    const button = element("button", { type: "button", class: "chip", text: `${k + 1}`, parent: clusters });
    button.title = `the mean of cluster ${k + 1}: (${mean.join(", ")})`;
    button.addEventListener("click", () => landscapes.move("reference", landscapes.plane.nearest(mean)));
  });
  return set(last);
}

sections.mixture = async (world, maps, later) => {
  const tables = Object.fromEntries(Object.entries(maps).map(([name, table]) => [name, colourTable(table)]));
  const landscapes = new Landscapes(world, tables);
  landscapes.resize();
  new ResizeObserver(() => landscapes.resize()).observe(landscapes.box);
  listenToPointers(landscapes);
  listenToKeys(landscapes);
  await listenToControls(landscapes);
  listenToObjectives(landscapes);
  later(async () => (landscapes.wipe = await startWipe(landscapes, tables)));
  later(() => (landscapes.linked = startLinked(landscapes)));
  later(async () => (landscapes.flow = await startFlow(landscapes)));
  later(() => {
    landscapes.curves = startCurves(landscapes);
    landscapes.members = startMembers(world, tables);
    landscapes.masked = foldCharts("masked", world.masked);
  });
  later(() => {
    landscapes.live = new Live(world, tables.viridis);
    repainters.push(() => landscapes.live.draw());
  });
  return landscapes;
};
