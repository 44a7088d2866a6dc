/** Light or dark: what the system prefers, until the button is pressed. */

const root = document.documentElement;
const preference = matchMedia("(prefers-color-scheme: dark)");
const repainters = []; // called with no argument when colours have changed
const sections = {}; // what starts each section: (its data, colour maps, later, last) => anything; told of what can be done when nothing else is, and after that

function setTheme(name) {
  root.dataset.theme = name;
  repainters.forEach((repaint) => repaint());
}

function startTheme() {
  root.dataset.theme = preference.matches ? "dark" : "light";
  preference.addEventListener("change", () => setTheme(preference.matches ? "dark" : "light"));
  document.getElementById("theme").addEventListener("click", () => {
    setTheme(root.dataset.theme === "dark" ? "light" : "dark");
  });
  link("theme", () => root.dataset.theme, (text) => setTheme(text === "dark" ? "dark" : "light"));
}

/** The present value of a colour of the style sheet, such as "ink". */
function themeColour(name) {
  return getComputedStyle(root).getPropertyValue(`--${name}`).trim();
}

/** A new element; text is set as text, so nothing in it is ever read as HTML. */
function element(tag, { text, parent, ...attributes } = {}) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  parent?.append(made);
  return made;
}

/** A number with a true minus sign, so that columns line up. */
function written(value, digits) {
  return value.toFixed(digits).replace("-", "\u2212");
}

/** A positive number as `3.4 × 10⁻⁴`. */
function powerOfTen(value) {
  if (!value) return "0";
  const [digits, power] = value.toExponential(1).split("e");
  const raised = [...power.replace("+", "")].map((letter) => (letter === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[letter])).join("");
  return `${digits} × 10${raised}`;
}
