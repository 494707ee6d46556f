"use strict";
// The data of the page and words for them. Nothing here touches what is shown.

const OUTCOMES = ["passed", "failed", "errored", "skipped"];
const MARKS = {passed: "✓", failed: "✗", errored: "!", skipped: "-"};

function taken(id) {
  const element = document.getElementById(id);
  const text = element.textContent;
  element.remove(); // no second copy of what may be many megabytes
  return text;
}

const run = JSON.parse(taken("run"));

const results = JSON.parse(taken("rows")).slice(1).map((row, number) => {
  const [outcome, kind, collection, anchor, name, method, path, status, tags, why, elapsed, bars] = row;
  return {number, outcome, kind, collection, anchor, name, method, path, status, tags, why, elapsed, bars};
});

const byAnchor = new Map(results.map((result) => [result.anchor, result]));

// One line of JSON each; parsed when somebody looks.
const lines = taken("details").split("\n");

const detailOf = (result) => JSON.parse(lines[result.number + 1]);
const failed = (result) => result.outcome === "failed" || result.outcome === "errored";
const collectionOf = (result) => run.collections[result.collection] ?? {name: "", path: ""};

// What is sent but not answered has a time too; what was skipped or came from a cache has none.
const timed = results.filter((result) => result.outcome !== "skipped" && result.elapsed > 0);

function percentile(sorted, share) {
  return sorted.length ? sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] : 0;
}

const times = timed.map((result) => result.elapsed).sort((a, b) => a - b);

function duration(ms) {
  if (ms < 9.95) return `${(Math.round(ms * 10) / 10).toString()} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 119500) return `${(ms / 1000).toFixed(ms < 9995 ? 2 : 1).replace(/\.?0+$/, "")} s`;
  const minutes = Math.round(ms / 60000);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

const count = (number) => number.toLocaleString("en");

function bytes(number) {
  return number === 1 ? "1 byte" : `${count(number)} bytes`;
}

// Characters that nobody sees, and such that turn the text around, as escapes.
const UNSEEN = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

function visible(text) {
  return text.replace(UNSEEN, (character) => {
    const code = character.charCodeAt(0);
    return code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}
