// The samples of a run, for charts and map: columns of numbers, null where a sample lacks one. The head of the page
// has asked for them already, so they are asked for with no header of ours.

export async function load(address) {
  const answer = await fetch(address, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(`streams: ${answer.status}`);
  const { channels, units_per: unitsPer } = await answer.json();
  const columns = {};
  for (const [name, values] of Object.entries(channels)) {
    if (values === null || !values.some((value) => value !== null)) continue;
    const by = unitsPer[name];
    columns[name] = values.map((value) => (value === null ? null : value / by));
  }
  return columns;
}

// A mean over `width` of x around each sample: what an eye wants of a pace, which jumps from second to second.
export function smooth(x, y, width) {
  const out = new Array(y.length).fill(null);
  let first = 0;
  let last = 0;
  let sum = 0;
  let count = 0;
  for (let i = 0; i < y.length; i += 1) {
    while (last < y.length && x[last] <= x[i] + width / 2) {
      if (y[last] !== null) { sum += y[last]; count += 1; }
      last += 1;
    }
    while (x[first] < x[i] - width / 2) {
      if (y[first] !== null) { sum -= y[first]; count -= 1; }
      first += 1;
    }
    if (y[i] !== null && count) out[i] = sum / count;
  }
  return out;
}

// The bounds between which nearly all values lie, with a little room; a stop must not flatten a chart.
export function bounds(values, { low = 0, high = 1, least = 0 } = {}) {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  if (!known.length) return [0, 1];
  const at = (share) => known[Math.min(known.length - 1, Math.max(0, Math.round(share * (known.length - 1))))];
  let [from, to] = [at(low), at(high)];
  if (to - from < least) {
    const middle = (to + from) / 2;
    [from, to] = [middle - least / 2, middle + least / 2];
  }
  const room = (to - from) * 0.08;
  return [from - room, to + room];
}
