// Keys. Those of single letters are nobody's while something is being typed, and never with Ctrl, Alt or Meta.

const WHEREVER = {
  j: () => move(1),
  k: () => move(-1),
  n: () => move(1, failed),
  p: () => move(-1, failed),
  f: toggleFailed,
  c: copyCurl,
  "/": () => $("#search").focus(),
  "?": () => $("#keys").showModal(),
};
// Within what is open these scroll, as they do everywhere.
const IN_LIST = {
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  Home: () => arrive(next(-1, 1)),
  End: () => arrive(next(list.items.length, -1)),
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || $("#keys").open) return;
  const typing = event.target.closest?.("input, select, textarea");
  if (event.key === "Escape") escape(event);
  else if (event.target.id === "search") inSearch(event);
  else if (!typing) perform(event, WHEREVER[event.key] ?? (event.target.closest?.(".detail, button, summary") ? null : IN_LIST[event.key]));
}

function perform(event, action) {
  if (!action) return;
  event.preventDefault();
  action();
}

function inSearch(event) {
  if (event.key !== "ArrowDown" && event.key !== "Enter") return;
  event.preventDefault();
  activate(next(-1, 1));
}

// What is nearest goes first: the search's text, then what is open.
function escape(event) {
  if (event.target.id === "search" && state.query) {
    state.query = "";
    showControls();
    change();
  } else if (list.open) close();
  else if (event.target.id === "search") activate(list.active);
}

function move(step, fits) {
  arrive(next(list.active < 0 ? -1 : list.active + (document.activeElement === document.body && !list.open ? -step : 0), step, fits));
}

function arrive(index) {
  if (activate(index) && list.open) go(list.items[index].result, false);
}

function toggleFailed() {
  const bad = ["failed", "errored"];
  const isOn = state.outcomes.size === 2 && bad.every((name) => state.outcomes.has(name));
  state.outcomes = new Set(isOn ? [] : bad);
  change();
}

function copyCurl() {
  const result = list.open ?? list.items[list.active]?.result;
  const command = result && detailOf(result).exchanges.at(-1)?.curl;
  if (command) copy(command);
  else say("There is no curl command for this one");
}
