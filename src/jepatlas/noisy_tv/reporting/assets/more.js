/** Charts that follow the noise scale and the models of the section, drawn once somebody unfolds them. */

class More {
  constructor(tv, charts) {
    Object.assign(this, { tv, charts, placed: null });
    const details = document.getElementById("more");
    details.addEventListener("toggle", () => details.open && this.start());
  }

  async start() {
    if (this.placed) return;
    this.placed = placeCharts(document.getElementById("more-charts"), this.charts);
    this.update();
    for (const chart of this.placed) await chart.build();
    repainters.push(() => this.placed.forEach((chart) => chart.build()));
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
