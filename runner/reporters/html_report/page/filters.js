// Which results are shown and in which order. The state stands in the URL's fragment, so that it can be sent around.

const state = {query: "", inside: false, outcomes: new Set(), collection: "", tag: "", time: "", order: ""};
const KEPT = {query: "q", collection: "collection", tag: "tag", time: "time", order: "order"};

const haystack = (result) => (result.text ??= [
  result.name, result.method, result.path, result.status ?? "", collectionOf(result).name, collectionOf(result).path,
  result.kind, result.outcome, result.why, ...result.tags,
].join("\n").toLowerCase());

// A word as it stands in JSON within the page.
const inJson = (word) => JSON.stringify(word).slice(1, -1).replaceAll("<", "\\u003c");

function hasWords(result, words) {
  return words.every((word) => haystack(result).includes(word)
    || (state.inside && lines[result.number + 1].toLowerCase().includes(inJson(word))));
}

function threshold() {
  if (!state.time) return 0;
  return state.time.startsWith("p") ? percentile(times, Number(state.time.slice(1)) / 100) : Number(state.time);
}

// Results that fit everything but the outcome: the numbers beside the outcomes count them.
function fitting() {
  const words = state.query.toLowerCase().split(/\s+/).filter(Boolean);
  const least = threshold();
  return results.filter((result) => (!state.collection || String(result.collection) === state.collection)
    && (!state.tag || result.tags.includes(state.tag))
    && (!least || (result.outcome !== "skipped" && result.elapsed >= least))
    && hasWords(result, words));
}

function chosen(found) {
  const shown = state.outcomes.size ? found.filter((result) => state.outcomes.has(result.outcome)) : found;
  return state.order === "slowest" ? [...shown].sort((a, b) => b.elapsed - a.elapsed) : shown;
}

// --- the fragment: #r-anchor?outcome=failed,errored&q=users ---

function fragment(anchor) {
  const kept = new URLSearchParams();
  if (state.outcomes.size) kept.set("outcome", [...state.outcomes].join(","));
  for (const [name, key] of Object.entries(KEPT)) if (state[name]) kept.set(key, state[name]);
  if (state.inside) kept.set("inside", "1");
  const text = kept.toString();
  return `#${anchor ?? ""}${text ? `?${text}` : ""}`;
}

function readFragment() {
  const [anchor, query = ""] = location.hash.slice(1).split("?");
  const kept = new URLSearchParams(query);
  state.outcomes = new Set((kept.get("outcome") ?? "").split(",").filter((name) => OUTCOMES.includes(name)));
  for (const [name, key] of Object.entries(KEPT)) state[name] = kept.get(key) ?? "";
  state.inside = kept.has("inside");
  try {
    return byAnchor.get(decodeURIComponent(anchor)) ?? null;
  } catch {
    return null; // no valid percent-encoding
  }
}

// --- the controls ---

function option(value, text) {
  return el("option", {value}, text);
}

function fillControls() {
  const tags = [...new Set(results.flatMap((result) => result.tags))].sort();
  $("#collection").append(option("", `all ${run.collections.length} collections`),
    ...run.collections.map((it, number) => option(String(number), it.name)));
  $("#tag").append(option("", "all tags"), ...tags.map((tag) => option(tag, tag)));
  const shares = times.length >= 20 ? [["p99", "slowest 1 %"], ["p95", "slowest 5 %"]] : [];
  const longest = times.at(-1) ?? 0;
  const marks = [10, 50, 100, 500, 1000, 5000].filter((ms) => ms <= longest).slice(-4);
  $("#time").append(option("", "any time"),
    ...shares.map(([value, words]) => option(value, `${words}: ≥ ${duration(percentile(times, value.slice(1) / 100))}`)),
    ...marks.map((ms) => option(String(ms), `≥ ${duration(ms)}`)));
  $("#collection").closest("label").hidden = run.collections.length < 2;
  $("#tag").closest("label").hidden = !tags.length;
  $("#time").closest("label").hidden = times.length < 2;
}

function fillOutcomes(found) {
  const group = $(".outcomes");
  const focused = document.activeElement?.dataset?.outcome;
  group.replaceChildren(outcomeButton("", found.length), ...OUTCOMES
    .filter((name) => results.some((result) => result.outcome === name))
    .map((name) => outcomeButton(name, found.filter((result) => result.outcome === name).length)));
  if (focused !== undefined) group.querySelector(`[data-outcome="${focused}"]`)?.focus();
}

function outcomeButton(name, number) {
  const pressed = name ? state.outcomes.has(name) : !state.outcomes.size;
  const mark = name ? [el("span.mark", {"aria-hidden": "true"}, MARKS[name])] : [];
  const words = el("span", {}, name || "all");
  const button = el(`button.${name || "every"}`, {type: "button", "aria-pressed": String(pressed)}, ...mark, words, " ",
    el("span.number", {}, count(number)));
  button.dataset.outcome = name;
  return button;
}

function toggleOutcome(name) {
  if (!name) state.outcomes.clear();
  else if (!state.outcomes.delete(name)) state.outcomes.add(name);
}

function showControls() {
  $("#search").value = state.query;
  $("#inside").checked = state.inside;
  for (const name of ["collection", "tag", "time", "order"]) {
    const select = $(`#${name}`);
    select.value = state[name];
    if (select.value !== state[name]) state[name] = select.value = ""; // a link from another report
  }
}
