/** Charts that follow the noise scale and the models of the section, drawn once somebody unfolds them. */

class More {
  constructor(tv, charts) {
    Object.assign(this, { tv, charts });
    this.drawn = foldCharts("more", charts, () => this.update());
  }

  get placed() {
    return this.drawn.charts;
  }

  update() {
    if (!this.placed) return;
    const { tv } = this;
    const chosen = { model: tv.shown.map((model) => model.name), scale: [tv.recipes[tv.names[0]].scales[tv.scale]] };
    this.charts.forEach(({ rows, follows }, k) => {
      this.placed[k].set({ rows: rows.filter((row) => follows.every((key) => chosen[key].includes(row[key]))) });
    });
  }
}
