/** Learned scores beside the exact one, and the particles that Langevin dynamics moves by the learned one. */

const FLOW = 400; // pixels of the device that a panel is wide
const ARROW = 0.055; // of the panel's width, the longest arrow

class Flow {
  constructor(methods, plane) {
    Object.assign(this, { plane, time: 0, corrected: false });
    this.methods = methods.filter((method) => method.flow);
    this.frames = Math.min(...this.methods.map(({ flow }) => flow.frames));
  }

  async load() {
    for (const { flow } of this.methods) {
      for (const key of ["arrows", "score", "exact_score", "unadjusted", "adjusted"]) {
        const { step, values } = flow[key];
        flow[key] = Float32Array.from(await unpackNumbers(values, Int16Array), (value) => value * step);
      }
    }
  }

  build() {
    const parent = document.getElementById("flow");
    this.panels = this.methods.map((method) => {
      const figure = element("figure", { parent, "data-flow": method.name });
      element("figcaption", { class: "panel-title", parent: figure }).append(element("b", { text: method.label }));
      const label = `Score and Langevin particles of ${method.label}`;
      const canvas = element("canvas", { width: FLOW, height: Math.round(FLOW * this.plane.ratio), parent: figure, role: "img", "aria-label": label });
      takeable(figure, label, { png: () => pngOf(canvas), svg: () => this.svg(method), csv: () => this.csv(method) });
      return { method, context: canvas.getContext("2d") };
    });
  }

  /** Lines of the arrows of a score, in pixels; a longer score has a longer arrow, up to a limit. */
  arrows({ flow }, name) {
    const longest = ARROW * FLOW;
    return Array.from({ length: flow.arrows.length / 2 }, (_, k) => {
      const [x, y] = this.plane.pixel([flow.arrows[2 * k], flow.arrows[2 * k + 1]], FLOW);
      const [across, up] = [flow[name][2 * k], flow[name][2 * k + 1]];
      const size = Math.hypot(across, up) || 1;
      const length = (longest * Math.min(4, size)) / 4;
      return [[x, y], [x + (across / size) * length, y - (up / size) * length]];
    });
  }

  /** Pixels of the particles now; between two kept frames, on a straight line. */
  particles({ flow }) {
    const path = this.corrected ? flow.adjusted : flow.unadjusted;
    const count = path.length / flow.frames;
    const frame = Math.min(flow.frames - 1, Math.floor(this.time));
    const next = Math.min(flow.frames - 1, frame + 1);
    const share = this.time - frame;
    return Array.from({ length: count / 2 }, (_, k) => {
      const at = [0, 1].map((axis) => (1 - share) * path[frame * count + 2 * k + axis] + share * path[next * count + 2 * k + axis]);
      return this.plane.pixel(at, FLOW);
    });
  }

  draw() {
    const [ink, faint, dot] = ["ink", "line", "star"].map(themeColour);
    for (const { method, context } of this.panels) {
      context.clearRect(0, 0, FLOW, FLOW * this.plane.ratio);
      for (const line of this.arrows(method, "exact_score")) stroke(context, line, faint, 5);
      for (const line of this.arrows(method, "score")) stroke(context, line, ink, 1.2);
      context.fillStyle = dot;
      for (const [x, y] of this.particles(method)) context.fillRect(x - 2, y - 2, 4, 4);
    }
  }

  svg(method) {
    const lines = (name, colour, width) => this.arrows(method, name).map((line) => `<polyline points="${places(line)}" fill="none" stroke="${colour}" stroke-width="${width}"/>`).join("");
    return svgOf(FLOW, FLOW * this.plane.ratio, lines("exact_score", "#d9dde4", 5) + lines("score", "#1f2430", 1.2) + dots(this.particles(method), 2, "#ff5a36"));
  }

  csv({ flow }) {
    return csvOf(Array.from({ length: flow.arrows.length / 2 }, (_, k) => {
      const [[x, y], [learned0, learned1], [exact0, exact1]] = [flow.arrows, flow.score, flow.exact_score].map((values) => [values[2 * k], values[2 * k + 1]]);
      return { x, y, learned0, learned1, exact0, exact1 };
    }));
  }

  listen() {
    const [slider, words, button, corrected] = ["flow-time", "flow-value", "flow-run", "flow-corrected"].map((id) => document.getElementById(id));
    const set = timeline(slider, words, "state", this.frames, (time) => {
      this.time = time;
      this.draw();
    });
    const correct = (on) => {
      this.corrected = corrected.checked = on;
      this.draw();
    };
    corrected.addEventListener("change", () => correct(corrected.checked));
    player(button, 33, document.getElementById("flow"), () => set((this.time + 0.1) % (this.frames - 1)));
    set(this.frames - 1);
    link("flow", () => slider.value, (text) => set(wholeOf(text, this.frames - 1) ?? this.frames - 1));
    link("corrected", () => String(Number(corrected.checked)), (text) => correct(text === "1"));
  }
}

/** Where no objective has a score, its panel is not there either. */
async function startFlow(landscapes) {
  const flow = new Flow(landscapes.world.methods, landscapes.plane);
  document.getElementById("flow-stage").hidden = !flow.methods.length;
  if (!flow.methods.length) return null;
  await flow.load();
  flow.build();
  flow.listen();
  repainters.push(() => flow.draw());
  return flow;
}
