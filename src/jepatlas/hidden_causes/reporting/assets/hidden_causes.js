/** Hidden causes: a grid of latents as recovered; buttons for the mixing, sliders for the shape and the training. */

const PIXELS = 240;
const EDGE = 3; // the frame goes this far, a grid to 2.5
const ALONG = ["#2F5FC4", "#CC3311"]; // lines of the first latent, and of the second
const BETWEEN = 2; // points of a grid from one drawn line to the next

class HiddenCauses {
  constructor(data) {
    Object.assign(this, data);
    this.names = Object.keys(this.worlds);
    this.mixings = this.names.filter((name) => name.startsWith("mixings."));
    this.shapes = this.names.filter((name) => name.startsWith("shapes."));
    this.world = this.names[0];
    const counts = Object.values(this.worlds).flatMap(({ methods }) => Object.values(methods).map(({ steps }) => steps.length));
    this.frames = Math.max(1, ...counts);
    this.frame = this.frames - 1;
  }

  /** Unpack the grids: whole numbers of steps, `[2, frames, side, side]` each. */
  async load() {
    this.latents = await unpackFields(this.latents, this.side);
    for (const world of Object.values(this.worlds)) {
      world.seen = await unpackFields(world.seen, this.side);
      for (const method of Object.values(world.methods)) method.grids = await unpackFields(method.grids, this.side);
    }
  }

  static alpha(name) {
    return Number(name.split(".")[1].replace("_", "."));
  }

  build() {
    const chips = document.getElementById("causes-mixings");
    this.chips = this.mixings.map((name) => {
      const chip = element("button", { type: "button", class: "chip", parent: chips, text: name.split(".")[1] });
      chip.addEventListener("click", () => this.show(name));
      return { name, chip };
    });
    chips.hidden = !this.mixings.length;
    this.charts = placeCharts(document.getElementById("causes-charts"), this.charts);
  }

  /** The panels of a world. */
  show(name) {
    this.world = name;
    for (const { name: own, chip } of this.chips) chip.setAttribute("aria-pressed", String(own === name));
    const slider = document.getElementById("causes-alpha");
    const [said, place] = [document.getElementById("causes-alpha-value"), this.shapes.indexOf(name)];
    if (place >= 0) slider.value = place;
    said.textContent = place >= 0 ? `α = ${HiddenCauses.alpha(name)}` : "Gaussian";
    slider.setAttribute("aria-valuetext", said.textContent);
    const { seen, methods } = this.worlds[name];
    const parent = document.getElementById("causes-grids");
    parent.replaceChildren();
    this.panels = [
      this.panel(parent, { label: "latents", grids: this.latents }),
      this.panel(parent, { label: "as seen", grids: seen }),
      ...Object.values(methods).map((method) => this.panel(parent, method)),
    ];
    this.draw();
  }

  panel(parent, one) {
    const figure = element("figure", { parent });
    const caption = element("figcaption", { class: "panel-title", parent: figure });
    element("b", { text: one.label, parent: caption });
    if (one.r2) element("span", { text: `${written(one.r2[0], 3)} (${written(one.r2[1], 3)})`, parent: caption });
    const canvas = element("canvas", { width: PIXELS, height: PIXELS, parent: figure, role: "img", "aria-label": `Grid of latents: ${one.label}` });
    takeable(figure, `Grid of latents, ${this.world}, ${one.label}`, {
      png: () => pngOf(canvas),
      svg: () => svgOf(PIXELS, PIXELS, this.lines(one).map(({ path, colour }) => `<polyline points="${places(path)}" fill="none" stroke="${colour}"/>`).join("")),
      csv: () => csvOf(this.points(one).map(([first, second]) => ({ first, second }))),
    });
    return { one, context: canvas.getContext("2d") };
  }

  /** The points of a panel's grid at the present moment, row by row. */
  points({ grids }) {
    const size = this.side ** 2;
    const frames = grids.length / size / 2;
    const start = Math.min(this.frame, frames - 1) * size;
    return Array.from({ length: size }, (_, k) => [grids[start + k], grids[frames * size + start + k]].map((value) => value * this.step));
  }

  lines(one) {
    const pixels = this.points(one).map(([x, y]) => [(0.5 + x / EDGE / 2) * PIXELS, (0.5 - y / EDGE / 2) * PIXELS]);
    const along = Array.from({ length: this.side }, (_, k) => k);
    return along.filter((k) => k % BETWEEN === 0).flatMap((line) => [
      { colour: ALONG[0], path: along.map((k) => pixels[line * this.side + k]) },
      { colour: ALONG[1], path: along.map((k) => pixels[k * this.side + line]) },
    ]);
  }

  draw() {
    for (const { one, context } of this.panels) {
      context.clearRect(0, 0, PIXELS, PIXELS);
      for (const { path, colour } of this.lines(one)) {
        context.strokeStyle = colour;
        context.beginPath();
        path.forEach(([x, y]) => context.lineTo(x, y));
        context.stroke();
      }
    }
    const { steps } = Object.values(this.worlds[this.world].methods).at(-1) ?? { steps: [0] };
    const words = document.getElementById("causes-step-value");
    words.textContent = `step ${steps[Math.min(this.frame, steps.length - 1)]}`;
  }

  listen() {
    const [alpha, step, button] = ["causes-alpha", "causes-step", "causes-run"].map((id) => document.getElementById(id));
    alpha.max = Math.max(0, this.shapes.length - 1);
    alpha.value = Math.max(0, this.shapes.findIndex((name) => HiddenCauses.alpha(name) === 2));
    alpha.addEventListener("input", () => this.shapes.length && this.show(this.shapes[alpha.value]));
    alpha.closest(".slider").hidden = !this.shapes.length;
    step.max = this.frames - 1;
    const set = (frame) => {
      this.frame = frame;
      step.value = frame;
      this.draw();
    };
    step.addEventListener("input", () => set(Number(step.value)));
    player(button, 600, document.getElementById("causes-grids"), () => set((this.frame + 1) % this.frames));
    this.show(this.world);
    set(this.frame);
    link("world", () => this.world, (text) => this.names.includes(text) && this.show(text));
    link("grid", () => String(this.frame), (text) => set(wholeOf(text, this.frames - 1) ?? this.frame));
  }
}

sections.hidden_causes = async (data, maps, later, last) => {
  const causes = new HiddenCauses(data);
  await causes.load();
  causes.build();
  causes.listen();
  causes.charts.forEach((chart) => last(() => chart.build()));
  repainters.push(() => causes.charts.forEach((chart) => chart.repaint()));
  return causes;
};
