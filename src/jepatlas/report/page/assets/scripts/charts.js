/** Vega-Lite charts that follow the theme; their data are set from here. */

class Chart {
  /** spec: made by Altair; its data sources have names and no values. */
  constructor(parent, spec, label) {
    this.box = element("div", { class: "chart", parent, role: "figure", "aria-label": label });
    this.spec = spec;
    this.rows = {};
  }

  async build() {
    const [ink, faint, line] = ["ink", "faint", "line"].map(themeColour);
    const config = {
      background: null,
      font: getComputedStyle(document.body).fontFamily,
      view: { stroke: null },
      axis: { labelColor: faint, titleColor: ink, domainColor: line, tickColor: line, gridColor: line, gridOpacity: 0.6, titleFontWeight: "normal", labelFontSize: 11, titleFontSize: 12 },
    };
    const { view } = await vegaEmbed(this.box, { ...this.spec, datasets: this.rows }, { actions: false, renderer: "svg", config, tooltip: { theme: root.dataset.theme } });
    this.view = view.signal("ink", ink);
    await this.view.runAsync();
  }

  /** Replace the rows of some of the data sources: `{name: rows}`. */
  set(rows) {
    Object.assign(this.rows, rows);
    if (!this.view) return;
    for (const [name, values] of Object.entries(rows)) this.view.data(name, values);
    this.view.runAsync();
  }
}
