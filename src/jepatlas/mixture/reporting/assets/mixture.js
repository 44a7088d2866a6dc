/** The mixture's landscapes side by side, all seen from one reference. */

const STAR = starPath(9);
const REACH = { mouse: 16, pen: 20, touch: 32 }; // pixels within which a handle is taken hold of

/** One method: its present state, its energies over the grid, its panel. */
class Landscape {
  constructor(method, world, plane, table, parent) {
    Object.assign(this, { method, world, plane, table, scale: SCALES[method.kind] });
    this.energies = new Float32Array(plane.size);
    this.picture = new OffscreenCanvas(plane.side, plane.side);
    this.pictureContext = this.picture.getContext("2d");
    this.image = this.pictureContext.createImageData(plane.side, plane.side);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.addPanel(parent);
  }

  addPanel(parent) {
    const figure = element("figure", { parent, "data-method": this.method.name });
    const caption = element("figcaption", { class: "panel-title", parent: figure });
    element("b", { text: this.method.label, parent: caption });
    this.step = element("span", { parent: caption });
    this.canvas = element("canvas", { parent: figure, role: "img", "aria-label": `Landscape of ${this.method.label}` });
    this.context = this.canvas.getContext("2d");
    const numbers = element("div", { class: "panel-numbers", parent: figure });
    const probe = element("span", { text: "E(○) ", parent: numbers });
    this.value = element("b", { parent: probe });
    this.spread = element("span", { parent: numbers });
  }

  /** Unpack the state after the k-th of the kept steps (a method with fewer stays at its last). */
  async load(k) {
    const state = this.method.states[Math.min(k, this.method.states.length - 1)];
    const { side } = this.plane;
    const [first, second] = await Promise.all([
      unpackFields(state.online ?? state.energy, side),
      state.target ? unpackFields(state.target, side) : null,
    ]);
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

  /** E(x; x_ref) at all grid points; the reference is given by its place in the grid. */
  measure(reference) {
    const { energies, online, target } = this;
    const { size } = this.plane;
    if (this.method.kind === "score") {
      for (let i = 0; i < size; i++) energies[i] = online[i] / this.method.nats;
      return;
    }
    energies.fill(0);
    for (let start = 0; start < online.length; start += size) {
      const towards = -target[start + reference] / this.method.unit ** 2;
      if (towards === 0) continue;
      for (let i = 0; i < size; i++) energies[i] += towards * online[start + i];
    }
  }

  /** Lowest and highest energy of the colours. */
  range(stretch) {
    if (!stretch) return [this.scale.low, this.scale.high];
    let [low, high] = [Infinity, -Infinity];
    for (const energy of this.energies) {
      if (energy < low) low = energy;
      if (energy > high) high = energy;
    }
    return [low, Math.max(high, low + 1e-4)];
  }

  draw({ reference, probe, options, overlay }) {
    const { plane, context, canvas } = this;
    this.measure(plane.index(reference));
    this.colour(this.range(options.stretch));
    const dense = canvas.width / overlay.width; // pixels of the device per pixel of the page
    context.setTransform(dense, 0, 0, dense, 0, 0);
    const { width } = overlay;
    const height = width * plane.ratio;
    const pixel = [width / (plane.side - 1), height / (plane.side - 1)]; // centred on its grid point
    context.drawImage(this.picture, -pixel[0] / 2, -pixel[1] / 2, width + pixel[0], height + pixel[1]);
    context.drawImage(overlay.of(options), 0, 0, width, height);
    drawRing(context, plane.pixel(plane.point(probe), width));
    if (this.method.kind === "embedding") drawStar(context, plane.pixel(plane.point(reference), width));
    this.value.textContent = this.reading(plane.index(probe));
  }

  reading(place) {
    const energy = Math.min(1, Math.max(-1, this.energies[place]));
    return this.method.kind === "score" ? `${written(this.energies[place], 2)} nats` : written(energy, 2);
  }

  colour([low, high]) {
    const { energies, pixels, table } = this;
    const { side } = this.plane;
    const factor = 255 / (high - low);
    for (let row = 0; row < side; row++) {
      const below = (side - 1 - row) * side; // pictures go from the top, the plane from below
      for (let column = 0; column < side; column++) {
        const level = (energies[row * side + column] - low) * factor + 0.5;
        pixels[below + column] = table[level < 0 ? 0 : level > 255 ? 255 : level | 0];
      }
    }
    this.pictureContext.putImageData(this.image, 0, 0);
  }
}

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
    this.overlay = new Overlay(world, this.plane);
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
    for (const landscape of this.landscapes) landscape.draw(this);
    const words = (place) => `(${this.plane.point(place).map((value) => written(value, 2)).join(", ")})`;
    const text = `★ ${words(this.reference)}   ○ ${words(this.probe)}`;
    if (this.place.textContent !== text) this.place.textContent = text;
  }

  /** Fit the canvases to the page. */
  resize() {
    const width = Math.floor(this.landscapes[0].canvas.clientWidth);
    if (!width) return;
    const dense = Math.min(2, devicePixelRatio || 1);
    this.overlay.resize(width, dense);
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
  slider.max = last;
  slider.addEventListener("input", () => set(Number(slider.value)));
  player(document.getElementById("train"), 450, () => set((Number(slider.value) + 1) % (last + 1)));
  for (const option of Object.keys(landscapes.options)) {
    document.getElementById(option).addEventListener("change", ({ target }) => {
      landscapes.options[option] = target.checked;
      landscapes.schedule();
    });
  }
  const clusters = document.getElementById("clusters");
  landscapes.world.means.forEach((mean, k) => {
    const button = element("button", { type: "button", class: "chip", text: `${k + 1}`, parent: clusters });
    button.title = `the mean of cluster ${k + 1}: (${mean.join(", ")})`;
    button.addEventListener("click", () => landscapes.move("reference", landscapes.plane.nearest(mean)));
  });
  return set(last);
}

sections.mixture = async (world, maps) => {
  const tables = Object.fromEntries(Object.entries(maps).map(([name, table]) => [name, colourTable(table)]));
  const landscapes = new Landscapes(world, tables);
  landscapes.resize();
  new ResizeObserver(() => landscapes.resize()).observe(landscapes.box);
  listenToPointers(landscapes);
  listenToKeys(landscapes);
  await listenToControls(landscapes);
  return landscapes;
};
