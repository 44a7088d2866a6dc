/** The drawn part of the plane: its grid, and where its points lie on a canvas. */

class Plane {
  constructor({ side, x, y }) {
    Object.assign(this, { side, x, y, size: side * side });
    this.step = [(x[1] - x[0]) / (side - 1), (y[1] - y[0]) / (side - 1)];
    this.ratio = Math.min(2, Math.max(0.5, (y[1] - y[0]) / (x[1] - x[0]))); // height by width
  }

  /** The nearest column and row of the grid. */
  nearest([x, y]) {
    const within = (value) => Math.min(this.side - 1, Math.max(0, Math.round(value)));
    return [within((x - this.x[0]) / this.step[0]), within((y - this.y[0]) / this.step[1])];
  }

  index([column, row]) {
    return row * this.side + column;
  }

  point([column, row]) {
    return [this.x[0] + column * this.step[0], this.y[0] + row * this.step[1]];
  }

  /** Pixels of a canvas of this width, from the top left corner. */
  pixel([x, y], width) {
    const across = (x - this.x[0]) / (this.x[1] - this.x[0]);
    const up = (y - this.y[0]) / (this.y[1] - this.y[0]);
    return [across * width, (1 - up) * width * this.ratio];
  }

  /** The inverse of `pixel`. */
  at([left, top], width) {
    const across = left / width;
    const up = 1 - top / (width * this.ratio);
    return [this.x[0] + across * (this.x[1] - this.x[0]), this.y[0] + up * (this.y[1] - this.y[0])];
  }
}

/** A row of a table for each grid point, energies above the lowest of their scale. */
function landscapeRows(plane, { kind }, energies) {
  const low = kind === "score" ? "energy above its lowest" : "E + 1";
  return Array.from(energies, (energy, i) => {
    const [x, y] = plane.point([i % plane.side, Math.floor(i / plane.side)]);
    return { x: Number(x.toFixed(4)), y: Number(y.toFixed(4)), [low]: energy };
  });
}

/** A field over the plane in colours, a pixel for each of its grid points. */
class Picture {
  /** table: 256 colours */
  constructor(plane, table) {
    Object.assign(this, { plane, table });
    this.canvas = new OffscreenCanvas(plane.side, plane.side);
    this.context = this.canvas.getContext("2d");
    this.image = this.context.createImageData(plane.side, plane.side);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  colour(values, [low, high]) {
    const { pixels, table } = this;
    const { side } = this.plane;
    const factor = 255 / (high - low);
    for (let row = 0; row < side; row++) {
      const below = (side - 1 - row) * side; // pictures go from the top, the plane from below
      for (let column = 0; column < side; column++) {
        const level = (values[row * side + column] - low) * factor + 0.5;
        pixels[below + column] = table[level < 0 ? 0 : level > 255 ? 255 : level | 0];
      }
    }
    this.context.putImageData(this.image, 0, 0);
  }

  /** Over a canvas of this width, each pixel centred on its grid point. */
  draw(context, width) {
    const height = width * this.plane.ratio;
    const [across, down] = [width, height].map((length) => length / (this.plane.side - 1));
    context.drawImage(this.canvas, -across / 2, -down / 2, width + across, height + down);
  }

  /** The same for a picture of lines, a pixel for each grid point. */
  svg(width) {
    const { side, ratio } = this.plane;
    const small = element("canvas", { width: side, height: side });
    small.getContext("2d").drawImage(this.canvas, 0, 0);
    const [across, down] = [width, width * ratio].map((length) => length / (side - 1));
    return `<image href="${small.toDataURL("image/png")}" x="${-across / 2}" y="${-down / 2}" width="${width + across}" height="${width * ratio + down}" preserveAspectRatio="none"/>`;
  }
}

/** What does not change while the star moves: drawn once per size and choice, then only copied. */
class Overlay {
  constructor(ground, plane) {
    Object.assign(this, { ground, plane, width: 0 });
  }

  /** width: of the canvases, in pixels of the page; dense: pixels of the device in each of them. */
  resize(width, dense) {
    this.width = width;
    this.picture = new OffscreenCanvas(Math.round(width * dense), Math.round(width * this.plane.ratio * dense));
    this.context = this.picture.getContext("2d");
    this.context.scale(dense, dense);
    this.drawn = null;
    this.points = new Path2D();
    const radius = Math.max(1.1, width / 200);
    for (const point of this.ground.points) {
      const [left, top] = this.plane.pixel(point, width);
      this.points.moveTo(left + radius, top);
      this.points.arc(left, top, radius, 0, 2 * Math.PI);
    }
    this.contours = new Path2D();
    for (const line of this.ground.contours) {
      line.forEach((point, k) => this.contours[k ? "lineTo" : "moveTo"](...this.plane.pixel(point, width)));
    }
  }

  /** The picture for the present choice, as large as a canvas. */
  of({ points, density }) {
    const wanted = `${points} ${density}`;
    if (this.drawn !== wanted) {
      this.context.clearRect(0, 0, this.width, this.width * this.plane.ratio);
      this.draw(this.context, points, density);
      this.drawn = wanted;
    }
    return this.picture;
  }

  draw(context, points, density) {
    if (density) {
      for (const [colour, width] of [["#00000090", 2.6], ["#ffffff", 1.2]]) {
        context.strokeStyle = colour;
        context.lineWidth = width;
        context.stroke(this.contours);
      }
    }
    if (points) {
      context.fillStyle = "#ffffffd8";
      context.fill(this.points);
      context.strokeStyle = "#00000070";
      context.lineWidth = 0.5;
      context.stroke(this.points);
    }
  }
}

/** The path of a five-pointed star around the origin, as SVG has it. */
function starPath(radius) {
  const corners = Array.from({ length: 10 }, (_, k) => {
    const reach = k % 2 ? radius * 0.42 : radius;
    const angle = (k * Math.PI) / 5 - Math.PI / 2;
    return [reach * Math.cos(angle), reach * Math.sin(angle)];
  });
  return `M${places(corners)}Z`;
}
