/** Which objectives are shown: a button for each, and one for all. */

function listenToObjectives(landscapes) {
  const known = landscapes.landscapes.map(({ method }) => method.name);
  const parent = document.getElementById("objectives");
  const chips = landscapes.landscapes.map(({ method }) => element("button", { type: "button", class: "chip", text: method.label, parent, "data-objective": method.name }));
  const all = element("button", { type: "button", class: "chip", text: "all", parent });
  const shown = () => landscapes.landscapes.filter((one) => !one.figure.hidden).map(({ method }) => method.name);
  const show = (names) => {
    landscapes.landscapes.forEach((one, k) => {
      one.figure.hidden = !names.includes(known[k]);
      chips[k].setAttribute("aria-pressed", String(!one.figure.hidden));
    });
    landscapes.resize();
  };
  const toggled = (name) => (shown().includes(name) ? shown().filter((one) => one !== name) : [...shown(), name]);
  chips.forEach((chip, k) => chip.addEventListener("click", () => show(toggled(known[k]).length ? toggled(known[k]) : known)));
  all.addEventListener("click", () => show(known));
  show(known);
  link("objectives", () => listOf(shown()), (text) => {
    const wanted = membersOf(text, known);
    show(wanted.length ? wanted : known);
  });
}
