/** Shows the claims whose verdict and whose track are both pressed. */

function startClaims() {
  const rows = [...document.querySelectorAll("#claims-table tbody tr")];
  const buttons = [...document.querySelectorAll("#claims-filters button")];
  const shown = document.getElementById("claims-shown");
  const wanted = (kind) =>
    new Set(buttons.filter((b) => b.dataset.filter === kind && b.getAttribute("aria-pressed") === "true").map((b) => b.dataset.value));

  const update = () => {
    const [verdicts, tracks] = [wanted("verdict"), wanted("track")];
    for (const row of rows) row.hidden = !(verdicts.has(row.dataset.verdict) && tracks.has(row.dataset.track));
    const count = rows.filter((row) => !row.hidden).length;
    shown.textContent = `${count} of ${rows.length} shown`;
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      update();
    });
  }
  update();
}
