// The list of results. Only what can be seen has elements, so that ten thousand scroll as well as ten.

const list = {items: [], tops: new Float64Array(1), rows: new Map(), active: -1, open: null};
const HEIGHTS = {wide: {row: 37, why: 60, heading: 44}, narrow: {row: 58, why: 80, heading: 44}};
const BEYOND = 400; // pixels above and below the window that have elements already

function showResults(shown) {
  const kept = list.items[list.active]?.result;
  const headings = run.collections.length > 1 && !state.order;
  list.items = [];
  let last = -1;
  for (const result of shown) {
    if (headings && result.collection !== last) list.items.push({heading: result.collection});
    last = result.collection;
    list.items.push({result});
  }
  measure();
  list.active = kept ? list.items.findIndex((item) => item.result === kept) : -1;
  if (list.active < 0) list.active = next(-1, 1);
  $(".nothing").hidden = shown.length > 0;
  redraw();
}

function measure() {
  const heights = narrow.matches ? HEIGHTS.narrow : HEIGHTS.wide;
  list.tops = new Float64Array(list.items.length + 1);
  list.items.forEach((item, index) => {
    const height = item.result ? (item.result.why ? heights.why : heights.row) : heights.heading;
    list.tops[index + 1] = list.tops[index] + height;
  });
}

function redraw() {
  for (const row of list.rows.values()) row.remove();
  list.rows.clear();
  $(".list").style.height = `${list.tops.at(-1)}px`;
  draw();
}

// The first item that ends below a place.
function itemAt(place) {
  let low = 0;
  let high = list.items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list.tops[middle + 1] > place) high = middle;
    else low = middle + 1;
  }
  return low;
}

function draw() {
  const top = -$(".list").getBoundingClientRect().top;
  const first = itemAt(top - BEYOND);
  const end = Math.min(list.items.length, itemAt(top + innerHeight + BEYOND) + 1);
  for (const [index, row] of list.rows) {
    if ((index < first || index >= end) && index !== list.active) {
      row.remove();
      list.rows.delete(index);
    }
  }
  for (let index = first; index < end; index += 1) place(index);
  if (list.active >= 0) place(list.active);
}

function place(index) {
  if (list.rows.has(index)) return;
  const item = list.items[index];
  const row = item.result ? resultRow(item.result, index) : headingRow(item.heading);
  row.style.transform = `translateY(${list.tops[index]}px)`;
  row.style.height = `${list.tops[index + 1] - list.tops[index]}px`;
  list.rows.set(index, row);
  const after = [...list.rows.keys()].filter((other) => other > index);
  $(".list").insertBefore(row, after.length ? list.rows.get(Math.min(...after)) : null); // the order that is read out
}

function headingRow(number) {
  const it = run.collections[number];
  const counts = OUTCOMES.filter((name) => it.counts?.[name]).map((name) => el(`span.${name}`, {title: name},
    el("span.mark", {"aria-hidden": "true"}, MARKS[name]), ` ${count(it.counts[name])}`, el("span.sr", {}, ` ${name}, `)));
  const took = it.elapsed_ms === undefined ? null : el("span", {}, duration(it.elapsed_ms));
  return el("li.heading", {}, el("strong", {}, it.name), " ", el("span.place", {}, it.path), el("span.counts", {}, ...counts, took));
}

function nameParts(result) {
  if (result.kind === "token") return [el("span.pill", {}, "token"), " ", result.name];
  const at = result.name.lastIndexOf(" / ");
  return at < 0 ? [result.name] : [el("span.group", {}, result.name.slice(0, at + 3)), result.name.slice(at + 3)];
}

function resultRow(result, index) {
  const isActive = index === list.active;
  const link = el("a", {
    href: fragment(result.anchor), tabindex: isActive ? "0" : "-1", "aria-current": list.open === result ? "true" : null,
  },
    el("span.mark", {"aria-hidden": "true"}, MARKS[result.outcome]), el("span.sr", {}, `${result.outcome} `),
    el("span.name", {}, ...nameParts(result)),
    el("span.what", {}, result.outcome === "skipped" && !result.method ? "" : `${result.method} ${result.path}`),
    el("span.status", {}, result.status === null ? (result.outcome === "errored" ? "error" : "") : String(result.status)),
    timeCell(result),
    result.why ? el("span.because", {}, result.why) : null,
  );
  const row = el(`li.row.${result.outcome}`, {"aria-setsize": list.items.length, "aria-posinset": index + 1}, link);
  row.dataset.anchor = result.anchor;
  return row;
}

function timeCell(result) {
  if (result.outcome === "skipped" || !result.elapsed) return el("span.time");
  const bar = el("i", {"aria-hidden": "true"});
  const longest = times.at(-1) || 1;
  bar.style.width = `${Math.max(2, (100 * result.elapsed) / longest)}%`;
  return el("span.time", {}, bar, el("span", {}, duration(result.elapsed)));
}

// --- moving ---

// The nearest result in a direction that fits, or -1.
function next(from, step, fits = () => true) {
  for (let index = from + step; index >= 0 && index < list.items.length; index += step) {
    if (list.items[index].result && fits(list.items[index].result)) return index;
  }
  return -1;
}

function activate(index, focus = true) {
  if (index < 0) return false;
  const before = list.rows.get(list.active)?.querySelector("a");
  if (before) before.tabIndex = -1;
  list.active = index;
  intoView(index);
  draw();
  const link = list.rows.get(index).querySelector("a");
  link.tabIndex = 0;
  if (focus) link.focus({preventScroll: true});
  return true;
}

function intoView(index) {
  const top = $(".list").getBoundingClientRect().top + list.tops[index];
  const bottom = top + list.tops[index + 1] - list.tops[index];
  const ceiling = $(".bar").getBoundingClientRect().height + 8;
  if (top < ceiling) scrollBy({top: top - ceiling, behavior: "instant"});
  else if (bottom > innerHeight - 8) scrollBy({top: bottom - innerHeight + 8, behavior: "instant"});
}

function markOpen(result) {
  list.open = result;
  for (const [index, row] of list.rows) {
    const link = row.querySelector("a");
    if (!link) continue;
    if (list.items[index].result === result) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}
