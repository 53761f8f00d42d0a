// The page of one run: its samples, asked for once, become charts and a map that point at the same place.
// The samples are asked for before the libraries are there, and the charts come first: the map may take its time.

import { load } from "./streams.js";
import { Strips } from "./strips.js";
import { drawMap } from "./map.js";

const root = document.getElementById("strips");
const ground = document.getElementById("map");

// The library of the map is loaded behind this module; the charts are painted first.
const rest = new Promise((done) => {
  const later = () => setTimeout(done);
  if (document.readyState === "complete") later();
  else addEventListener("DOMContentLoaded", later, { once: true });
});

async function start() {
  const columns = await load(root.dataset.streams);
  if (!columns.time_s || columns.time_s.length < 2) return;
  performance.mark("crampwatch:samples");
  let strips = null;
  if (globalThis.uPlot) {
    root.hidden = false;
    strips = new Strips(root, columns);
    if (location.hash) strips.show(location.hash.slice(1));
    await null; // uPlot draws at the end of the task
  }
  performance.mark("crampwatch:strips");
  await rest;
  const map = globalThis.L ? drawMap(ground, columns) : null;
  if (strips && map) {
    strips.onpoint = (index) => map.point(index);
    strips.onshow = (from, to) => map.mark(from, to);
    strips.tell();
  }
  performance.mark("crampwatch:map");
  document.documentElement.dataset.drawn = "yes";
}

// A sign that a clinician should look at, told or taken back in the form, changes the whole page: it is loaded anew.
addEventListener("htmx:after:swap", () => {
  const isTold = document.querySelector("#cramp input[name=red_flags]:checked") !== null;
  const isKept = document.querySelector("#cramp [role=status]") !== null;
  if (isKept && isTold !== (document.querySelector(".flags") !== null)) location.reload();
});

start().catch((error) => console.warn(error.message));
