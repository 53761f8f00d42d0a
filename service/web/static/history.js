// Points over time and distance a week, out of the API's rows and the page's own table of weeks.

import { Units } from "./units.js";

const root = document.getElementById("curve");
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const BORDERS = [["low", 0], ["moderate", 25], ["high", 45], ["very-high", 65]];
const PAGES = 5;
const WEEK_S = 7 * 86400;
const CRAMPS = new Set(["cramp_continued", "cramp_stopped"]);

async function load(first) {
  const rows = [];
  let next = "";
  for (let page = 0; page < PAGES && next !== null; page += 1) {
    const answer = await fetch(next ? `${first}&cursor=${encodeURIComponent(next)}` : first);
    if (!answer.ok) throw new Error(`history: ${answer.status}`);
    const { items, next_cursor: cursor } = await answer.json();
    rows.push(...items);
    next = cursor;
  }
  return rows.filter((row) => row.score !== null).reverse();
}

class Curve {
  constructor(rows) {
    this.rows = rows;
    this.units = new Units(root.dataset.units);
    this.x = rows.map((row) => Date.parse(row.started_at) / 1000);
    this.weeks = [...document.querySelectorAll("#weeks tr[data-start]")]
      .map((row) => ({ at: Date.parse(row.dataset.start) / 1000, distance: Number(row.dataset.distance) / this.units.longM }))
      .sort((a, b) => a.at - b.at);
    const ends = [...this.x, ...this.weeks.flatMap((week) => [week.at, week.at + WEEK_S])];
    const room = Math.max(86400 * 2, (Math.max(...ends) - Math.min(...ends)) * 0.02);
    this.range = [Math.min(...ends) - room, Math.max(...ends) + room];
    this.index = null;
    this.plots = [];
    this.draw();
    this.listen();
  }

  draw() {
    const stack = root.querySelector(".stack");
    for (const plot of this.plots) plot.destroy();
    stack.replaceChildren();
    const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--grid"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    const shared = {
      width: Math.max(240, stack.clientWidth), legend: { show: false },
      cursor: { drag: { x: true, y: false, setScale: true }, y: false, sync: { key: "history", setSeries: false, scales: ["x", null] } },
    };
    const scale = { time: true, auto: false, min: this.range[0], max: this.range[1] };
    const highest = Math.max(50, ...this.rows.map((row) => row.score + 5));
    const title = (words) => {
      const box = document.createElement("div");
      box.className = "strip";
      const head = document.createElement("h3");
      head.textContent = words;
      box.append(head);
      stack.append(box);
      return box;
    };
    const points = new globalThis.uPlot({
      ...shared, height: 240, padding: [8, 26, 8, 0],
      scales: { x: scale, y: { auto: false, range: () => [0, Math.min(100, highest)] } },
      axes: [{ ...axis, show: false }, { ...axis, size: 58 }],
      series: [{}, { stroke: colour("--line"), width: 1.5, points: { show: false } }],
      hooks: { drawClear: [(plot) => this.levels(plot)], draw: [(plot) => this.signs(plot)], setCursor: [(plot) => this.moved(plot)] },
    }, [this.x, this.rows.map((row) => row.score)], title(root.dataset.points));
    const most = Math.max(1, ...this.weeks.map((week) => week.distance));
    const weeks = new globalThis.uPlot({
      ...shared, height: 140, padding: [8, 26, 0, 0],
      scales: { x: scale, y: { auto: false, range: () => [0, most * 1.1] } },
      axes: [{ ...axis, space: 80, values: (_, ticks) => ticks.map((at) => this.day(at)) }, { ...axis, size: 58 }],
      series: [{}, { stroke: colour("--trace"), paths: () => null, points: { show: false } }],
      hooks: { draw: [(plot) => this.bars(plot)] },
    }, [this.weeks.map((week) => week.at), this.weeks.map((week) => week.distance)], title(root.dataset.week));
    this.plots = [points, weeks];
    if (this.index === null) this.told(this.rows.length - 1);
    else this.say();
  }

  day(at, dateStyle = undefined) {
    const style = dateStyle ? { dateStyle } : { day: "numeric", month: "short" };
    return new Date(at * 1000).toLocaleDateString("en-GB", { ...style, timeZone: root.dataset.zone || "UTC" });
  }

  levels(plot) {
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.font = `${11 * ratio}px system-ui, sans-serif`;
    ctx.textAlign = "right";
    for (const [name, from] of BORDERS) {
      const y = plot.valToPos(from, "y", true);
      if (y < bbox.top) continue;
      ctx.fillStyle = colour("--quiet");
      ctx.fillText(root.getAttribute(`data-level-${name}`), bbox.left + bbox.width - 4 * ratio, y - 4 * ratio);
      if (from) ctx.fillRect(bbox.left, y, bbox.width, 1);
    }
    ctx.restore();
  }

  // Each run as a sign whose shape tells its level; a ring round it is a reported cramp.
  signs(plot) {
    const { ctx } = plot;
    const ratio = devicePixelRatio;
    ctx.save();
    this.rows.forEach((row, at) => {
      const x = plot.valToPos(this.x[at], "x", true);
      const y = plot.valToPos(row.score, "y", true);
      const r = (at === this.index ? 7 : 5) * ratio;
      ctx.fillStyle = colour(`--${row.level}`);
      ctx.beginPath();
      if (row.level === "moderate") { ctx.moveTo(x, y - r); ctx.lineTo(x + r, y + r); ctx.lineTo(x - r, y + r); }
      else if (row.level === "high") ctx.rect(x - r * 0.85, y - r * 0.85, r * 1.7, r * 1.7);
      else if (row.level === "very_high") { ctx.moveTo(x, y - r * 1.2); ctx.lineTo(x + r, y); ctx.lineTo(x, y + r * 1.2); ctx.lineTo(x - r, y); }
      else ctx.arc(x, y, r * 0.85, 0, 2 * Math.PI);
      ctx.fill();
      if (CRAMPS.has(row.cramp)) {
        ctx.strokeStyle = colour("--ink");
        ctx.lineWidth = 2 * ratio;
        ctx.beginPath();
        ctx.arc(x, y, r * 1.9, 0, 2 * Math.PI);
        ctx.stroke();
      }
    });
    ctx.restore();
  }

  bars(plot) {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.fillStyle = colour("--trace");
    for (const week of this.weeks) {
      const from = plot.valToPos(week.at, "x", true);
      const to = plot.valToPos(week.at + WEEK_S, "x", true);
      const top = plot.valToPos(week.distance, "y", true);
      ctx.fillRect(from + 1, top, Math.max(1, to - from - 2), bbox.top + bbox.height - top);
    }
    ctx.restore();
  }

  moved(plot) {
    const { idx } = plot.cursor;
    if (idx === null || idx === undefined || idx === this.index) return;
    this.index = idx;
    this.say();
    plot.redraw(false);
  }

  say() {
    this.told(this.index);
  }

  told(index) {
    const row = this.rows[index];
    const out = root.querySelector(".readout");
    const link = document.createElement("a");
    link.href = `/activities/${row.activity_id}`;
    link.textContent = this.day(this.x[index], "medium");
    const level = root.getAttribute(`data-level-${row.level.replace("_", "-")}`);
    out.replaceChildren(link, ` · ${row.score} · ${level}${CRAMPS.has(row.cramp) ? ` · ${root.dataset.cramp}` : ""} · ${row.headline ?? ""}`);
  }

  go(index) {
    this.index = Math.max(0, Math.min(this.rows.length - 1, index));
    this.say();
    this.plots[0].redraw(false);
  }

  listen() {
    root.addEventListener("keydown", (event) => {
      if (event.target !== root || event.ctrlKey || event.metaKey || event.altKey) return;
      const last = this.rows.length - 1;
      const now = this.index ?? (event.key === "ArrowRight" ? -1 : last + 1);
      const to = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: last }[event.key];
      if (event.key === "Enter" && this.index !== null) location.assign(`/activities/${this.rows[this.index].activity_id}`);
      else if (to === undefined) return;
      else this.go(to);
      event.preventDefault();
    });
    this.plots[0].over.addEventListener("click", () => {
      if (this.index !== null) root.focus({ preventScroll: true });
    });
    let wide = root.clientWidth;
    new ResizeObserver(() => {
      if (root.clientWidth === wide) return;
      wide = root.clientWidth;
      for (const plot of this.plots) plot.setSize({ width: Math.max(240, plot.root.parentElement.clientWidth), height: plot.height });
    }).observe(root);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }
}

async function start() {
  if (!root || !globalThis.uPlot) return;
  const rows = await load(root.dataset.rows);
  if (rows.length) {
    root.hidden = false;
    new Curve(rows);
  }
  document.documentElement.dataset.drawn = "yes";
}

start().catch((error) => console.warn(error.message));
