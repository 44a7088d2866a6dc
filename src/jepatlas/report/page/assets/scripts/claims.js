/** Shows the claims of the verdict and of the track that are pressed; where none is, of all. */

function startClaims() {
  const rows = [...document.querySelectorAll("#claims-table tbody tr")];
  const buttons = [...document.querySelectorAll("#claims-filters button")];
  const shown = document.getElementById("claims-shown");
  const wanted = { verdict: "", track: "" };

  const update = () => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(wanted[button.dataset.filter] === button.dataset.value));
    for (const row of rows) row.hidden = Object.entries(wanted).some(([kind, value]) => value && row.dataset[kind] !== value);
    const count = rows.filter((row) => !row.hidden).length;
    shown.textContent = `${count} of ${rows.length} shown`;
  };
  for (const button of buttons) {
    const { filter, value } = button.dataset;
    button.addEventListener("click", () => {
      wanted[filter] = wanted[filter] === value ? "" : value;
      update();
    });
  }
  for (const kind of Object.keys(wanted)) {
    const known = buttons.filter((button) => button.dataset.filter === kind).map((button) => button.dataset.value);
    link(kind, () => wanted[kind], (text) => {
      wanted[kind] = known.includes(text) ? text : "";
      update();
    });
  }
  update();
}
