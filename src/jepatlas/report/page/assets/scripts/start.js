/** Starts all sections. `atlas` is for the browser's console, and for the tests. */

const data = JSON.parse(document.getElementById("data").textContent);
const atlas = { ready: false };
window.atlas = atlas;
startTheme();
startClaims();
startTables();
startStory(data.story);

async function startSection(name) {
  try {
    if (!sections[name]) throw new Error("its script has not been read to the end");
    atlas[name] = await sections[name](data.sections[name], data.maps);
  } catch (error) {
    // What is wrong with one section is no reason to lose the others.
    console.error(error);
    const heading = document.getElementById(`${name}-title`);
    heading.after(element("p", { class: "alarm", role: "alert", text: `This section cannot be shown: ${error.message}` }));
  }
}

await Promise.all(Object.keys(data.sections).map(startSection));
await startAddress();
atlas.ready = true;
root.dataset.ready = "true";
