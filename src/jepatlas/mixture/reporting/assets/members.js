/** The landscapes of all networks of each objective at the end of training, side by side. */

const TILES = { across: 4, width: 96, gap: 4 };

class Members {
  constructor(method, world, tables, parent) {
    const { side, star } = method.members;
    const scale = SCALES[method.kind];
    this.plane = new Plane({ ...world, side });
    Object.assign(this, { method, star, extent: [0, scale.high - scale.low] });
    this.picture = new Picture(this.plane, tables[scale.map]);
    const figure = element("figure", { parent, "data-members": method.name });
    element("figcaption", { class: "panel-title", parent: figure }).append(element("b", { text: method.label }));
    this.label = `Landscapes of all members of ${method.label}`;
    this.canvas = element("canvas", { parent: figure, role: "img", "aria-label": this.label });
    const offers = { png: () => pngOf(this.canvas), svg: () => this.svg(), csv: () => this.csv() };
    for (const [kind, offer] of Object.entries(offers)) offers[kind] = async () => (await this.show(), offer());
    takeable(figure, this.label, offers);
  }

  /** Unpacked and drawn at the first call. */
  show() {
    return (this.shown ??= this.load().then(() => this.draw()));
  }

  /** The energies, above the lowest of their scale: member by member, over the grid. */
  async load() {
    const { fields, step } = this.method.members;
    const { side, size } = this.plane;
    const values = (await unpackFields(fields, side)).map((value) => value * step);
    this.energies = Array.from({ length: values.length / size }, (_, k) => values.subarray(k * size, (k + 1) * size));
  }

  get tile() {
    return [TILES.width, TILES.width * this.plane.ratio];
  }

  /** Width and height of all tiles, and the top left corner of the k-th. */
  get frame() {
    const [width, height] = this.tile;
    const rows = Math.ceil(this.energies.length / TILES.across);
    const columns = Math.min(TILES.across, this.energies.length);
    return [columns * (width + TILES.gap) - TILES.gap, rows * (height + TILES.gap) - TILES.gap];
  }

  corner(k) {
    const [width, height] = this.tile;
    return [(k % TILES.across) * (width + TILES.gap), Math.floor(k / TILES.across) * (height + TILES.gap)];
  }

  draw() {
    const context = this.canvas.getContext("2d");
    const [width, height] = this.tile;
    [this.canvas.width, this.canvas.height] = this.frame.map((length) => 2 * length);
    context.scale(2, 2);
    this.energies.forEach((energies, k) => {
      this.picture.colour(energies, this.extent);
      context.save();
      context.translate(...this.corner(k));
      context.beginPath();
      context.rect(0, 0, width, height);
      context.clip();
      this.picture.draw(context, width);
      if (this.star) drawStar(context, this.plane.pixel(this.star, width));
      context.restore();
    });
  }

  svg() {
    const [width, height] = this.tile;
    const star = this.star ? starSvg(this.plane.pixel(this.star, width)) : "";
    const tiles = this.energies.map((energies, k) => {
      this.picture.colour(energies, this.extent);
      const [x, y] = this.corner(k);
      return `<svg x="${x}" y="${y}" width="${width}" height="${height}">${this.picture.svg(width)}${star}</svg>`;
    });
    return svgOf(...this.frame, tiles.join(""));
  }

  csv() {
    const { plane, method } = this;
    const rounded = (energies) => Array.from(energies, (energy) => Number(energy.toFixed(3)));
    return csvOf(this.energies.flatMap((energies, member) => landscapeRows(plane, method, rounded(energies)).map((row) => ({ member, ...row }))));
  }
}

/** To be shown once somebody unfolds them. */
function startMembers(world, tables) {
  const parent = document.getElementById("members-maps");
  const all = world.methods.map((method) => new Members(method, world, tables, parent));
  document.getElementById("members").addEventListener("toggle", () => all.forEach((one) => one.show()));
  return all;
}
