// Files on their way: dropped or chosen, sent one after the other, each with its progress and what became of it.

const form = document.getElementById("drop");
const input = document.getElementById("files");
const list = document.getElementById("outcomes");
const words = form.dataset;
const POLL_MS = 1000;

unfold(form.querySelector(".weather"));
form.classList.add("ready");

function unfold(weather) {
  weather.hidden = false;
  weather.querySelector("fieldset").disabled = false;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (input.files.length) take([...input.files]);
});
input.addEventListener("change", () => {
  if (input.files.length && !form.querySelector(".weather").open) take([...input.files]);
});

// The whole window takes what is dropped: a file that misses the place must not replace the page.
for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
  addEventListener(name, (event) => {
    event.preventDefault();
    form.classList.toggle("over", name === "dragenter" || name === "dragover");
    if (name !== "drop" || !event.dataTransfer?.files.length) return;
    input.files = event.dataTransfer.files; // they stay chosen where the weather has to be mended first
    take([...input.files]);
  });
}

let busy = Promise.resolve();

// Whatever became of some files, those after them have their turn.
function take(files) {
  busy = busy.then(() => sendAll(files)).catch((error) => console.warn(error.message));
}

async function sendAll(files) {
  const query = await weather().catch(() => undefined);
  if (query === null) return;
  const lines = files.map(line);
  if (query === undefined) {
    for (const item of lines) tell(item, words.lost, "", "rejected");
    return;
  }
  const activities = new Set();
  let failed = 0;
  for (const [at, file] of files.entries()) {
    const items = await send(file, lines[at], query).catch((error) => {
      tell(lines[at], words.lost, error.message, "rejected");
      return null;
    });
    if (!items) failed += 1;
    for (const item of items ?? []) {
      if (item.activity) activities.add(item.activity.id);
      else failed += item.outcome === "rejected" ? 1 : 0;
    }
  }
  input.value = "";
  if (activities.size === 1 && !failed) location.assign(`/activities/${[...activities][0]}`);
  document.documentElement.dataset.sent = "yes";
}

function line(file) {
  const item = document.createElement("li");
  const name = document.createElement("bdi");
  name.textContent = file.name;
  const bar = document.createElement("progress");
  bar.max = 100;
  bar.value = 0;
  bar.setAttribute("aria-label", file.name);
  const what = document.createElement("span");
  what.className = "what";
  what.textContent = ` ${words.sending} `;
  item.append(name, what, bar);
  list.append(item);
  return item;
}

// The weather as the service reads it, in its own units, for the address of each file; null where it has to be mended.
async function weather() {
  const box = form.querySelector(".weather");
  const fields = [...box.querySelectorAll("input")];
  if (!fields.some((one) => one.type !== "hidden" && one.value.trim())) return "";
  const told = fields.map((one) => [one.name, one.value]);
  const headers = { "HX-Request": "true", Accept: "text/html" };
  const answer = await fetch(words.weather, { method: "POST", headers, body: new URLSearchParams(told) });
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body.firstElementChild;
  if (!fresh.matches(".weather")) {
    const item = document.createElement("li");
    item.append(fresh);
    list.append(item);
    return null;
  }
  if (answer.ok) return fresh.dataset.query;
  box.replaceWith(fresh);
  unfold(fresh);
  fresh.querySelector("[autofocus]")?.focus();
  return null;
}

function address(file, query) {
  const first = new URLSearchParams({ filename: file.name });
  return `${words.to}?${first}${query ? `&${query}` : ""}`;
}

function send(file, item, query) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address(file, query));
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "json";
    const bar = item.querySelector("progress");
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
    });
    request.upload.addEventListener("load", () => { item.querySelector(".what").textContent = ` ${words.working} `; });
    request.addEventListener("error", () => reject(new Error("")));
    request.addEventListener("load", () => {
      settle(request, item).then(resolve, reject);
    });
    request.send(file);
  });
}

async function settle(request, item) {
  const { status, response } = request;
  if (status === 202) return watch(request.getResponseHeader("Location"), item);
  if (status >= 400 && !response?.items) {
    tell(item, words.rejected, response?.detail ?? "", "rejected", response?.type);
    return null;
  }
  return showAll(response, item);
}

async function watch(place, item) {
  for (;;) {
    const answer = await fetch(place);
    if (!answer.ok) throw new Error("");
    const upload = await answer.json();
    if (upload.status === "done") return showAll(upload, item);
    item.querySelector(".what").textContent = ` ${words.working} ${upload.total} `;
    await new Promise((wake) => { setTimeout(wake, POLL_MS); });
  }
}

function showAll(upload, item) {
  const { items } = upload;
  if (items.length === 1) {
    show(items[0], item);
    return items;
  }
  item.querySelector("progress").remove();
  item.querySelector(".what").textContent = ` ${upload.total ?? items.length} ${words.counts}`;
  if (upload.id) {
    const all = document.createElement("a");
    all.href = `/uploads/${upload.id}`;
    all.textContent = words.all;
    item.querySelector(".what").append(" · ", all);
  }
  const inner = document.createElement("ul");
  item.append(inner);
  for (const each of items) {
    const one = document.createElement("li");
    const name = document.createElement("bdi");
    name.textContent = each.name;
    const what = document.createElement("span");
    what.className = "what";
    one.append(name, what);
    inner.append(one);
    show(each, one);
  }
  return items;
}

function show(found, item) {
  if (found.problem) tell(item, words[found.outcome] ?? found.outcome, found.problem.detail, found.outcome, found.problem.type);
  else tell(item, words[found.outcome] ?? found.outcome, "", found.outcome);
  if (!found.activity) return;
  const link = document.createElement("a");
  link.href = `/activities/${found.activity.id}`;
  link.textContent = found.activity.assessment?.headline?.text || found.name;
  item.append(` ${about(found.activity)} `, link);
}

// The day where it was run, the sport unless it is a run, and whether the file lacks its end.
function about({ started_at: start, utc_offset_s: offset, sport, assessment }) {
  const at = new Date(Date.parse(start) + (offset ?? 0) * 1000);
  const day = at.toLocaleDateString(document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  const kind = sport === "running" ? "" : ` ${form.getAttribute(`data-sport-${sport}`) ?? form.getAttribute("data-sport-other")}.`;
  const early = assessment?.data_quality?.some((note) => note.code === "truncated") ? ` ${words.early}` : "";
  return `${day}.${kind}${early}`;
}

function tell(item, outcome, detail, kind, more) {
  item.querySelector("progress")?.remove();
  item.classList.add(`outcome-${kind}`);
  item.querySelector(".what").textContent = ` ${outcome}${detail ? `: ${detail}` : ""}`;
  if (!more || !more.startsWith("/")) return;
  const link = document.createElement("a");
  link.href = more;
  link.textContent = words.more;
  item.append(" ", link);
}
