/**
 * The objectives of src/jepatlas/objectives with their gradients, for one member: embeddings `[n, dim]` in Float64Arrays,
 * row by row. Each returns { loss, gradients }, the gradients with respect to z and z'. A test holds them against Python's.
 */

/** Rows divided by their length, and what takes gradients with respect to them back to the rows. */
function normalized(z, n, dim) {
  const u = new Float64Array(z.length);
  const length = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let square = 0;
    for (let d = 0; d < dim; d++) square += z[i * dim + d] ** 2;
    length[i] = Math.max(Math.sqrt(square), 1e-12);
    for (let d = 0; d < dim; d++) u[i * dim + d] = z[i * dim + d] / length[i];
  }
  const back = (gradient) => {
    const found = new Float64Array(z.length);
    for (let i = 0; i < n; i++) {
      let along = 0;
      for (let d = 0; d < dim; d++) along += gradient[i * dim + d] * u[i * dim + d];
      for (let d = 0; d < dim; d++) found[i * dim + d] = (gradient[i * dim + d] - along * u[i * dim + d]) / length[i];
    }
    return found;
  };
  return { u, back };
}

/** Columns less their mean. */
function centred(z, n, dim) {
  const found = Float64Array.from(z);
  for (let d = 0; d < dim; d++) {
    let mean = 0;
    for (let i = 0; i < n; i++) mean += z[i * dim + d] / n;
    for (let i = 0; i < n; i++) found[i * dim + d] -= mean;
  }
  return found;
}

/** a' b / by, `[dim, dim]`, for a and b `[n, dim]`. */
function products(a, b, n, dim, by) {
  const found = new Float64Array(dim * dim);
  for (let i = 0; i < n; i++) {
    for (let d = 0; d < dim; d++) for (let e = 0; e < dim; e++) found[d * dim + e] += (a[i * dim + d] * b[i * dim + e]) / by;
  }
  return found;
}

/** InfoNCE on cosine similarity (van den Oord et al. 2018, arXiv 1807.03748, eq. 4). */
function contrastive(z, other, n, dim, { temperature }) {
  const [a, b] = [normalized(z, n, dim), normalized(other, n, dim)];
  const [du, dv] = [new Float64Array(z.length), new Float64Array(z.length)];
  const similar = new Float64Array(n);
  let loss = 0;
  for (let i = 0; i < n; i++) {
    let most = -Infinity;
    for (let j = 0; j < n; j++) {
      let cosine = 0;
      for (let d = 0; d < dim; d++) cosine += a.u[i * dim + d] * b.u[j * dim + d];
      similar[j] = cosine / temperature;
      most = Math.max(most, similar[j]);
    }
    let total = 0;
    for (let j = 0; j < n; j++) total += Math.exp(similar[j] - most);
    loss += (most + Math.log(total) - similar[i]) / n;
    for (let j = 0; j < n; j++) {
      const slope = (Math.exp(similar[j] - most) / total - (i === j ? 1 : 0)) / (n * temperature);
      for (let d = 0; d < dim; d++) {
        du[i * dim + d] += slope * b.u[j * dim + d];
        dv[j * dim + d] += slope * a.u[i * dim + d];
      }
    }
  }
  return { loss, gradients: [a.back(du), b.back(dv)] };
}

/** mean_i |u_i - u'_i|^2 of unit vectors (BYOL: Grill et al. 2020, arXiv 2006.07733, eq. 2). */
function paired(z, other, n, dim) {
  const [a, b] = [normalized(z, n, dim), normalized(other, n, dim)];
  const du = a.u.map((value, k) => (2 * (value - b.u[k])) / n);
  const loss = a.u.reduce((sum, value, k) => sum + (value - b.u[k]) ** 2 / n, 0);
  return { loss, gradients: [a.back(du), b.back(du.map((value) => -value))] };
}

/** VICReg (Bardes et al. 2022, arXiv 2105.04906), the variance terms halved as in the released code. */
function vicreg(z, other, n, dim, { invariance, variance, covariance }) {
  let loss = 0;
  const gradients = [new Float64Array(z.length), new Float64Array(z.length)];
  for (let k = 0; k < z.length; k++) {
    const apart = z[k] - other[k];
    loss += (invariance * apart * apart) / z.length;
    gradients[0][k] = (2 * invariance * apart) / z.length;
    gradients[1][k] = -gradients[0][k];
  }
  [z, other].forEach((view, number) => {
    const centre = centred(view, n, dim);
    const spread = products(centre, centre, n, dim, n - 1);
    const pull = new Float64Array(dim * dim); // of the loss, by the covariances: gradient = centre pull
    for (let d = 0; d < dim; d++) {
      const std = Math.sqrt(spread[d * dim + d] + 1e-4);
      loss += ((variance / 2) * Math.max(0, 1 - std)) / dim;
      if (std < 1) pull[d * dim + d] = -variance / 2 / (dim * (n - 1) * std);
      for (let e = 0; e < dim; e++) {
        if (d === e) continue;
        loss += (covariance * spread[d * dim + e] ** 2) / dim;
        pull[d * dim + e] = (4 * covariance * spread[d * dim + e]) / (dim * (n - 1));
      }
    }
    for (let i = 0; i < n; i++) {
      for (let d = 0; d < dim; d++) for (let e = 0; e < dim; e++) gradients[number][i * dim + d] += centre[i * dim + e] * pull[e * dim + d];
    }
  });
  return { loss, gradients };
}

/** Barlow Twins (Zbontar et al. 2021, arXiv 2103.03230, eq. 1). */
function barlowTwins(z, other, n, dim, { redundancy }) {
  const views = [z, other].map((view) => {
    const u = centred(view, n, dim);
    const scale = new Float64Array(dim);
    for (let d = 0; d < dim; d++) {
      let square = 0;
      for (let i = 0; i < n; i++) square += u[i * dim + d] ** 2 / n;
      scale[d] = Math.sqrt(square + 1e-5);
      for (let i = 0; i < n; i++) u[i * dim + d] /= scale[d];
    }
    return { u, scale };
  });
  const correlation = products(views[0].u, views[1].u, n, dim, n);
  let loss = 0;
  const slope = correlation.map((value, k) => {
    const same = Math.floor(k / dim) === k % dim;
    loss += same ? (1 - value) ** 2 : redundancy * value * value;
    return same ? -2 * (1 - value) : 2 * redundancy * value;
  });
  const gradients = views.map(({ u, scale }, number) => {
    const theirs = views[1 - number].u;
    const du = new Float64Array(z.length);
    for (let i = 0; i < n; i++) {
      for (let d = 0; d < dim; d++) {
        for (let e = 0; e < dim; e++) du[i * dim + d] += (theirs[i * dim + e] * slope[number ? e * dim + d : d * dim + e]) / n;
      }
    }
    for (let d = 0; d < dim; d++) {
      let along = 0;
      for (let i = 0; i < n; i++) along += (du[i * dim + d] * u[i * dim + d]) / n;
      for (let i = 0; i < n; i++) du[i * dim + d] = (du[i * dim + d] - along * u[i * dim + d]) / scale[d];
    }
    return centred(du, n, dim);
  });
  return { loss, gradients };
}

const KNOTS = 17; // on [0, RANGE], as in the released code
const RANGE = 3;

/** Epps-Pulley statistic of n samples, and its gradient with respect to them. */
function eppsPulley(samples, n) {
  let value = 0;
  const gradient = new Float64Array(n);
  for (let knot = 1; knot < KNOTS; knot++) {
    const t = (RANGE * knot) / (KNOTS - 1);
    const normal = Math.exp((-t * t) / 2);
    const weight = ((2 * RANGE) / (KNOTS - 1)) * (knot === KNOTS - 1 ? 0.5 : 1) * normal;
    let [real, imaginary] = [-normal, 0];
    for (let i = 0; i < n; i++) {
      real += Math.cos(t * samples[i]) / n;
      imaginary += Math.sin(t * samples[i]) / n;
    }
    value += n * weight * (real * real + imaginary * imaginary);
    for (let i = 0; i < n; i++) gradient[i] += 2 * weight * t * (imaginary * Math.cos(t * samples[i]) - real * Math.sin(t * samples[i]));
  }
  return { value, gradient };
}

/** LeJEPA (Balestriero & LeCun 2025, arXiv 2511.08544); directions: `[dim, slices]`, of any length but zero. */
function lejepa(z, other, n, dim, { tradeOff, directions }) {
  const slices = directions.length / dim;
  let loss = 0;
  const gradients = [new Float64Array(z.length), new Float64Array(z.length)];
  for (let k = 0; k < z.length; k++) {
    const apart = z[k] - other[k];
    loss += ((1 - tradeOff) * apart * apart) / (4 * z.length);
    gradients[0][k] = ((1 - tradeOff) * apart) / (2 * z.length);
    gradients[1][k] = -gradients[0][k];
  }
  for (let slice = 0; slice < slices; slice++) {
    let length = 0;
    for (let d = 0; d < dim; d++) length += directions[d * slices + slice] ** 2;
    const along = Float64Array.from({ length: dim }, (_, d) => directions[d * slices + slice] / Math.sqrt(length));
    [z, other].forEach((view, number) => {
      const samples = new Float64Array(n);
      for (let i = 0; i < n; i++) for (let d = 0; d < dim; d++) samples[i] += view[i * dim + d] * along[d];
      const { value, gradient } = eppsPulley(samples, n);
      loss += (tradeOff * value) / (2 * slices);
      for (let i = 0; i < n; i++) for (let d = 0; d < dim; d++) gradients[number][i * dim + d] += (tradeOff * gradient[i] * along[d]) / (2 * slices);
    });
  }
  return { loss, gradients };
}

/** Denoising score matching (Vincent 2011), weighted by sigma^2; gradient with respect to dE/dx, minus the score. */
function denoising(slope, noise, n, dim, { sigma }) {
  let loss = 0;
  const gradient = slope.map((value, k) => {
    const rest = noise[k] - sigma * value;
    loss += (rest * rest) / n;
    return (-2 * sigma * rest) / n;
  });
  return { loss, gradients: [gradient] };
}
