// Where a time axis bears words: days, weeks, months or years, whichever leaves room, and every year is told.

const DAY_S = 86400;
const STEPS = [
  ["day", 1, 1], ["day", 2, 2], ["week", 1, 7], ["week", 2, 14],
  ["month", 1, 30], ["month", 3, 91], ["month", 6, 182],
  ["year", 1, 365], ["year", 2, 730], ["year", 5, 1826], ["year", 10, 3652], ["year", 20, 7305],
];
const LETTER_PX = 7.2;
const GAP_PX = 12;

// The zone, or UTC where this browser does not know it: a chart by another clock is better than none.
function known(zone) {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return "UTC";
  }
}

// Days as one place counts them, in the words of the page. English is written as the server writes it: 4 Oct 2026.
export class Calendar {
  constructor(lang, zone) {
    const timeZone = known(zone);
    const tongue = Intl.DateTimeFormat.supportedLocalesOf([lang])[0] ?? "en";
    this.english = tongue.split("-")[0] === "en";
    const made = (style) => new Intl.DateTimeFormat(this.english ? "en-US" : tongue, { ...style, timeZone });
    const numbers = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric", hourCycle: "h23" };
    this.numbers = new Intl.DateTimeFormat("en-US-u-ca-gregory-nu-latn", { ...numbers, timeZone });
    this.formats = {
      day: made({ day: "numeric", month: "short" }),
      month: made({ month: "short" }),
      year: made({ year: "numeric" }),
      date: made({ day: "numeric", month: "short", year: "numeric" }),
    };
  }

  say(kind, at) {
    const moment = new Date(at * 1000);
    if (!this.english) return this.formats[kind].format(moment);
    const said = Object.fromEntries(this.formats[kind].formatToParts(moment).map(({ type, value }) => [type, value]));
    return ["day", "month", "year"].map((name) => said[name]).filter(Boolean).join(" ");
  }

  // What the clock there shows, as if it were UTC.
  clock(at) {
    const told = Object.fromEntries(this.numbers.formatToParts(new Date(at * 1000)).map(({ type, value }) => [type, Number(value)]));
    return new Date(Date.UTC(told.year, told.month - 1, told.day, told.hour, told.minute, told.second));
  }

  // When that day begins there; twice, as the offset may be another one at the guess.
  begin(year, month, day) {
    const wanted = Date.UTC(year, month, day) / 1000;
    let at = wanted;
    for (let turn = 0; turn < 2; turn += 1) at += wanted - this.clock(at).getTime() / 1000;
    return at;
  }
}

function begins(calendar, [unit, step], low, high) {
  const first = calendar.clock(low);
  const [year, month, day] = [first.getUTCFullYear(), first.getUTCMonth(), first.getUTCDate()];
  const days = Math.floor(first.getTime() / 1000 / DAY_S);
  const since = { day: days % step, week: (days + 3) % (7 * step) }[unit] ?? 0;
  const found = [];
  for (let turn = 0; ; turn += 1) {
    let at;
    if (unit === "year") at = calendar.begin(year - (year % step) + turn * step, 0, 1);
    else if (unit === "month") at = calendar.begin(year, month - (month % step) + turn * step, 1);
    else at = calendar.begin(year, month, day - since + turn * step * (unit === "week" ? 7 : 1));
    if (at > high) return found;
    if (at >= low) found.push(at);
  }
}

// `[{ at, words }]` within a span of seconds that is `px` wide; a second line names the year, first and when it changes.
export function ticks(calendar, low, high, px) {
  for (const step of STEPS) {
    const kind = { week: "day" }[step[0]] ?? step[0];
    if ((high - low) / (step[2] * DAY_S) > px / (GAP_PX + LETTER_PX)) continue;
    const found = begins(calendar, step, low, high).map((at) => ({ at, words: calendar.say(kind, at), year: calendar.say("year", at) }));
    const letters = Math.max(0, ...found.flatMap(({ words, year }) => [words.length, year.length]));
    if (found.length * (letters * LETTER_PX + GAP_PX) > px) continue;
    if (!found.length) break;
    return found.map(({ at, words, year }, index) => (
      { at, words: kind === "year" || year === found[index - 1]?.year ? words : `${words}\n${year}` }
    ));
  }
  const middle = (low + high) / 2;
  return [{ at: middle, words: `${calendar.say("day", middle)}\n${calendar.say("year", middle)}` }];
}
