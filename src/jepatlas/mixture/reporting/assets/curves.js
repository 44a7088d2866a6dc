/** Loss and spread of every member through training, with a line at the moment that is shown. */

const FRAME_OF_CURVES = { width: 220, height: 70, edge: 3 };
const KINDS_OF_CURVES = { loss: "loss", spread: "spread of the embedding" };

class Curves {
  constructor(methods, collapsed) {
    Object.assign(this, { collapsed });
    const parent = document.getElementById("curves");
    this.panels = methods.map((method) => this.panel(method, parent));
  }

  panel(method, parent) {
    const figure = element("figure", { parent, "data-curves": method.name });
    element("figcaption", { class: "panel-title", parent: figure }).append(element("b", { text: method.label }));
    const plots = Object.entries(method.curves).map(([kind, curve]) => {
      const { width, height } = FRAME_OF_CURVES;
      const label = `${KINDS_OF_CURVES[kind]}, ${method.label}`;
      const canvas = element("canvas", { width: 2 * width, height: 2 * height, parent: figure, role: "img", "aria-label": label });
      const extent = element("div", { class: "panel-numbers", parent: figure });
      const plot = { curve, canvas, context: canvas.getContext("2d"), ...this.scaled(kind, curve) };
      [KINDS_OF_CURVES[kind], `${short(plot.low)} to ${short(plot.high)}`].forEach((text) => element("span", { text, parent: extent }));
      takeable(figure, label, { png: () => pngOf(canvas), svg: () => this.svg(plot), csv: () => this.csv(plot) });
      return plot;
    });
    return { method, plots };
  }

  /** Where a step and a value lie; a spread is between 0 and 1, a loss where it was. */
  scaled(kind, { steps, members }) {
    const { width, height, edge } = FRAME_OF_CURVES;
    const all = members.flat().filter(Number.isFinite);
    const [low, high] = kind === "spread" ? [0, 1] : [Math.min(...all), Math.max(...all)];
    const last = Math.log1p(steps.at(-1)) || 1;
    const x = (step) => edge + (Math.log1p(step) / last) * (width - 2 * edge);
    const y = (value) => height - edge - ((value - low) / (high - low || 1)) * (height - 2 * edge);
    return { low, high, x, y, limit: kind === "spread" ? y(this.collapsed) : null };
  }

  lines({ curve, x, y }) {
    return curve.members.map((member) => member.map((value, k) => [x(curve.steps[k]), y(value)]));
  }

  /** k: number of the kept state. */
  draw(k) {
    const [ink, faint, line] = ["accent", "faint", "line"].map(themeColour);
    for (const { method, plots } of this.panels) {
      const { at } = method.states[Math.min(k, method.states.length - 1)];
      for (const plot of plots) {
        const { context, canvas } = plot;
        const { height, width } = FRAME_OF_CURVES;
        context.setTransform(2, 0, 0, 2, 0, 0);
        context.clearRect(0, 0, canvas.width, canvas.height);
        if (plot.limit !== null) stroke(context, [[0, plot.limit], [width, plot.limit]], line, 1);
        stroke(context, [[plot.x(at), 0], [plot.x(at), height]], faint, 1);
        for (const member of this.lines(plot)) stroke(context, member, ink, 0.9);
      }
    }
  }

  svg(plot) {
    const { width, height } = FRAME_OF_CURVES;
    return svgOf(width, height, this.lines(plot).map((line) => `<polyline points="${places(line)}" fill="none" stroke="#0072b2"/>`).join(""));
  }

  csv({ curve }) {
    return csvOf(curve.steps.flatMap((step, k) => curve.members.map((member, number) => ({ step, member: number, value: member[k] }))));
  }
}

const short = (value) => String(Number(value.toPrecision(2))).replace("-", "\u2212");

function stroke(context, path, colour, width) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.beginPath();
  path.forEach(([x, y]) => context.lineTo(x, y));
  context.stroke();
}

function startCurves(landscapes) {
  const curves = new Curves(landscapes.world.methods, landscapes.world.collapsed);
  const draw = () => curves.draw(landscapes.moment);
  landscapes.afterMoment.push(draw);
  repainters.push(draw);
  draw();
  return curves;
}
