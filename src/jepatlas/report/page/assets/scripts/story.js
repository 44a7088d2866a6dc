/** A story that moves the page: each step is a place, what is shown there, and what to see in it. */

function startStory(steps) {
  const [box, count, title, text, back, on, end, start] = ["story", "story-count", "story-title", "story-text", "story-back", "story-on", "story-end", "story-start"].map((id) => document.getElementById(id));
  let now = 0; // from 1; 0 before and after the story
  const say = (k) => {
    now = k;
    box.hidden = !k;
    if (!k) return;
    const step = steps[k - 1];
    count.textContent = `${k} of ${steps.length}`;
    title.textContent = step.title;
    text.textContent = step.text;
    back.disabled = k === 1;
    on.textContent = k === steps.length ? "done" : "on";
  };
  /** The theme stays as the reader has it, all else is as the step says. */
  const go = async (k) => {
    const { address } = steps[k - 1];
    await follow(`${address}&theme=${root.dataset.theme}&tour=${k}`, true);
  };
  start.addEventListener("click", async () => {
    await go(1);
    on.focus({ preventScroll: true });
  });
  back.addEventListener("click", () => go(now - 1));
  on.addEventListener("click", () => (now === steps.length ? leave() : go(now + 1)));
  end.addEventListener("click", () => leave());
  box.addEventListener("keydown", ({ key }) => key === "Escape" && leave());
  const leave = () => {
    say(0);
    start.focus({ preventScroll: true });
  };
  link("tour", () => String(now), (wanted) => say(wholeOf(wanted, steps.length) ?? 0));
}
