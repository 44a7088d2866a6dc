/** The bytes of a `data:` address; the page may fetch nothing, these neither. */
function bytesOf(address) {
  const [head, text] = address.split(",");
  return new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], { type: head.slice(5).split(";")[0] });
}

/** Vega-Lite charts that follow the theme; their data are set from here. */

const AXIS = 54; // pixels that axes take below a chart

class Chart {
  /** spec: made by Altair; its data sources have names and no values. */
  constructor(parent, spec, label) {
    this.box = element("div", { class: "chart", parent, role: "figure", "aria-label": label });
    this.box.style.minHeight = `${spec.height + AXIS}px`; // so that hardly anything moves when it is drawn
    this.spec = spec;
    this.rows = {};
    takeable(parent, label, {
      png: async () => bytesOf(await this.view.toImageURL("png", 2)),
      svg: () => this.view.toSVG(),
      csv: () => csvOf(Object.values(this.rows)[0]),
    });
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

  /** After a change of colours; what has not been drawn yet will have them. */
  repaint() {
    return this.view && this.build();
  }

  /** Replace the rows of some of the data sources: `{name: rows}`. */
  set(rows) {
    Object.assign(this.rows, rows);
    if (!this.view) return;
    for (const [name, values] of Object.entries(rows)) this.view.data(name, values);
    this.view.runAsync();
  }
}

/** Charts in the element `ID-charts` of the folded one `ID`, drawn once somebody unfolds it, after `prepare`; without charts it is not there. */
function foldCharts(id, charts, prepare = () => {}) {
  const [details, parent] = [id, `${id}-charts`].map((one) => document.getElementById(one));
  details.hidden = !charts.length;
  const drawn = { charts: null };
  const draw = async () => {
    for (const chart of drawn.charts) await chart.build();
  };
  details.addEventListener("toggle", () => {
    if (!details.open || drawn.charts) return;
    drawn.charts = placeCharts(parent, charts);
    prepare();
    repainters.push(draw);
    draw();
  });
  return drawn;
}

/** Charts `{title, spec, rows}` below each other's headings, to be built when they are to be seen. */
function placeCharts(parent, charts) {
  return charts.map(({ title, spec, rows }) => {
    const box = element("div", { parent });
    element("h3", { text: title, parent: box });
    const chart = new Chart(box, spec, title);
    chart.set({ rows });
    return chart;
  });
}
