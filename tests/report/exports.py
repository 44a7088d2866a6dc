"""What the page offers to save, all of it."""

from collections import Counter
from io import StringIO
from typing import Any
from xml.etree import ElementTree

import pandas as pd

EXPORTS = """async () => {
  const all = (within, query) => [...within.querySelectorAll(query)];
  for (const one of all(document, "details:not(.take)")) one.open = true;
  const until = async (holds) => {
    const late = performance.now() + 60000;
    while (!holds() && performance.now() < late) await new Promise((done) => setTimeout(done, 50));
  };
  const { mixture: { live, masked }, noisy_tv, images } = atlas;
  live.run(true);
  await until(() => [...live.panels.values()].every(({ state }) => state));
  live.run(false);
  const folded = () => [masked.charts, noisy_tv.beside.placed, images.training.charts];
  await until(() => folded().every((charts) => charts?.every(({ view }) => view)));
  const wanted = new Map(); // places of panels: what each of them is to be saved as
  const want = (place, kinds) => wanted.set(place, [...(wanted.get(place) ?? []), kinds]);
  const panel = (place) => want(place, "PNG,SVG,CSV");
  all(document, "main canvas:not([aria-hidden])").forEach((one) => panel(one.closest("figure")));
  all(document, "main .chart, #picker").forEach((one) => panel(one.parentElement));
  panel(document.getElementById("image"));
  all(document, "main table").forEach((one) => want(one.closest("[data-table]") ?? one, "CSV"));
  const saved = [];
  window.save = async (blob, name) => {
    const start = () => blob.slice(0, 4).arrayBuffer();
    const content = name.endsWith(".png") ? [...new Uint8Array(await start())] : await blob.text();
    saved.push({ name, content });
  };
  const found = [...wanted].map(([place, kinds]) => {
    const boxes = all(place, ":scope > .take").map((box) => all(box, "button"));
    boxes.flat().forEach((button) => button.click());
    const offered = boxes.map((box) => box.map(({ textContent }) => textContent).join());
    return { place: place.outerHTML.slice(0, 120), kinds, offered };
  });
  const buttons = all(document, ".take button").length;
  await until(() => saved.length === buttons);
  return { found, saved, buttons };
}"""


def check(told: Any) -> None:
    """told: what `EXPORTS` returns."""
    assert [one for one in told["found"] if one["offered"] != one["kinds"]] == []
    tables = [one["place"] for one in told["found"] if one["kinds"] == ["CSV"]]
    assert len(tables) == 4 + 4 + 1  # headline numbers, all that was measured, claims
    assert len(told["saved"]) == told["buttons"]
    names = Counter(one["name"] for one in told["saved"])
    assert [name for name, count in names.items() if count > 1] == []
    for one in told["saved"]:
        name, content = one["name"], one["content"]
        if name.endswith(".png"):
            assert content == list(b"\x89PNG"), name
        elif name.endswith(".svg"):
            assert len(list(ElementTree.fromstring(content).iter())) > 2, name
        else:
            assert len(pd.read_csv(StringIO(content))) > 0, name
