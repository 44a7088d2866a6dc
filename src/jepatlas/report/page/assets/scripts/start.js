/** Starts all sections. `atlas` is for the browser's console, and for the tests. */

const data = JSON.parse(document.getElementById("data").textContent);
startTheme();
startClaims();
const atlas = { ready: false };
window.atlas = atlas;
[atlas.explorer, atlas.tv, atlas.digits] = await Promise.all([
  startExplorer(data.explorer, data.maps),
  startNoisyTv(data.tv),
  startDigits(data.digits),
]);
atlas.ready = true;
root.dataset.ready = "true";
