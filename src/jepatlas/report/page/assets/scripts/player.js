/** Call `found(seen)` whenever `element` comes into sight or leaves it. A slow browser tells of several moves at once. */
const watchSight = (element, found) => new IntersectionObserver((moves) => found(moves.at(-1).isIntersecting)).observe(element);

/**
 * A button that calls `tick` again and again, each time `pause` milliseconds later, until pressed again; while `stage`,
 * which moves, is out of sight, it waits.
 */
function player(button, pause, stage, tick) {
  let timer = 0;
  let seen = true;
  watchSight(stage, (shown) => (seen = shown));
  const next = async () => {
    if (seen) await tick();
    if (timer) timer = setTimeout(next, pause);
  };
  const toggle = () => {
    clearTimeout(timer);
    timer = timer ? 0 : setTimeout(next, 0);
    button.setAttribute("aria-pressed", String(Boolean(timer)));
    button.textContent = timer ? "❚❚" : "▶";
  };
  button.addEventListener("click", toggle);
  return toggle;
}

/**
 * A slider over `count` moments, beside which `words` say which of them it is. Returns what sets it to a time, which may lie
 * between two moments; `show` is told of each.
 */
function timeline(slider, words, moment, count, show) {
  slider.max = count - 1;
  const set = (time) => {
    slider.value = Math.floor(time);
    words.textContent = `${moment} ${Math.floor(time) + 1} of ${count}`;
    show(time);
  };
  slider.addEventListener("input", () => set(Number(slider.value)));
  return set;
}
