// Bodies and explanations for reading: JSON indented as it was spelled, marked lines, bytes in hexadecimal digits.

const FIRST_LINES = 200;
const LONGEST_LINE = 2000;
const TOKEN = /"(?:[^"\\]|\\.)*"|"[^]*$|[{}[\],:]|[^\s"{}[\],:]+/g;
const COLOURED = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\b\d[\d.eE+-]*/g;

// Lines from `reporters/html_report/marked.py`: \x01role\x02text\x03.
function marked(list, label, kind = "excerpt") {
  const pre = el(`pre.why.${kind}`, {tabindex: "0", role: "group", "aria-label": label});
  list.forEach((line, number) => {
    if (number) pre.append("\n");
    for (const piece of line.split(/(\x01[^\x03]*\x03)/)) {
      const found = /^\x01([a-z ]+)\x02([^]*)\x03$/.exec(piece);
      append(pre, [found ? el(`span.${found[1].replaceAll(" ", "-")}`, {}, found[2]) : piece]);
    }
  });
  return pre;
}

// Not by JSON.parse and back: 1.10 and 12345678901234567890 are to stay what they are, and a beginning is no JSON.
function indented(text) {
  let depth = 0;
  let out = "";
  let before = "";
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "}" || token === "]") {
      depth -= 1;
      out += before === "{" || before === "[" ? token : `\n${"  ".repeat(Math.max(0, depth))}${token}`;
    } else {
      if (before === "{" || before === "[" || before === ",") out += `\n${"  ".repeat(depth)}`;
      out += token === ":" ? ": " : token;
      if (token === "{" || token === "[") depth += 1;
    }
    before = token;
  }
  return out;
}

function isJson(text, cut) {
  if (!/^\s*[[{]/.test(text)) return false;
  if (cut) return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function coloured(line) {
  const found = [];
  let at = 0;
  for (const match of line.matchAll(COLOURED)) {
    found.push(line.slice(at, match.index));
    const [all, text, colon] = match;
    const role = colon ? "key" : text ? "string" : /^[tfn]/.test(all) ? "literal" : "number";
    found.push(el(`span.json-${role}`, {}, text ?? all), colon ?? "");
    at = match.index + all.length;
  }
  return [...found, line.slice(at)];
}

function shortened(line) {
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}… (${count(line.length)} characters)` : line;
}

function textBody(body, label) {
  const json = isJson(body.text, body.cut);
  const text = json ? indented(body.text) : body.text;
  const all = text.split("\n");
  const pre = el("pre.body", {tabindex: "0", role: "group", "aria-label": label});
  const fill = (some, cutting) => some.forEach((line, number) => {
    const shown = cutting ? shortened(line) : line;
    append(pre, [number ? "\n" : "", json ? coloured(shown) : shown]);
  });
  fill(all.slice(0, FIRST_LINES), true);
  const isLong = all.length > FIRST_LINES || all.some((line) => line.length > LONGEST_LINE);
  if (!isLong) return [pre];
  const words = all.length > FIRST_LINES ? `Show all ${count(all.length)} lines` : "Show whole lines";
  const more = el("button.more", {type: "button"}, words);
  more.addEventListener("click", () => {
    pre.replaceChildren();
    fill(all, false);
    more.remove();
    pre.focus();
  });
  return [pre, more];
}

function hexBody(body, label) {
  const digits = body.hex.match(/../g) ?? [];
  const rows = [];
  for (let at = 0; at < digits.length; at += 16) {
    const some = digits.slice(at, at + 16);
    const text = some.map((pair) => String.fromCharCode(parseInt(pair, 16))).map((c) => (c >= " " && c <= "~" ? c : "."));
    rows.push(`${at.toString(16).padStart(6, "0")}  ${some.join(" ").padEnd(48)} ${text.join("")}`);
  }
  return el("pre.body", {tabindex: "0", role: "group", "aria-label": label}, rows.join("\n"));
}

function bodyBlock(body, label) {
  if (!body) return [];
  if (body.hex !== undefined) {
    const shown = body.hex.length / 2;
    const first = shown < body.size ? `; the first ${shown}` : "";
    return [el("p.note", {}, `${bytes(body.size)} of ${body.type || "unknown type"}${first}:`), hexBody(body, label)];
  }
  const note = body.cut
    ? [el("p.note", {}, `The beginning of ${bytes(body.size)}; a report as har has all of it.`)]
    : [];
  return [...note, ...textBody(body, label)];
}
