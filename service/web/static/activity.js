// The page of one run: its samples, asked for once, become charts and a map that point at the same place.

import { load } from "./streams.js";
import { Strips } from "./strips.js";
import { drawMap } from "./map.js";

const root = document.getElementById("strips");
const ground = document.getElementById("map");

async function start() {
  const columns = await load(root.dataset.streams);
  if (!columns.time_s || columns.time_s.length < 2) return;
  let strips = null;
  if (globalThis.uPlot) {
    root.hidden = false;
    strips = new Strips(root, columns);
  }
  const map = globalThis.L ? drawMap(ground, columns) : null;
  if (map) {
    const note = document.querySelector(".map-note");
    if (note) note.hidden = false;
  }
  if (strips && map) {
    strips.onpoint = (index) => map.point(index);
    strips.onshow = (from, to) => map.mark(from, to);
  }
  if (strips && location.hash) strips.show(location.hash.slice(1));
  document.documentElement.dataset.drawn = "yes";
}

start().catch((error) => console.warn(error.message));
