/**
 * Starts the sections: at once what is in sight, the rest part by part when nothing else is to be done; but all of it at once
 * where an address wants something of the page, but for charts, whose room is there before them. `atlas` is for the browser's console, and for the tests.
 */

const data = JSON.parse(document.getElementById("data").textContent);
const atlas = { ready: false, whole: false };
window.atlas = atlas;
startTheme();
startClaims();
startTables();
startStory(data.story);

const waiting = []; // what can be done later, in this order
const charts = []; // what can be done after that

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
    const [later, last] = [waiting, charts].map((parts) => (part) => parts.push(() => attempt(name, part)));
    atlas[name] = await sections[name](data.sections[name], data.maps, later, last);
  });
}

async function startAll(parts, turn) {
  while (parts.length) {
    await turn();
    await parts.shift()();
  }
}

const inSight = (name) => document.getElementById(name).getBoundingClientRect().top < innerHeight;
const idle = () => new Promise((done) => (window.requestIdleCallback ? requestIdleCallback(done, { timeout: 1000 }) : setTimeout(done)));

const names = Object.keys(data.sections);
while (names.length && inSight(names[0])) await startSection(names.shift());
waiting.push(...names.map((name) => () => startSection(name)));
if (location.hash) await startAll(waiting, () => {});
const rest = startAll(waiting, idle);
await startAddress(rest);
atlas.ready = true;
root.dataset.ready = "true";
await rest;
await startAll(charts, idle);
atlas.whole = true;
root.dataset.whole = "true";
