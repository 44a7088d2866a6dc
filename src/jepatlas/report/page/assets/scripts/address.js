/**
 * What can be moved on the page stands in its address, `#SECTION?star=0,0&sigma=4`, but for what is as it was at first.
 * It is in the fragment, which is never sent anywhere and may be changed in a file opened from disk too.
 */

const linked = new Map(); // key: how to read it as text, how to set it from text, what it was at first
const WAIT = 300; // milliseconds after the last event: a playing slider does not fill the browser's history

/** read: () => text; set: (text) => anything, for any text at all: an address may be mistyped. */
function link(key, read, set) {
  linked.set(key, { read, set, initial: read() });
}

/** A list of words that stand for members of `known`, and what it was from such a text. */
const listOf = (words) => words.join(".");
const membersOf = (text, known) => text.split(".").filter((word) => known.includes(word));

/** Two finite numbers, or null. */
function pairOf(text) {
  const numbers = text.split(",").map(Number);
  return numbers.length === 2 && numbers.every(Number.isFinite) ? numbers : null;
}

/** The whole number from 0 to `last`, or null. */
function wholeOf(text, last) {
  const number = Number(text);
  return text !== "" && Number.isInteger(number) && number >= 0 && number <= last ? number : null;
}

const partsOf = (fragment) => {
  const [place, query] = fragment.replace(/^#/, "").split("?");
  return { place: decodeURIComponent(place), wanted: query === undefined ? null : new URLSearchParams(query) };
};

/** The address of what is seen now. */
function addressNow() {
  const wanted = new URLSearchParams();
  for (const [key, { read, initial }] of linked) if (read() !== initial) wanted.set(key, read());
  const query = wanted.toString().replaceAll("%2C", ",");
  const place = placeNow();
  return place || query ? `#${encodeURIComponent(place)}${query && `?${query}`}` : "";
}

/** The target of the address while it is in sight, else the section that fills the window. */
function placeNow() {
  const { place } = partsOf(location.hash);
  const target = place && document.getElementById(place);
  const seen = (box) => box.top < innerHeight && box.bottom > 0;
  if (target && seen(target.getBoundingClientRect())) return place;
  const above = [...document.querySelectorAll("main > section")].filter((one) => one.getBoundingClientRect().top < innerHeight / 2);
  return above.at(-1)?.id ?? "";
}

let whole = Promise.resolve(); // once every section has been started, and so has linked what it has

/** Set everything from an address, then go to its place, at which scripts may have put things meanwhile. */
async function follow(fragment, scroll) {
  await whole;
  const { place, wanted } = partsOf(fragment);
  if (wanted) for (const [key, { read, set, initial }] of linked) {
    const text = wanted.get(key) ?? initial;
    if (text !== read()) await set(text);
  }
  const target = place && document.getElementById(place);
  const hiding = target && target.closest("details");
  if (hiding) hiding.open = true;
  if (target && scroll) target.scrollIntoView({ behavior: "instant" });
}

let moved = false; // by the reader, before all was there: then the page stays where it is
for (const kind of ["wheel", "touchmove", "keydown"]) addEventListener(kind, () => (moved = true), { once: true, passive: true });

/** rest: when the sections that have not been started yet will have been; there are none if the page has an address to follow. */
async function startAddress(rest) {
  whole = rest;
  let due = 0;
  const write = () => history.replaceState(null, "", addressNow() || location.pathname);
  const soon = () => {
    clearTimeout(due);
    due = setTimeout(write, WAIT);
  };
  if (location.hash) await follow(location.hash, !moved);
  addEventListener("hashchange", () => follow(location.hash, true));
  for (const kind of ["input", "click", "keyup", "pointerup"]) addEventListener(kind, soon, true);
  startCopying();
}

function startCopying() {
  const [button, said] = ["copy", "copied"].map((id) => document.getElementById(id));
  button.addEventListener("click", async () => {
    const address = location.href.split("#")[0] + addressNow();
    said.textContent = (await copied(address)) ? "Link copied" : "Not allowed: copy the address";
    setTimeout(() => (said.textContent = ""), 2500);
  });
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
