// Points over time and distance a week, out of the API's rows and the page's own table of weeks.

import { Calendar, ticks } from "./ticks.js";
import { Units } from "./units.js";

const root = document.getElementById("curve");
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const LEVELS = ["low", "moderate", "high", "very-high"];
const PAGES = 10;
const WEEK_S = 7 * 86400;
const CRAMPS = new Set(["cramp_continued", "cramp_stopped"]);
const FONT = "13px system-ui, sans-serif";
const LEAST_BAND = 8;

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
  root.querySelector(".cut").hidden = next === null;
  return rows.filter((row) => row.score !== null).reverse();
}

const word = (level) => root.getAttribute(`data-level-${level.replace("_", "-")}`);

function widest(words) {
  const { ctx } = widest;
  ctx.font = FONT;
  return Math.ceil(Math.max(...words.map((text) => ctx.measureText(text).width)));
}
widest.ctx = document.createElement("canvas").getContext("2d");

// What the clock showed at the start: the file's offset, else the athlete's zone, as on the run's own page.
function shown(row, calendar) {
  const at = Date.parse(row.started_at) / 1000;
  return row.utc_offset_s === null ? calendar.clock(at).getTime() / 1000 : at + row.utc_offset_s;
}

class Curve {
  // The axis is of clocks, each where its run was, as if they showed UTC: so each run stands in the day of its own page.
  constructor(rows) {
    const { lang } = document.documentElement;
    const there = new Calendar(lang, root.dataset.zone || "UTC");
    const placed = rows.map((row) => ({ row, at: shown(row, there) })).sort((a, b) => a.at - b.at);
    this.rows = placed.map(({ row }) => row);
    this.x = placed.map(({ at }) => at);
    this.borders = LEVELS.map((name) => [name, Number(root.getAttribute(`data-from-${name}`))]);
    this.end = Number(root.dataset.end);
    this.units = new Units(root.dataset.units);
    this.calendar = new Calendar(lang, "UTC");
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
    const grid = { stroke: colour("--grid"), width: 1 };
    const axis = { stroke: colour("--quiet"), grid, ticks: { show: false }, font: FONT };
    const borders = this.borders.map(([, from]) => from).concat(this.end);
    const most = Math.max(1, ...this.weeks.map((week) => week.distance));
    const side = { ...axis, gap: 6, size: 12 + widest([...borders, Math.ceil(most)].map(String)) };
    const margin = 12 + widest(LEVELS.map(word));
    const shared = {
      width: Math.max(240, stack.clientWidth), legend: { show: false },
      cursor: { drag: { x: true, y: false, setScale: true }, y: false, sync: { key: "history", setSeries: false, scales: ["x", null] } },
    };
    const time = { ...axis, splits: (plot, _, min, max) => this.ticks(plot, min, max).map((tick) => tick.at) };
    const scale = { time: true, auto: false, min: this.range[0], max: this.range[1] };
    const top = this.top();
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
      ...shared, height: 240, padding: [8, margin, 8, 0],
      scales: { x: scale, y: { auto: false, range: () => [0, top] } },
      axes: [{ ...time, size: 0, gap: 0, values: (_, at) => at.map(() => "") }, { ...side, splits: () => borders.filter((from) => from <= top) }],
      series: [{}, { stroke: colour("--line"), width: 1.5, points: { show: false } }],
      hooks: { drawClear: [(plot) => this.levels(plot)], draw: [(plot) => this.signs(plot)], setCursor: [(plot) => this.moved(plot)] },
    }, [this.x, this.rows.map((row) => row.score)], title(root.dataset.points));
    const weeks = new globalThis.uPlot({
      ...shared, height: 156, padding: [8, margin, 0, 0],
      scales: { x: scale, y: { auto: false, range: () => [0, most * 1.1] } },
      axes: [{ ...time, size: 48, values: (plot) => this.ticks(plot).map((tick) => tick.words) }, { ...side, space: 34 }],
      series: [{}, { stroke: colour("--trace"), paths: () => null, points: { show: false } }],
      hooks: { draw: [(plot) => this.bars(plot)] },
    }, [this.weeks.map((week) => week.at), this.weeks.map((week) => week.distance)], title(root.dataset.week));
    this.plots = [points, weeks];
    if (this.index === null) this.told(this.rows.length - 1);
    else this.say();
  }

  ticks(plot, min = plot.scales.x.min, max = plot.scales.x.max) {
    return ticks(this.calendar, min, max, plot.bbox.width / devicePixelRatio);
  }

  // The end of the scale of points: above every run, and no level that it reaches is too thin for its word.
  top() {
    const highest = Math.min(this.end, Math.max(this.end / 2, ...this.rows.map((row) => row.score + 5)));
    const [, from] = this.borders.findLast(([, border]) => border < highest);
    return Math.max(highest, from + LEAST_BAND);
  }

  // The borders of the levels, and their words in the margin, where no run can be.
  levels(plot) {
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    const { max } = plot.scales.y;
    ctx.save();
    ctx.font = FONT.replace("13", String(13 * ratio));
    ctx.textBaseline = "middle";
    this.borders.forEach(([name, from], index) => {
      if (from >= max) return;
      const to = Math.min(max, this.borders[index + 1]?.[1] ?? max);
      ctx.fillStyle = colour(`--${name.replace("-", "_")}`);
      ctx.fillText(word(name), bbox.left + bbox.width + 8 * ratio, plot.valToPos((from + to) / 2, "y", true));
      ctx.fillStyle = colour("--quiet");
      if (from) ctx.fillRect(bbox.left, plot.valToPos(from, "y", true), bbox.width, 1);
    });
    ctx.restore();
  }

  // Each run as a sign whose shape tells its level; a ring round it is a reported cramp.
  signs(plot) {
    const { ctx } = plot;
    const ratio = devicePixelRatio;
    const { min, max } = plot.scales.x;
    const shown = this.x.filter((at) => at >= min && at <= max).length;
    const room = plot.bbox.width / ratio / Math.max(1, shown);
    const small = room < 0.5 ? 2.5 : room < 4 ? 3.5 : 5;
    ctx.save();
    this.rows.forEach((row, at) => {
      if (this.x[at] < min || this.x[at] > max) return;
      const x = plot.valToPos(this.x[at], "x", true);
      const y = plot.valToPos(row.score, "y", true);
      const r = (at === this.index ? 7 : small) * ratio;
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
    link.textContent = this.calendar.say("date", this.x[index]);
    const lifted = row.level_source === "points" || !row.points_level ? "" : ` (${root.dataset.lifted.replace("{level}", word(row.points_level))})`;
    const cramp = CRAMPS.has(row.cramp) ? root.dataset.cramp : "";
    const said = [`${row.score} ${root.dataset.unit}`, `${word(row.level)}${lifted}`, cramp, row.red_flags.length ? root.dataset.flagged : row.headline].filter(Boolean);
    out.replaceChildren(link, ...said.map((text) => ` · ${text}`));
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
