// The strip charts of a run: one under the other, on one cursor and one zoom, with the windows of the warnings shaded.

import { Units } from "./units.js";
import { strips } from "./scales.js";

const HEIGHT = 112;
const LAST_HEIGHT = 140;
const AXIS = 58;
const STEP = 1 / 60;
const FOOT = 15;
const NEARLY_ALL = 0.85;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export class Strips {
  constructor(root, columns) {
    this.root = root;
    this.units = new Units(root.dataset.units);
    this.onFoot = root.dataset.foot === "yes";
    this.columns = columns;
    this.byDistance = Boolean(columns.distance_m);
    this.metres = columns.distance_m ?? null;
    this.x = this.byDistance
      ? columns.distance_m.map((metres) => metres / this.units.longM)
      : columns.time_s.map((seconds) => seconds / 60);
    this.x = rising(this.x);
    this.full = [this.x[0], this.x[this.x.length - 1]];
    this.range = this.full;
    this.windows = readWindows(this);
    this.here = null;
    this.index = null;
    this.plots = [];
    this.draw();
    this.listen();
  }

  draw() {
    const stack = this.root.querySelector(".stack");
    const kept = this.range;
    for (const plot of this.plots) plot.destroy();
    stack.replaceChildren();
    const found = strips(this.columns, this.units, this.root.dataset, { onFoot: this.onFoot });
    this.plots = found.map((strip, at) => this.plot(stack, strip, at === found.length - 1));
    this.zoom(kept);
    this.point(this.index);
  }

  plot(stack, strip, isLast) {
    const box = document.createElement("div");
    box.className = "strip";
    const title = document.createElement("h3");
    title.textContent = strip.title;
    if (strip.second) {
      const second = document.createElement("span");
      second.className = "second";
      second.textContent = ` – – ${strip.second}`;
      title.append(second);
    }
    box.append(title);
    stack.append(box);
    const grid = { stroke: colour("--grid"), width: 1 };
    const axis = { stroke: colour("--quiet"), grid, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    const series = strip.series.map((one) => ({
      stroke: colour(one.second ? "--trace-2" : "--trace"), width: one.second ? 1.25 : 1.75,
      dash: one.second ? [5, 4] : undefined, fill: one.fill ? colour("--fill") : undefined,
      spanGaps: false, points: { show: false },
    }));
    const height = isLast ? LAST_HEIGHT : HEIGHT;
    const options = {
      width: Math.max(240, stack.clientWidth),
      height,
      legend: { show: false },
      padding: [6, 26, isLast ? null : 5, 0],
      scales: { x: { time: false, auto: false }, y: { auto: true, range: () => this.withFoot(this.inView(strip), height) } },
      axes: [
        { ...axis, show: isLast, size: 30, values: (_, ticks) => ticks.map((tick) => this.xTick(tick)) },
        { ...axis, size: AXIS, splits: () => strip.ticks(...this.inView(strip)), values: (_, ticks) => ticks.map(strip.tick) },
      ],
      series: [{}, ...series],
      cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { size: 7 }, sync: { key: "run", setSeries: false } },
      hooks: {
        drawClear: [(plot) => this.shade(plot)],
        setSelect: [(plot) => this.selected(plot)],
        setCursor: [(plot) => this.moved(plot)],
      },
    };
    const plot = new globalThis.uPlot(options, [this.x, ...strip.series.map((one) => one.y)], box);
    plot.over.addEventListener("dblclick", () => this.zoom(this.full));
    return plot;
  }

  xTick(value) {
    return this.byDistance ? `${+value.toFixed(2)} ${this.units.long}` : `${+value.toFixed(1)} ${this.units.minutes}`;
  }

  // The windows behind the traces; each has its number on top, as no colour tells them apart.
  shade(plot) {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    const ratio = devicePixelRatio;
    ctx.font = `${11 * ratio}px system-ui, sans-serif`;
    ctx.textAlign = "left";
    ctx.textBaseline = "alphabetic";
    for (const one of this.windows) {
      const from = plot.valToPos(one.from, "x", true);
      const to = Math.max(plot.valToPos(one.to, "x", true), from + 2 * ratio);
      const here = one.id === this.here;
      if (one.isWhole || to < bbox.left || from > bbox.left + bbox.width) continue;
      ctx.fillStyle = colour(here ? "--window-here" : "--window");
      ctx.fillRect(from, bbox.top, to - from, bbox.height);
      ctx.fillStyle = colour("--window-edge");
      ctx.fillRect(from, bbox.top, to - from, 3 * ratio);
      ctx.fillText(one.label, Math.max(from, bbox.left) + 3 * ratio, bbox.top + 14 * ratio);
    }
    this.foot(plot);
    ctx.restore();
  }

  // What holds for the whole run, or nearly: a band along the foot with its numbers, that no shade hides the others.
  foot(plot) {
    const { ctx, bbox } = plot;
    const whole = this.windows.filter((one) => one.isWhole);
    if (!whole.length) return;
    const ratio = devicePixelRatio;
    const y = bbox.top + bbox.height - FOOT * ratio;
    ctx.fillStyle = colour("--window");
    ctx.fillRect(bbox.left, y, bbox.width, FOOT * ratio);
    const here = whole.find((one) => one.id === this.here);
    if (here) {
      const [from, to] = [here.from, here.to].map((at) => plot.valToPos(at, "x", true));
      ctx.fillStyle = colour("--window-here");
      ctx.fillRect(from, bbox.top, to - from, bbox.height);
    }
    ctx.fillStyle = colour("--window-edge");
    ctx.fillText(whole.map((one) => one.label).join("  "), bbox.left + 3 * ratio, bbox.top + bbox.height - 4 * ratio);
  }

  // The values that a strip has room for where it is zoomed to.
  inView(strip) {
    return strip.bounds(...this.range.map((at) => nearest(this.x, at)));
  }

  // Room under a trace for that band.
  withFoot([low, high], height) {
    if (!this.windows.some((one) => one.isWhole)) return [low, high];
    return [low - ((high - low) * FOOT) / (height - FOOT), high];
  }

  selected(plot) {
    const { left, width } = plot.select;
    if (width < 4) return;
    const range = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
    for (const each of this.plots) each.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.zoom(range);
  }

  moved(plot) {
    if (plot.cursor.idx === null || plot.cursor.idx === undefined) return;
    this.index = plot.cursor.idx;
    this.say();
    this.onpoint?.(this.index);
  }

  say() {
    const { columns, units, index } = this;
    const at = (name) => (columns[name] ? columns[name][index] : null);
    const told = [
      this.metres === null ? null : units.place(this.metres[index]),
      units.clock(columns.time_s[index]),
      at("altitude_m") === null ? null : units.height(at("altitude_m")),
      at("speed_mps") === null ? null : this.onFoot ? units.pace(at("speed_mps")) : units.speed(at("speed_mps")),
      at("heart_rate_bpm") === null ? null : `${Math.round(at("heart_rate_bpm"))} ${units.beats}`,
      at("cadence_spm") === null ? null : `${Math.round(at("cadence_spm"))} ${this.root.dataset.unitCadence}`,
    ];
    this.root.querySelector(".readout").textContent = told.filter((one) => one !== null).join(" · ");
  }

  // The cursor of every strip at a sample.
  point(index) {
    if (index === null) return;
    this.index = Math.max(0, Math.min(this.x.length - 1, index));
    const plot = this.plots[0];
    if (!plot) return;
    plot.setCursor({ left: plot.valToPos(this.x[this.index], "x"), top: 10 });
    this.say();
    this.onpoint?.(this.index);
  }

  zoom([from, to]) {
    const least = (this.full[1] - this.full[0]) / 200;
    const width = Math.min(this.full[1] - this.full[0], Math.max(to - from, least));
    const start = Math.max(this.full[0], Math.min(from, this.full[1] - width));
    this.range = [start, start + width];
    for (const plot of this.plots) plot.setScale("x", { min: start, max: start + width });
  }

  closer(factor) {
    const [from, to] = this.range;
    const middle = this.index === null ? (from + to) / 2 : this.x[this.index];
    const share = (middle - from) / (to - from);
    const width = (to - from) * factor;
    const held = Math.min(1, Math.max(0, share));
    this.zoom([middle - width * held, middle + width * (1 - held)]);
  }

  // Brings the window of a fragment into view: marked, within the zoom, and on the screen.
  show(id) {
    const one = this.windows.find((each) => each.id === id);
    this.here = one ? id : null;
    for (const item of document.querySelectorAll("#windows .window")) item.classList.toggle("here", item.id === this.here);
    if (one && (one.from < this.range[0] || one.to > this.range[1])) this.zoom(this.full);
    for (const plot of this.plots) plot.redraw(false);
    this.tell();
    if (one) {
      const item = document.getElementById(id);
      const row = item.parentElement;
      row.scrollLeft += item.getBoundingClientRect().left - row.getBoundingClientRect().left;
      document.getElementById("windows").scrollIntoView({ block: "start" });
    }
    return Boolean(one);
  }

  // What the map is to mark.
  tell() {
    const one = this.windows.find((each) => each.id === this.here);
    this.onshow?.(one ? nearest(this.x, one.from) : 0, one ? nearest(this.x, one.to) : -1);
    if (this.index !== null) this.onpoint?.(this.index);
  }

  listen() {
    for (const button of this.root.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => this.press({ in: "+", out: "-", all: "0" }[button.dataset.zoom]));
    }
    this.root.addEventListener("keydown", (event) => {
      if (event.target === this.root && !event.ctrlKey && !event.metaKey && !event.altKey && this.press(event.key)) {
        event.preventDefault();
      }
    });
    addEventListener("hashchange", () => this.show(location.hash.slice(1)));
    document.getElementById("windows")?.addEventListener("click", (event) => {
      const link = event.target.closest("a[href^='#']");
      if (link && link.hash === location.hash) this.show(location.hash.slice(1));
    });
    let wide = this.root.clientWidth;
    new ResizeObserver(() => {
      if (this.root.clientWidth === wide) return;
      wide = this.root.clientWidth;
      for (const plot of this.plots) plot.setSize({ width: Math.max(240, plot.root.parentElement.clientWidth), height: plot.height });
    }).observe(this.root);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  press(key) {
    const visible = this.range[1] - this.range[0];
    const steps = { ArrowLeft: -visible * STEP, ArrowRight: visible * STEP, PageUp: -visible / 6, PageDown: visible / 6 };
    if (key in steps) {
      const from = this.index === null ? this.range[0] : this.x[this.index];
      const to = Math.max(this.full[0], Math.min(this.full[1], from + steps[key]));
      if (to < this.range[0] || to > this.range[1]) this.zoom([this.range[0] + steps[key], this.range[1] + steps[key]]);
      this.point(nearest(this.x, to));
    } else if (key === "Home") this.point(nearest(this.x, this.range[0]));
    else if (key === "End") this.point(nearest(this.x, this.range[1]));
    else if (key === "+" || key === "=") this.closer(0.5);
    else if (key === "-") this.closer(2);
    else if (key === "0" || key === "Escape") this.zoom(this.full);
    else return false;
    return true;
  }
}

function readWindows(strips) {
  return [...document.querySelectorAll("#windows .window")].map((item) => {
    const { fromM, toM, fromS, toS, label } = item.dataset;
    const by = strips.byDistance;
    const has = by ? fromM !== undefined : fromS !== undefined;
    if (!has) return { id: item.id, label, from: strips.full[0], to: strips.full[1], isWhole: true };
    const per = by ? strips.units.longM : 60;
    const from = Number(by ? fromM : fromS) / per;
    const to = Number(by ? toM : toS) / per;
    return { id: item.id, label, from, to, isWhole: to - from > NEARLY_ALL * (strips.full[1] - strips.full[0]) };
  });
}

// Charts want x to rise; a distance that stands still or is missing keeps the one before.
function rising(values) {
  let before = 0;
  return values.map((value) => {
    before = value === null ? before : Math.max(before, value);
    return before;
  });
}

function nearest(x, wanted) {
  let low = 0;
  let high = x.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (x[middle] < wanted) low = middle;
    else high = middle;
  }
  return wanted - x[low] <= x[high] - wanted ? low : high;
}
