/** Small networks with their gradients, and Adam: as common/learning/ensemble.py and mixture/learning/networks.py, for one member. */

/** Affine maps of these widths with an activation between them; weights `[in, out]` and biases, in one array of parameters. */
class Mlp {
  constructor(widths, uniform) {
    this.layers = [];
    let size = 0;
    for (let k = 1; k < widths.length; k++) {
      const [inputs, outputs] = [widths[k - 1], widths[k]];
      this.layers.push({ inputs, outputs, weight: size, bias: size + inputs * outputs });
      size += (inputs + 1) * outputs;
    }
    this.parameters = new Float64Array(size);
    this.gradient = new Float64Array(size);
    for (const { inputs, weight, bias, outputs } of this.layers) {
      for (let k = weight; k < bias + outputs; k++) this.parameters[k] = (2 * uniform() - 1) / Math.sqrt(inputs);
    }
  }

  /** h `[n, in]` times the weights of a layer, plus its bias where wanted. */
  affine(h, n, { inputs, outputs, weight, bias }, biased) {
    const { parameters } = this;
    const found = new Float64Array(n * outputs);
    for (let i = 0; i < n; i++) {
      if (biased) for (let o = 0; o < outputs; o++) found[i * outputs + o] = parameters[bias + o];
      for (let d = 0; d < inputs; d++) {
        const value = h[i * inputs + d];
        if (value === 0) continue;
        for (let o = 0, at = weight + d * outputs; o < outputs; o++) found[i * outputs + o] += value * parameters[at + o];
      }
    }
    return found;
  }

  /** Add to the gradient of the weights what `slope` `[n, out]` of outputs asks for; the slope of the inputs `[n, in]`. */
  affineBack(h, slope, n, { inputs, outputs, weight, bias }, biased) {
    const { parameters, gradient } = this;
    const found = new Float64Array(n * inputs);
    for (let i = 0; i < n; i++) {
      if (biased) for (let o = 0; o < outputs; o++) gradient[bias + o] += slope[i * outputs + o];
      for (let d = 0; d < inputs; d++) {
        const value = h[i * inputs + d];
        let back = 0;
        for (let o = 0, at = weight + d * outputs; o < outputs; o++) {
          gradient[at + o] += value * slope[i * outputs + o];
          back += parameters[at + o] * slope[i * outputs + o];
        }
        found[i * inputs + d] = back;
      }
    }
    return found;
  }

  /** `[n, in] -> [n, out]` with ReLU; the inputs of all layers are kept for `backward`. */
  forward(x, n) {
    this.inputs = [];
    let h = x;
    this.layers.forEach((layer, k) => {
      if (k) h = h.map((value) => Math.max(0, value));
      this.inputs.push(h);
      h = this.affine(h, n, layer, true);
    });
    return h;
  }

  /** The slope of the inputs; the gradient of the parameters is added to. */
  backward(slope, n) {
    for (let k = this.layers.length - 1; k >= 0; k--) {
      const h = this.inputs[k];
      slope = this.affineBack(h, slope, n, this.layers[k], true);
      if (k) slope = slope.map((value, i) => (h[i] > 0 ? value : 0));
    }
    return slope;
  }
}

/** A scalar energy E(x) = |u|^2 / 2 + MLP(u) with tanh, u the standardised x of two coordinates. */
class Energy {
  constructor(hidden, mean, scale, uniform) {
    this.mlp = new Mlp([2, ...hidden, 1], uniform);
    Object.assign(this, { mean, scale });
  }

  /** dE/dx `[n, 2]`, carried forward through the layers with both derivatives of each unit. */
  slope(x, n) {
    const { mlp, mean, scale } = this;
    let h = x.map((value, k) => (value - mean[k % 2]) / scale[k % 2]);
    const u = h;
    let tangents = [0, 1].map((axis) => x.map((_, k) => (k % 2 === axis ? 1 / scale[axis] : 0)));
    this.kept = [];
    const last = mlp.layers.length - 1;
    for (let k = 0; k < last; k++) {
      const before = tangents.map((tangent) => mlp.affine(tangent, n, mlp.layers[k], false));
      const after = mlp.affine(h, n, mlp.layers[k], true).map(Math.tanh);
      this.kept.push({ h, tangents, before, after });
      tangents = before.map((tangent) => tangent.map((value, i) => (1 - after[i] ** 2) * value));
      h = after;
    }
    this.kept.push({ h, tangents });
    const found = tangents.map((tangent) => mlp.affine(tangent, n, mlp.layers[last], false));
    return x.map((_, k) => found[k % 2][k >> 1] + u[k] / scale[k % 2]);
  }

  /** Add to the gradient of the parameters, for slopes of a loss with respect to dE/dx. */
  backward(slope, n) {
    const { mlp } = this;
    const last = mlp.layers.length - 1;
    let dTangents = [0, 1].map((axis) => {
      const own = Float64Array.from({ length: n }, (_, i) => slope[2 * i + axis]);
      return mlp.affineBack(this.kept[last].tangents[axis], own, n, mlp.layers[last], false);
    });
    let dh = new Float64Array(this.kept[last].h.length);
    for (let k = last - 1; k >= 0; k--) {
      const { h, tangents, before, after } = this.kept[k];
      const dBefore = dTangents.map((d) => d.map((value, i) => (1 - after[i] ** 2) * value));
      const bent = dh.map((value, i) => value - 2 * after[i] * (dTangents[0][i] * before[0][i] + dTangents[1][i] * before[1][i]));
      dh = mlp.affineBack(h, bent.map((value, i) => (1 - after[i] ** 2) * value), n, mlp.layers[k], true);
      dTangents = dBefore.map((d, axis) => mlp.affineBack(tangents[axis], d, n, mlp.layers[k], false));
    }
  }
}

/** Adam (Kingma & Ba 2015, arXiv 1412.6980), with its usual constants. */
class Adam {
  constructor(networks, rate) {
    Object.assign(this, { networks, rate, step: 0 });
    this.moments = networks.map(({ parameters }) => [new Float64Array(parameters.length), new Float64Array(parameters.length)]);
  }

  update() {
    this.step++;
    const [first, second] = [1 - 0.9 ** this.step, 1 - 0.999 ** this.step];
    this.networks.forEach(({ parameters, gradient }, number) => {
      const [mean, square] = this.moments[number];
      for (let k = 0; k < parameters.length; k++) {
        mean[k] += 0.1 * (gradient[k] - mean[k]);
        square[k] += 0.001 * (gradient[k] ** 2 - square[k]);
        parameters[k] -= (this.rate * mean[k]) / first / (Math.sqrt(square[k] / second) + 1e-8);
        gradient[k] = 0;
      }
    });
  }
}
