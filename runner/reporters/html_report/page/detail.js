// One request, opened: why it did not pass, its assertions, each exchange with headers, body and a curl command.

const PHASES = ["dns", "connect", "tls", "send", "wait", "receive"];

function detailView(result) {
  const it = detailOf(result);
  const last = it.exchanges.at(-1);
  return [
    el("div.tools", {},
      copying("Copy link", () => `${location.href.split("#")[0]}${fragment(result.anchor)}`),
      last?.curl && copying("Copy as curl", () => last.curl),
      el("button.close", {type: "button", "aria-label": "Close", title: "Close (Esc)", onclick: close}, "✕")),
    el(`h2.${result.outcome}`, {id: "opened"},
      el("span.mark", {"aria-hidden": "true"}, MARKS[result.outcome]), ...nameParts(result)),
    el("p.about", {}, about(result, it)),
    el("p.about", {}, ...result.tags.map((tag) => el("span.tag", {}, tag)), el("span.place", {}, it.place)),
    ...notes(result, it),
    ...faultView(it),
    ...verdictsView(it),
    ...exchangesView(it),
  ];
}

function about(result, it) {
  const at = it.started && `${it.started.slice(0, 10)} ${it.started.slice(11, 23)} UTC`;
  const words = [result.outcome, collectionOf(result).name, result.elapsed > 0 && duration(result.elapsed), at];
  return [...words, ...(it.repeats ?? [])].filter(Boolean).join(" · ");
}

function notes(result, it) {
  const life = it.lifetime ? `The token lives ${duration(it.lifetime * 1000)}.` : "";
  const kept = it.cached ? "Kept from an earlier run, not fetched." : "";
  const captured = it.captured ? `Captured: ${it.captured.join(", ")}` : "";
  const reason = result.outcome === "skipped" ? result.why : "";
  return [reason, kept, life, ...(it.warnings ?? []), ...(it.notes ?? []), captured]
    .filter(Boolean).map((words) => el("p.about", {}, words));
}

function faultView(it) {
  return it.fault ? [el("h3", {}, "Why"), marked(it.fault.lines, "Why it could not be judged", "fault")] : [];
}

function verdictsView(it) {
  if (!it.verdicts?.length) return [];
  const bad = it.verdicts.filter(([passed]) => !passed).length;
  const words = bad ? `${bad} of ${it.verdicts.length} did not hold` : `all ${it.verdicts.length} hold`;
  const sorted = [...it.verdicts].sort((a, b) => a[0] - b[0]); // what does not hold comes first
  return [el("h3", {}, `Assertions: ${words}`), el("ul.verdicts", {}, ...sorted.map(verdictView))];
}

function verdictView([passed, subject, text, line, lines]) {
  const outcome = passed ? "passed" : "failed";
  return el(`li.${outcome}`, {},
    el("span.mark", {"aria-hidden": "true"}, MARKS[outcome]), el("span.sr", {}, `${passed ? "holds" : "does not hold"}: `),
    el("code", {}, text), " ",
    el("span.kind", {}, subject === "assertion" ? "" : subject, line ? ` line ${line}` : ""),
    lines && marked(lines, `Why ${text} does not hold`));
}

function exchangesView(it) {
  const {exchanges} = it;
  if (!exchanges.length) return [];
  const title = exchanges.length > 1 ? `${exchanges.length} exchanges` : "Exchange";
  return [el("h3", {}, title), ...exchanges.map((exchange, number) => {
    const isLast = number === exchanges.length - 1;
    return exchanges.length > 1 ? folded(exchange, isLast) : el("div.exchange", {}, el("header", {}, ...head(exchange)), inner(exchange));
  })];
}

// What is folded is made when it is opened: a thousand pages are a thousand bodies.
function folded(exchange, open) {
  const made = el("details.exchange", {open}, el("summary", {}, ...head(exchange)));
  const fill = () => {
    if (made.open && made.children.length === 1) made.append(inner(exchange));
  };
  made.addEventListener("toggle", fill);
  fill();
  return made;
}

function head({method, url, response, elapsed_ms: elapsed}) {
  const status = response ? `${response.status} ${response.reason}`.trim() : "no answer";
  return [el("span.line", {}, `${method} ${url}`), el("span.took", {}, [status, elapsed !== undefined && duration(elapsed)].filter(Boolean).join(" · "))];
}

function inner(exchange) {
  return el("div.inner", {}, ...phasesView(exchange), ...requestView(exchange), ...responseView(exchange));
}

function phasesView({phases}) {
  const known = PHASES.map((name, number) => [name, phases?.[number]]).filter(([, ms]) => ms != null);
  if (!known.length) return [];
  const total = known.reduce((sum, [, ms]) => sum + ms, 0) || 1;
  const bar = el("div.phases", {"aria-hidden": "true"}, ...known.map(([name, ms]) => {
    const piece = el(`i.${name}`);
    piece.style.flexGrow = String(ms / total);
    return piece;
  }));
  return [bar, el("p.note", {}, known.map(([name, ms]) => `${name} ${duration(ms)}`).join(" · "))];
}

function requestView(exchange) {
  const {headers, body, curl} = exchange;
  return [
    el("h4", {}, "Request", curl && copying("Copy as curl", () => curl, "small")),
    ...headersView(headers, "Headers of the request"),
    ...bodyBlock(body, "Body of the request"),
    ...(curl ? [] : [el("p.note", {}, "Its body is too large for a curl command; a report as curl has it.")]),
  ];
}

function responseView({response}) {
  if (!response) return [el("p.note", {}, "It got no answer.")];
  const {headers, body, redirects = [], url, saved} = response;
  const said = [response.version, response.peer].filter(Boolean).join(" · ");
  return [
    el("h4", {}, "Response", el("span.dim", {}, said), body?.text && copying("Copy body", () => body.text, "small")),
    ...redirects.map(([status, from]) => el("p.note", {}, `${status} redirect from ${from}`)),
    url && redirects.length ? el("p.note", {}, `to ${url}`) : null,
    ...headersView(headers, "Headers of the response"),
    ...(saved ? [el("p.note", {}, `${bytes(saved[1])} saved to ${saved[0]}`)] : bodyBlock(body, "Body of the response")),
  ];
}

function headersView(headers, label) {
  if (!headers.length) return [];
  const rows = headers.map(([name, value]) => el("tr", {}, el("th", {scope: "row"}, name), el("td", {}, value)));
  return [el("table.headers", {"aria-label": label}, el("tbody", {}, ...rows))];
}
