/** Trains the chosen objectives in turn, in a thread of its own, and sends what they have learned some times a second. */

const WIDTHS = [2, 32, 32, 16];
const PREDICTOR = [16, 32, 16];
const BATCH = 64; // points of each step
const SLICES = 16;
const RATE = 0.003;
const PAUSE = 120; // milliseconds between two messages
const PARTICLES = 150;
const LANGEVIN = 0.02; // step, in units of x^2
const LOSSES = { contrastive, jepa: paired, jepa_ema: paired, vicreg, barlow_twins: barlowTwins, lejepa };

/** A normal number (Box & Muller 1958). */
const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());

/** world: weights, means and covariances `[k][2][2]` of the mixture. Points `[n, 2]` of it. */
function drawn(world, n) {
  const points = new Float64Array(2 * n);
  for (let i = 0; i < n; i++) {
    let [k, left] = [0, Math.random()];
    while (k < world.weights.length - 1 && left > world.weights[k]) left -= world.weights[k++];
    const [[a, b], [, d]] = world.covariances[k];
    const [first, second] = [normal(), normal()];
    const root = Math.sqrt(a); // Cholesky's factor
    points[2 * i] = world.means[k][0] + root * first;
    points[2 * i + 1] = world.means[k][1] + (b / root) * first + Math.sqrt(d - (b * b) / a) * second;
  }
  return points;
}

/** The exact score of the mixture smoothed by N(0, sigma^2 I), at points `[n, 2]`. */
function exactScore(world, x, n, sigma) {
  const found = new Float64Array(2 * n);
  for (let i = 0; i < n; i++) {
    const parts = world.means.map(([m0, m1], k) => {
      const [[a0, b], [, d0]] = world.covariances[k];
      const [a, d] = [a0 + sigma ** 2, d0 + sigma ** 2];
      const determinant = a * d - b * b;
      const [p, q] = [x[2 * i] - m0, x[2 * i + 1] - m1];
      const pull = [-(d * p - b * q) / determinant, -(a * q - b * p) / determinant];
      return { log: Math.log(world.weights[k]) - Math.log(determinant) / 2 + (p * pull[0] + q * pull[1]) / 2, pull };
    });
    const most = Math.max(...parts.map(({ log }) => log));
    const total = parts.reduce((sum, { log }) => sum + Math.exp(log - most), 0);
    for (const { log, pull } of parts) for (const axis of [0, 1]) found[2 * i + axis] += (Math.exp(log - most) / total) * pull[axis];
  }
  return found;
}

/** Means and standard deviations of both coordinates. */
function moments(points) {
  const n = points.length / 2;
  const mean = [0, 1].map((axis) => points.reduce((sum, value, k) => sum + (k % 2 === axis ? value : 0), 0) / n);
  const scale = [0, 1].map((axis) => Math.sqrt(points.reduce((sum, value, k) => sum + (k % 2 === axis ? (value - mean[axis]) ** 2 : 0), 0) / (n - 1)));
  return { mean, scale };
}

/** A network that learns by one of the objectives from points drawn anew at each step. */
class Learner {
  constructor(name, world) {
    this.name = name;
    Object.assign(this, moments(drawn(world, 2000)));
    this.loss = null;
    if (name === "dsm") {
      this.energy = new Energy([32, 32], this.mean, this.scale, Math.random);
      this.adam = new Adam([this.energy.mlp], RATE);
      this.particles = Float64Array.from({ length: 2 * PARTICLES }, (_, k) => this.mean[k % 2] + 2 * this.scale[k % 2] * (2 * Math.random() - 1));
      return;
    }
    this.online = new Mlp(WIDTHS, Math.random);
    const trained = [this.online];
    if (name === "jepa_ema") {
      this.target = new Mlp(WIDTHS, Math.random);
      this.target.parameters.set(this.online.parameters);
      trained.push((this.predictor = new Mlp(PREDICTOR, Math.random)));
    }
    this.adam = new Adam(trained, RATE);
  }

  standardized(x) {
    return x.map((value, k) => (value - this.mean[k % 2]) / this.scale[k % 2]);
  }

  learn(world, settings) {
    const x = drawn(world, BATCH);
    if (this.name === "dsm") return this.learnScore(x, settings);
    const dim = WIDTHS.at(-1);
    const other = x.map((value) => value + settings.noise * normal());
    if (this.name === "jepa_ema") return this.predict(x, other, settings);
    const both = new Float64Array(2 * x.length);
    both.set(this.standardized(x));
    both.set(this.standardized(other), x.length);
    const z = this.online.forward(both, 2 * BATCH);
    const directions = this.name === "lejepa" ? Float64Array.from({ length: dim * SLICES }, normal) : null;
    const { loss, gradients } = LOSSES[this.name](z.subarray(0, BATCH * dim), z.subarray(BATCH * dim), BATCH, dim, { ...settings, directions });
    const slope = new Float64Array(z.length);
    slope.set(gradients[0]);
    slope.set(gradients[1], BATCH * dim);
    this.online.backward(slope, 2 * BATCH);
    this.adam.update();
    this.loss = loss;
  }

  predict(x, other, { averaging }) {
    const prediction = this.predictor.forward(this.online.forward(this.standardized(x), BATCH), BATCH);
    const wanted = this.target.forward(this.standardized(other), BATCH);
    const { loss, gradients } = paired(prediction, wanted, BATCH, WIDTHS.at(-1));
    this.online.backward(this.predictor.backward(gradients[0], BATCH), BATCH);
    this.adam.update();
    const [slow, fast] = [this.target.parameters, this.online.parameters];
    for (let k = 0; k < slow.length; k++) slow[k] = averaging * slow[k] + (1 - averaging) * fast[k];
    this.loss = loss;
  }

  /** Each point is moved both ways, as in mixture/methods/dsm.py. */
  learnScore(x, { sigma }) {
    const noise = new Float64Array(2 * x.length);
    for (let k = 0; k < x.length; k++) noise[k + x.length] = -(noise[k] = normal());
    const moved = noise.map((value, k) => x[k % x.length] + sigma * value);
    const { loss, gradients } = denoising(this.energy.slope(moved, 2 * BATCH), noise, 2 * BATCH, 2, { sigma });
    this.energy.backward(gradients[0], 2 * BATCH);
    this.adam.update();
    this.loss = loss;
  }

  /** What is drawn: unit embeddings of the grid, and of a score arrows and particles that follow it. */
  seen(world, { grid, arrows }, { sigma }) {
    const found = { name: this.name, step: this.adam.step, loss: this.loss };
    if (this.name === "dsm") {
      const slope = this.energy.slope(this.particles, PARTICLES);
      this.particles.forEach((value, k) => (this.particles[k] = value - LANGEVIN * slope[k] + Math.sqrt(2 * LANGEVIN) * normal()));
      const n = arrows.length / 2;
      const [learned, exact] = [this.energy.slope(arrows, n).map((value) => -value), exactScore(world, arrows, n, sigma)];
      const probe = drawn(world, 200);
      const [score, truth] = [this.energy.slope(probe, 200), exactScore(world, probe, 200, sigma)];
      const [wrong, all] = [0, 1].map((which) => truth.reduce((sum, value, k) => sum + (which ? value : value + score[k]) ** 2, 0));
      return { ...found, particles: Float32Array.from(this.particles), learned: Float32Array.from(learned), exact: Float32Array.from(exact), error: wrong / all };
    }
    const dim = WIDTHS.at(-1);
    const n = grid.length / 2;
    const unit = (network, x, count) => normalized(network.forward(this.standardized(x), count), count, dim).u;
    const spread = unit(this.online, drawn(world, 300), 300);
    const mean = Array.from({ length: dim }, (_, d) => spread.reduce((sum, value, k) => sum + (k % dim === d ? value / 300 : 0), 0));
    return {
      ...found,
      online: Float32Array.from(unit(this.online, grid, n)),
      target: this.target ? Float32Array.from(unit(this.target, grid, n)) : null,
      spread: 1 - mean.reduce((sum, value) => sum + value * value, 0),
    };
  }
}

const live = { learners: new Map(), running: false, timer: 0 };

/** Learn until it is time to send, then let messages in. */
function work() {
  const end = performance.now() + PAUSE;
  const learners = [...live.learners.values()];
  while (learners.length && performance.now() < end) for (const learner of learners) learner.learn(live.world, live.settings);
  self.postMessage(learners.map((learner) => learner.seen(live.world, live.places, live.settings)));
  live.timer = live.running ? setTimeout(work, 0) : 0;
}

/** Messages change any of: world, places, settings, names (of the objectives), running; `restart` forgets all that was learned. */
self.onmessage = ({ data: { restart, names, ...changed } }) => {
  Object.assign(live, changed);
  if (restart) live.learners.clear();
  names ??= [...live.learners.keys()];
  const kept = live.learners;
  live.learners = new Map(names.map((name) => [name, kept.get(name) ?? new Learner(name, live.world)]));
  if (live.running && !live.timer) live.timer = setTimeout(work, 0);
};
