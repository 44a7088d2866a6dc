/** The inverses of packing.py. */

/** @param {string} base64 @returns {Promise<Uint8Array>} the bytes that were deflated */
async function inflate(base64) {
  const packed = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** @returns {Promise<Float32Array>} whole numbers `[fields, side, side]`, field by field */
async function unpackFields(base64, side) {
  const bytes = await inflate(base64);
  const count = bytes.length / 2;
  const size = side * side;
  const whole = new Int16Array(count); // sums wrap around, as the differences did
  for (let i = 0; i < count; i++) {
    const unsigned = bytes[i] | (bytes[count + i] << 8);
    const row = Math.floor((i % size) / side);
    const column = i % side;
    const left = column ? whole[i - 1] : 0;
    const below = row ? whole[i - side] : 0;
    const diagonal = row && column ? whole[i - side - 1] : 0;
    whole[i] = (unsigned >> 1) ^ -(unsigned & 1);
    whole[i] += left + below - diagonal;
  }
  return Float32Array.from(whole);
}

/** Plain numbers: `type` is a typed array. */
async function unpackNumbers(base64, type) {
  return new type((await inflate(base64)).buffer);
}
