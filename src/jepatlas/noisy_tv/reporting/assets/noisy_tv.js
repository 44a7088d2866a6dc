/** The noisy TV: one slider for the noise, one for the time, and a button per model. */

const TRAIL = 24; // steps behind the moving point
const SIGNAL = 2; // components of the signal that the page has

class NoisyTv {
  constructor(data) {
    Object.assign(this, data);
    this.models.forEach((model) => (model.dashes = model.name === "kalman" ? "dotted" : model.dashed ? "dashed" : ""));
    this.names = Object.keys(this.recipes);
    this.steps = Math.min(...this.names.map((name) => this.recipes[name].steps));
    this.time = Math.min(TRAIL, this.steps - 1);
  }

  /** Unpack the series: numbers `[scales, steps, SIGNAL]` by recipe and model. */
  async load() {
    for (const recipe of Object.values(this.recipes)) {
      recipe.paths = {};
      for (const [name, { step, values }] of Object.entries(recipe.series)) {
        recipe.paths[name] = Float32Array.from(await unpackNumbers(values, Int16Array), (value) => value * step);
      }
      recipe.reach = 1.15 * recipe.paths.true.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    }
  }

  get shown() {
    return this.models.filter((model) => model.shown);
  }

  /** A component of a series at one step. */
  at(recipe, name, step, component) {
    return recipe.paths[name][(this.scale * recipe.steps + step) * SIGNAL + component];
  }

  build() {
    const parent = document.getElementById("recipes");
    for (const name of this.names) {
      const recipe = this.recipes[name];
      const box = element("div", { parent });
      element("h3", { text: recipe.title, parent: box });
      recipe.note = element("p", { class: "hint", parent: box });
      recipe.scores = new Chart(box, this.charts.scores, `R² against the noise scale, ${recipe.title}`);
      recipe.over = new Chart(box, this.charts.series, `Signal and predictions over time, ${recipe.title}`);
      recipe.phases = element("div", { class: "phases", parent: box });
    }
    const chips = document.getElementById("models");
    for (const model of this.models) this.addChip(model, chips);
  }

  addChip(model, parent) {
    const chip = element("button", { type: "button", class: "chip", parent, "aria-pressed": String(model.shown), "data-model": model.name });
    const swatch = element("span", { class: `swatch ${model.dashes}`, parent: chip });
    swatch.style.borderColor = model.colour ?? "var(--ink)";
    chip.append(model.label);
    model.show = (shown) => chip.setAttribute("aria-pressed", String((model.shown = shown)));
    chip.addEventListener("click", () => {
      model.show(!model.shown);
      this.update();
    });
  }

  /** All charts, after a change of the scale or of the models. */
  update() {
    const shown = new Map(this.shown.map((model) => [model.name, model.label]));
    for (const name of this.names) {
      const recipe = this.recipes[name];
      const scores = this.scores
        .filter((row) => row.recipe === name && shown.has(row.model))
        .map((row) => ({ ...row, label: shown.get(row.model) }));
      recipe.scores.set({ scores, here: [{ scale: recipe.scales[this.scale] }] });
      recipe.over.set({ series: this.series(recipe, ["true", ...shown.keys()]) });
      recipe.note.textContent = this.atTheLimit(name, recipe.scales[this.scale]);
      this.addPhases(name, recipe);
    }
    this.drawPhases();
    this.beside?.update();
  }

  /** In words, which lines lie on that of the limit: they cannot be told apart by eye. */
  atTheLimit(recipe, scale) {
    const score = (name) => this.scores.find((row) => row.recipe === recipe && row.scale === scale && row.model === name)?.mean;
    const limit = score("kalman");
    const close = this.shown.filter(({ name }) => name !== "kalman" && score(name) > limit - 0.01);
    const names = close.map((model) => model.label).join(", ") || "none of the models shown";
    return `Within 0.01 of the filter's R² of ${written(limit, 2)} at σ = ${scale}: ${names}.`;
  }

  series(recipe, names) {
    const limit = 1.3 * recipe.reach; // what diverges leaves the frame
    return names.flatMap((model) =>
      Array.from({ length: recipe.steps }, (_, step) => {
        const value = this.at(recipe, model, step, 0);
        return { model, step: step + 1, value: Math.max(-limit, Math.min(limit, value)) };
      }),
    );
  }

  /** A canvas per model, with its R² at the present noise scale. */
  addPhases(name, recipe) {
    recipe.phases.replaceChildren();
    recipe.panels = this.shown.map((model) => {
      const figure = element("figure", { parent: recipe.phases });
      const canvas = element("canvas", { width: 220, height: 220, parent: figure, role: "img" });
      canvas.setAttribute("aria-label", `Phase plane of ${model.label}, ${recipe.title}`);
      const scale = recipe.scales[this.scale];
      const row = this.scores.find((row) => row.recipe === name && row.model === model.name && row.scale === scale);
      const caption = element("figcaption", { parent: figure, text: model.name === "kalman" ? "Kalman filter" : model.label });
      if (row) element("div", { text: `R² ${written(row.mean, 2)}`, parent: caption, class: "r2" });
      takeable(figure, `Phase plane of ${model.label}, ${recipe.title}`, {
        png: () => pngOf(canvas),
        svg: () => this.phaseSvg(recipe, model),
        csv: () => this.phaseCsv(recipe, model),
      });
      return { model, context: canvas.getContext("2d") };
    });
  }

  /** The whole paths, which the moving picture has the last steps of. */
  phaseSvg(recipe, model) {
    const line = (name, colour) => {
      const path = Array.from({ length: recipe.steps }, (_, step) => [0, 1].map((axis) => 110 + ((axis ? -110 : 110) * this.at(recipe, name, step, axis)) / recipe.reach));
      return `<polyline points="${places(path)}" fill="none" stroke="${colour}" stroke-width="1.5"/>`;
    };
    return svgOf(220, 220, line("true", "#1f2430") + line(model.name, model.colour ?? "#586172"));
  }

  phaseCsv(recipe, model) {
    return csvOf(Array.from({ length: recipe.steps }, (_, step) => {
      const [s0, s1, predicted0, predicted1] = ["true", model.name].flatMap((name) => [0, 1].map((axis) => this.at(recipe, name, step, axis)));
      return { step: step + 1, s0, s1, predicted0, predicted1 };
    }));
  }

  drawPhases() {
    const ink = themeColour("ink");
    for (const recipe of Object.values(this.recipes)) {
      for (const { model, context } of recipe.panels) {
        context.clearRect(0, 0, 220, 220);
        this.drawTrail(context, recipe, "true", ink, 2.5);
        this.drawTrail(context, recipe, model.name, model.colour ?? ink, 2.5);
      }
    }
  }

  /** The path up to the present time, fading towards its past; between steps, a straight line. */
  drawTrail(context, recipe, name, colour, width) {
    const where = (time) => {
      const step = Math.min(recipe.steps - 1, Math.floor(time));
      const next = Math.min(recipe.steps - 1, step + 1);
      return [0, 1].map((axis) => {
        const [from, to] = [step, next].map((k) => this.at(recipe, name, k, axis));
        const value = (from + (time - step) * (to - from)) / recipe.reach;
        return 110 + (axis ? -1 : 1) * 110 * value;
      });
    };
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = width;
    context.lineCap = "round";
    for (let back = TRAIL; back > 0; back--) {
      const [from, to] = [this.time - back, this.time - back + 1];
      if (from < 0) continue;
      context.globalAlpha = 1 - back / (TRAIL + 1);
      context.beginPath();
      context.moveTo(...where(from));
      context.lineTo(...where(to));
      context.stroke();
    }
    context.globalAlpha = 1;
    context.beginPath();
    context.arc(...where(this.time), 5.5, 0, 2 * Math.PI);
    context.fill();
  }

  listen() {
    const [sigma, words] = ["sigma", "sigma-value"].map((id) => document.getElementById(id));
    const { scales } = this.recipes[this.names[0]];
    sigma.max = scales.length - 1;
    const set = () => {
      this.scale = Number(sigma.value);
      words.textContent = `σ = ${scales[this.scale]}`;
      sigma.setAttribute("aria-valuetext", words.textContent);
      this.update();
    };
    sigma.addEventListener("input", set);
    sigma.value = Math.round(0.8 * (scales.length - 1));
    set();
    link("sigma", () => String(scales[this.scale]), (text) => {
      sigma.value = Math.max(0, scales.indexOf(Number(text)));
      set();
    });
    const known = this.models.map((model) => model.name);
    link("models", () => listOf(this.shown.map((model) => model.name)), (text) => {
      const wanted = membersOf(text, known);
      if (!wanted.length) return;
      this.models.forEach((model) => model.show(wanted.includes(model.name)));
      this.update();
    });
    this.listenToTime();
  }

  listenToTime() {
    const [slider, words, button] = ["time", "time-value", "run"].map((id) => document.getElementById(id));
    const set = timeline(slider, words, "step", this.steps, (time) => {
      this.time = time;
      this.drawPhases();
    });
    this.first = String(this.time);
    let untouched = true; // it starts when it is first seen, and then does what it is told
    const stage = document.getElementById("recipes");
    const toggle = player(button, 33, stage, () => set((this.time + 0.4) % (this.steps - 1)));
    set(this.time);
    link("time", () => (button.getAttribute("aria-pressed") === "true" ? this.first : slider.value), (text) => {
      if (button.getAttribute("aria-pressed") === "true") toggle(); // a link to a moment shows that moment
      untouched = false;
      set(wholeOf(text, this.steps - 1) ?? this.time);
    });
    const moves = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    untouched &&= moves;
    watchSight(stage, (seen) => {
      if (seen && untouched) toggle();
      untouched &&= !seen;
    });
    button.addEventListener("click", () => (untouched = false));
  }
}

sections.noisy_tv = async (data, maps, later, last) => {
  const tv = new NoisyTv(data);
  await tv.load();
  tv.build();
  tv.listen();
  tv.beside = new More(tv, data.more);
  const charts = Object.values(tv.recipes).flatMap(({ scores, over }) => [scores, over]);
  charts.forEach((chart) => last(() => chart.build()));
  repainters.push(() => {
    charts.forEach((chart) => chart.repaint());
    tv.drawPhases();
  });
  return tv;
};
