/** Colour maps as tables of 256 colours, and the scales that use them. */

/** @returns {Uint32Array} pixels of an ImageData, alpha included, little-endian */
function colourTable(base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return Uint32Array.from({ length: 256 }, (_, k) => {
    const [red, green, blue] = bytes.subarray(3 * k, 3 * k + 3);
    return (255 << 24) | (blue << 16) | (green << 8) | red;
  });
}

/** Energies of joint embeddings have one scale, so that what collapsed looks collapsed. */
const SCALES = {
  embedding: { map: "viridis", low: -1, high: 1, ends: ["−1: near", "+1: far"], title: "joint embeddings: E(x; x_ref)" },
  score: { map: "magma", low: 0, high: 12, ends: ["0: likely", "12 nats or more"], title: "score matching: E(x) above its lowest" },
};

function drawScale(parent, scale, table) {
  const box = element("div", { class: "scale", parent });
  element("span", { text: scale.title, parent: box });
  const canvas = element("canvas", { width: 256, height: 1, parent: box, "aria-hidden": "true" });
  const context = canvas.getContext("2d");
  const image = context.createImageData(256, 1);
  new Uint32Array(image.data.buffer).set(table);
  context.putImageData(image, 0, 0);
  const ends = element("div", { parent: box });
  scale.ends.forEach((text) => element("span", { text, parent: ends }));
}
