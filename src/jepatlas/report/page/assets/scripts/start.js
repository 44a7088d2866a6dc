/**
 * Starts the sections: at once what is in sight, the rest part by part when nothing else is to be done; but all of it at once
 * where an address wants something of the page. `atlas` is for the browser's console, and for the tests.
 */

const data = JSON.parse(document.getElementById("data").textContent);
const atlas = { ready: false, whole: false };
window.atlas = atlas;
startTheme();
startClaims();
startTables();
startStory(data.story);

const waiting = []; // what can be done later, in this order

/** What is wrong with one section, or with a part of it, is no reason to lose the others. */
async function attempt(name, act) {
  try {
    await act();
  } catch (error) {
    console.error(error);
    const heading = document.getElementById(`${name}-title`);
    heading.after(element("p", { class: "alarm", role: "alert", text: `This section cannot be shown: ${error.message}` }));
  }
}

function startSection(name) {
  return attempt(name, async () => {
    if (!sections[name]) throw new Error("its script has not been read to the end");
    const later = (part) => waiting.push(() => attempt(name, part));
    atlas[name] = await sections[name](data.sections[name], data.maps, later);
  });
}

async function startWaiting(turn) {
  while (waiting.length) {
    await turn();
    await waiting.shift()();
  }
}

const inSight = (name) => document.getElementById(name).getBoundingClientRect().top < innerHeight;
const idle = () => new Promise((done) => (window.requestIdleCallback ? requestIdleCallback(done, { timeout: 1000 }) : setTimeout(done)));

const names = Object.keys(data.sections);
while (names.length && inSight(names[0])) await startSection(names.shift());
waiting.push(...names.map((name) => () => startSection(name)));
if (location.hash) await startWaiting(() => {});
const rest = startWaiting(idle);
await startAddress(rest);
atlas.ready = true;
root.dataset.ready = "true";
await rest;
atlas.whole = true;
root.dataset.whole = "true";
