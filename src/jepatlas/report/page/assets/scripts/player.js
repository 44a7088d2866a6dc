/** A button that calls `tick` again and again, each time `pause` milliseconds later, until pressed again. */
function player(button, pause, tick) {
  let timer = 0;
  const next = async () => {
    await tick();
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
