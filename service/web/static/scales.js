// What each strip of a run shows, and between which values: the part of a line that is in view has the whole height.

import { bounds, smooth } from "./streams.js";

const SMOOTH_S = 20;
const SMOOTH_SHARE = 1 / 200;
const STANDING = 0.45;
const NEARLY_ALL = 0.99;
const PEAK = 1.25;

// `[{ title, second, series, bounds(first, last), tick, ticks }]` of the samples, from the first to the last in view.
export function strips(columns, units, names, { onFoot }) {
  const found = [];
  const width = Math.max(SMOOTH_S, columns.time_s[columns.time_s.length - 1] * SMOOTH_SHARE);
  const smoothed = (name) => smooth(columns.time_s, columns[name], width);
  if (columns.altitude_m) {
    found.push({
      ...plain(`${names.nameAltitude} (${units.short})`, columns.altitude_m, 30), ...scaled(units.heightM),
      series: [{ y: columns.altitude_m, fill: true }],
    });
  }
  if (columns.speed_mps) {
    const series = [{ y: smoothed("speed_mps") }];
    if (onFoot && names.nameGap && columns.gap_mps) series.push({ y: smoothed("gap_mps"), second: true });
    found.push({
      title: onFoot ? `${names.namePace} (/${units.long})` : `${names.namePace} (${units.fast})`,
      second: series.length > 1 ? names.nameGap : null, series, bounds: moving(series.map((one) => one.y), 0.5),
      ...(onFoot
        ? { tick: (value) => units.clock(units.longM / value), ticks: (low, high) => paces(low, high, units.longM) }
        : scaled(units.longM / 3600)),
    });
  }
  if (columns.heart_rate_bpm) found.push(plain(`${names.nameHeart} (${units.beats})`, columns.heart_rate_bpm, 20));
  if (columns.cadence_spm) {
    const steps = smoothed("cadence_spm");
    found.push({ ...plain(`${names.nameCadence} (${names.unitCadence})`, steps, 20), bounds: moving([steps], 20) });
  }
  return found;
}

function plain(title, y, least) {
  return { title, series: [{ y }], bounds: (first, last) => bounds(y.slice(first, last + 1), { least }), ...scaled(1) };
}

// Round values in a unit of which one is `by` of ours.
function scaled(by) {
  return {
    tick: (value) => String(+(value / by).toFixed(1)),
    ticks: (low, high) => even(low / by, high / by, 3).map((value) => value * by),
  };
}

// Room for every line as far as somebody moves. What is less than half the usual is a stop and leaves the chart at its
// foot; a peak far above nearly all the rest is a fault of the satellites and leaves it at the top.
function moving(lines, least) {
  const usual = lines[0].filter((value) => value !== null).sort((a, b) => a - b);
  const floor = usual.length ? usual[usual.length >> 1] * STANDING : 0;
  return (first, last) => {
    const seen = lines.flatMap((line) => line.slice(first, last + 1)).filter((value) => value !== null && value >= floor);
    seen.sort((a, b) => a - b);
    const most = seen[Math.round(NEARLY_ALL * (seen.length - 1))] * PEAK;
    return bounds(seen.filter((value) => value <= most), { least });
  };
}

function even(low, high, wanted) {
  const power = 10 ** Math.floor(Math.log10((high - low) / wanted));
  const fit = (step) => Math.floor(high / step) - Math.ceil(low / step) + 1 >= wanted;
  const step = [10, 5, 2, 1, 0.5].map((times) => times * power).find(fit) ?? power;
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high; value += step) found.push(value);
  return found;
}

// The coarsest round paces that give three lines; the fast ones first, as the slow ones lie close together.
function paces(low, high, longM) {
  const [slow, fast] = [longM / Math.max(low, 0.4), longM / high];
  let found = [];
  for (const step of [300, 120, 60, 30, 15, 10, 5]) {
    found = [];
    for (let seconds = Math.ceil(fast / step) * step; seconds <= slow; seconds += step) {
      const mps = longM / seconds;
      if (!found.length || found[0] - mps > (high - low) / 6) found.unshift(mps);
    }
    if (found.length >= 3) break;
  }
  return found;
}
