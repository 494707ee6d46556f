// What both charts need: sharp canvases of the page's width, colours of the page's style, axes, a tip under the pointer.

const SHADES = ["text", "dim", "line", "surface", "raised", "accent", "chosen", "passed-fill", "failed-fill",
  "errored-fill", "skipped-fill", "token-fill", "failed", "errored"];

function shades() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(SHADES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

// draw(context, width, height, shade); height(width) in pixels; at(x, y) gives what is there, tip(it) says it.
function chart(id, {height, draw, at, tip}) {
  const figure = $(`#${id}`);
  const canvas = figure.querySelector("canvas");
  const redraw = eachFrame(() => {
    const width = canvas.clientWidth;
    if (!width) return; // on paper, or not shown yet
    const tall = height(width);
    const scale = devicePixelRatio || 1;
    canvas.style.height = `${tall}px`;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(tall * scale);
    const context = canvas.getContext("2d");
    context.scale(scale, scale);
    context.font = `11px ${getComputedStyle(document.body).fontFamily}`;
    draw(context, width, tall, shades());
  });
  new ResizeObserver(redraw).observe(figure);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  underPointer(figure, canvas, at, tip);
  return redraw;
}

function underPointer(figure, canvas, at, tip) {
  const box = figure.querySelector(".tip");
  const place = (event) => {
    const {left, top} = canvas.getBoundingClientRect();
    return at(event.clientX - left, event.clientY - top, canvas.clientWidth, canvas.clientHeight);
  };
  canvas.addEventListener("pointermove", (event) => {
    const found = place(event);
    canvas.classList.toggle("over", Boolean(found));
    box.hidden = !found;
    if (found) showTip(box, event, tip(found));
  });
  canvas.addEventListener("pointerleave", () => (box.hidden = true));
  canvas.addEventListener("click", (event) => {
    const found = place(event);
    if (found) go(found.result ?? found);
  });
}

function showTip(box, event, [first, ...rest]) {
  box.replaceChildren(el("strong", {}, first), ...rest.filter(Boolean).map((line) => el("span", {}, line, " ")));
  const {left, top, width} = box.parentElement.getBoundingClientRect();
  const x = event.clientX - left;
  box.style.left = `${Math.max(0, Math.min(x + 14, width - box.offsetWidth))}px`;
  box.style.top = `${event.clientY - top + 16}px`;
}

function tipOf(result) {
  const status = result.status === null ? "" : `, ${result.status}`;
  const kind = result.kind === "token" ? "token: " : "";
  return [`${MARKS[result.outcome]} ${kind}${result.name}`,
    `${result.outcome}${status}, ${duration(result.elapsed)}`, run.collections.length > 1 && `· ${collectionOf(result).name}`];
}

// Round steps: 1, 2 or 5 times a power of ten, so many that `most` fit.
function stepOf(length, most) {
  const rough = length / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough || 1));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough);
}

function clipped(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let end = text.length;
  while (end > 1 && context.measureText(`${text.slice(0, end)}…`).width > width) end -= 1;
  return `${text.slice(0, end)}…`;
}

function timeAxis(context, {from, to, left, right, top, bottom}, shade) {
  const step = stepOf(to - from, (right - left) / 80);
  context.textAlign = "center";
  context.textBaseline = "top";
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
    const x = Math.round(left + ((at - from) / (to - from)) * (right - left)) + 0.5;
    context.strokeStyle = shade.line;
    context.beginPath();
    context.moveTo(x, top);
    context.lineTo(x, bottom);
    context.stroke();
    context.fillStyle = shade.dim;
    context.textAlign = x > right - 24 ? "right" : x < left + 24 ? "left" : "center";
    context.fillText(at === 0 ? "0" : duration(at), x, bottom + 5);
  }
}

// A failure has a shape of its own, so that nobody needs its colour.
function cross(context, x, y, size) {
  context.beginPath();
  context.moveTo(x - size, y - size);
  context.lineTo(x + size, y + size);
  context.moveTo(x - size, y + size);
  context.lineTo(x + size, y - size);
  context.stroke();
}
