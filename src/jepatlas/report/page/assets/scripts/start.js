/** Starts all sections. `atlas` is for the browser's console, and for the tests. */

const data = JSON.parse(document.getElementById("data").textContent);
startTheme();
startClaims();
const atlas = { ready: false };
window.atlas = atlas;
await Promise.all(
  Object.entries(sections).map(async ([name, start]) => {
    try {
      atlas[name] = await start(data.sections[name], data.maps);
    } catch (error) {
      // What is wrong with one section is no reason to lose the others.
      console.error(error);
      const section = document.getElementById(name);
      section.prepend(element("p", { class: "alarm", text: `This section cannot be shown: ${error.message}` }));
    }
  }),
);
atlas.ready = true;
root.dataset.ready = "true";
