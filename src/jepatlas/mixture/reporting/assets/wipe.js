/** Two landscapes in one frame, with an edge to move: two objectives, or what was learned and what is exactly best. */

class Wipe {
  constructor(landscapes, tables) {
    const { plane } = landscapes;
    Object.assign(this, { landscapes, plane, tables, share: 0.5 });
    this.canvas = document.getElementById("wipe");
    this.context = this.canvas.getContext("2d");
    this.canvas.width = 720;
    this.canvas.height = Math.round(720 * plane.ratio);
    takeable(this.canvas.parentElement, "Two landscapes", { png: () => pngOf(this.canvas), svg: () => this.svg(), csv: () => this.csv() });
  }

  /** What can be laid on either side: `{key, label, kind, energies: () => above the lowest of the scale}`. */
  async load() {
    this.layers = [];
    for (const one of this.landscapes.landscapes) {
      const { name, label, kind, optimum } = one.method;
      this.layers.push({ key: name, label, kind, energies: () => (one.measure(this.plane.index(this.landscapes.reference)), one.energies) });
      if (!optimum) continue;
      const fields = await unpackFields(optimum.fields, this.plane.side);
      fields.forEach((value, i) => (fields[i] = value / optimum.units));
      this.layers.push({ key: `${name}-exact`, label: `${label}, exactly: ${optimum.title}`, kind, energies: () => this.seenFromMean(fields) });
    }
    this.pictures = this.layers.map(({ kind }) => new Picture(this.plane, this.tables[SCALES[kind].map]));
  }

  /** The field of the mean next to the star; optima are known from there. */
  seenFromMean(fields) {
    const { size } = this.plane;
    const distances = this.landscapes.world.means.map(([x, y]) => {
      const [left, up] = this.plane.point(this.landscapes.reference);
      return Math.hypot(left - x, up - y);
    });
    const nearest = fields.length === size ? 0 : distances.indexOf(Math.min(...distances));
    return fields.subarray(nearest * size, (nearest + 1) * size);
  }

  draw() {
    if (!this.sides) return;
    const { canvas, context, plane } = this;
    const edge = this.share * canvas.width;
    const drawn = this.sides.map((k) => {
      const { kind, energies } = this.layers[k];
      const { low, high } = SCALES[kind];
      this.pictures[k].colour(energies(), [0, high - low]);
      return this.pictures[k];
    });
    drawn.forEach((picture, side) => {
      context.save();
      context.beginPath();
      context.rect(side ? edge : 0, 0, side ? canvas.width - edge : edge, canvas.height);
      context.clip();
      picture.draw(context, canvas.width);
      context.restore();
    });
    context.fillStyle = "#ffffff";
    context.fillRect(edge - 1.5, 0, 3, canvas.height);
    drawStar(context, plane.pixel(plane.point(this.landscapes.reference), canvas.width));
  }

  svg() {
    const { width, height } = this.canvas;
    const edge = this.share * width;
    const sides = [[0, edge], [edge, width - edge]].map(([left, wide], side) => {
      const clip = `<clipPath id="side-${side}"><rect x="${left}" width="${wide}" height="${height}"/></clipPath>`;
      return `${clip}<g clip-path="url(#side-${side})">${this.pictures[this.sides[side]].svg(width)}</g>`;
    });
    const line = `<rect x="${edge - 1.5}" width="3" height="${height}" fill="#ffffff"/>`;
    return svgOf(width, height, sides.join("") + line + starSvg(this.plane.pixel(this.plane.point(this.landscapes.reference), width)));
  }

  csv() {
    const [left, right] = this.sides.map((k) => Float32Array.from(this.layers[k].energies()));
    return csvOf(Array.from(left, (energy, i) => {
      const [x, y] = this.plane.point([i % this.plane.side, Math.floor(i / this.plane.side)]);
      return { x, y, left: energy, right: right[i] };
    }));
  }

  listen() {
    const slider = document.getElementById("wipe-share");
    const choices = ["wipe-left", "wipe-right"].map((id) => document.getElementById(id));
    const keys = this.layers.map(({ key }) => key);
    for (const choice of choices) this.layers.forEach(({ key, label }) => element("option", { value: key, text: label, parent: choice }));
    const set = () => {
      this.sides = choices.map((choice) => choice.selectedIndex);
      this.share = Number(slider.value) / 100;
      this.draw();
    };
    const exact = keys.findIndex((key) => key.endsWith("-exact"));
    choices[0].selectedIndex = Math.max(0, exact - 1); // learned and, where it is known, exact
    choices[1].selectedIndex = exact < 0 ? keys.length - 1 : exact;
    for (const control of [slider, ...choices]) control.addEventListener("input", set);
    choices.forEach((choice, side) => link(["left", "right"][side], () => choice.value, (text) => {
      if (keys.includes(text)) choice.value = text;
      set();
    }));
    link("wipe", () => slider.value, (text) => {
      slider.value = wholeOf(text, 100) ?? slider.value;
      set();
    });
    set();
  }
}

async function startWipe(landscapes, tables) {
  const wipe = new Wipe(landscapes, tables);
  await wipe.load();
  wipe.listen();
  landscapes.afterDraw.push(() => wipe.draw());
  return wipe;
}
