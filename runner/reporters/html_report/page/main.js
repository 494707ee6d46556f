// Puts the parts together: what is chosen and opened stands in the URL, and everything shown follows from it.

function apply() {
  const found = fitting();
  const shown = chosen(found);
  fillOutcomes(found);
  showResults(shown);
  const all = shown.length === results.length;
  $(".shown").textContent = all ? `${count(shown.length)} results` : `${count(shown.length)} of ${count(results.length)}`;
  timeline.shown = latency.shown = all ? null : new Set(shown);
  timeline.redraw();
  latency.redraw();
}

// Somebody changed a filter.
function change() {
  apply();
  history.replaceState(null, "", fragment(list.open?.anchor));
}

// Opens a result, and gives it the focus or leaves that where it is.
function go(result, focus = true) {
  history[list.open ? "replaceState" : "pushState"](null, "", fragment(result.anchor));
  open(result, focus);
}

function open(result, focus) {
  const detail = $(".detail");
  detail.replaceChildren(...detailView(result).flat().filter(Boolean));
  detail.setAttribute("aria-labelledby", "opened");
  detail.hidden = false;
  detail.scrollTop = 0;
  $(".split").classList.add("opened");
  markOpen(result);
  const index = list.items.findIndex((item) => item.result === result);
  if (index >= 0) activate(index, false);
  if (focus) detail.focus({preventScroll: true});
  cover();
}

function close() {
  history.pushState(null, "", fragment());
  shut();
  activate(list.active);
}

function shut() {
  $(".detail").hidden = true;
  $(".split").classList.remove("opened");
  markOpen(null);
  cover();
}

// On a phone what is open covers the rest, which is then out of reach for keys and readers too.
function cover() {
  const covered = Boolean(list.open) && narrow.matches;
  for (const part of document.querySelectorAll(".head, .charts, .bar, .results")) part.inert = covered;
}

// The URL has changed: a link, the browser's history, the first look.
function restore() {
  const result = readFragment();
  showControls();
  apply();
  if (result) open(result, list.open !== result);
  else if (list.open) shut();
}

function listen() {
  $(".bar").addEventListener("submit", (event) => event.preventDefault());
  $("#search").addEventListener("input", eachFrame(() => {
    state.query = $("#search").value;
    change();
  }));
  $("#inside").addEventListener("change", (event) => {
    state.inside = event.target.checked;
    change();
  });
  for (const name of ["collection", "tag", "time", "order"]) {
    $(`#${name}`).addEventListener("change", (event) => {
      state[name] = event.target.value;
      change();
    });
  }
  $(".outcomes").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    toggleOutcome(button.dataset.outcome);
    change();
  });
  $("#all").addEventListener("click", showAll);
  $("#help").addEventListener("click", () => $("#keys").showModal());
  $(".list").addEventListener("click", onRow);
  document.addEventListener("keydown", onKey);
  addEventListener("popstate", restore);
  const moved = eachFrame(() => {
    draw();
    fit();
  });
  addEventListener("scroll", moved, {passive: true});
  addEventListener("resize", moved, {passive: true});
  narrow.addEventListener("change", () => {
    measure();
    redraw();
    cover();
  });
}

// What is open ends where the window does, also before the bar has reached the top.
function fit() {
  const {height, bottom} = $(".bar").getBoundingClientRect();
  document.documentElement.style.setProperty("--bar", `${height}px`);
  document.documentElement.style.setProperty("--above", `${Math.max(0, bottom)}px`);
}

function onRow(event) {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return; // a tab of its own
  event.preventDefault();
  go(byAnchor.get(link.closest("li").dataset.anchor));
}

function showAll() {
  Object.assign(state, {query: "", inside: false, collection: "", tag: "", time: ""});
  state.outcomes.clear();
  showControls();
  change();
  $("#search").focus();
}

function start() {
  document.body.classList.add("live-page");
  $(".live").hidden = false;
  new ResizeObserver(fit).observe($(".bar"));
  startTimeline();
  startLatency();
  if ($("#timeline").hidden) $(".charts").hidden = true;
  fillControls();
  listen();
  restore();
}

start();
