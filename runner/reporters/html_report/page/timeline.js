// When each exchange was under way. Few of them are a waterfall, a lane each; many share the lanes of their collection,
// one below the other where they overlap.

const timeline = {bars: [], lanes: 0, tops: [], end: 1, few: false, shown: null, gutter: 0, redraw: () => {}};
const FEW = 30;
const ROUNDING = 0.15; // ms: bars that touch do not overlap
const AXIS = 22;

function layOut() {
  const bars = results.flatMap((result) => barsOf(result));
  timeline.few = bars.length <= FEW;
  bars.sort((a, b) => a.result.collection - b.result.collection || a.from - b.from);
  let collection = null;
  let ends = [];
  for (const bar of bars) {
    if (bar.result.collection !== collection) {
      timeline.lanes += ends.length;
      collection = bar.result.collection;
      timeline.tops.push({collection, lane: timeline.lanes});
      ends = [];
    }
    const free = timeline.few ? -1 : ends.findIndex((end) => end <= bar.from + ROUNDING);
    const lane = free < 0 ? ends.length : free;
    ends[lane] = bar.to;
    bar.lane = timeline.lanes + lane;
  }
  timeline.lanes += ends.length;
  timeline.bars = bars;
  timeline.end = bars.reduce((latest, bar) => Math.max(latest, bar.to), 1);
}

function barsOf(result) {
  const found = [];
  for (let at = 0; at < result.bars.length; at += 2) {
    found.push({result, from: result.bars[at], to: result.bars[at] + result.bars[at + 1]});
  }
  return found;
}

const pitch = () => (timeline.few ? 16 : Math.max(5, Math.min(20, Math.floor(200 / Math.max(1, timeline.lanes)))));

function plotArea(width, height) {
  timeline.gutter = timeline.few || timeline.tops.length > 1 ? Math.min(timeline.few ? 190 : 130, width * 0.28) : 0;
  return {from: 0, to: timeline.end, left: timeline.gutter, right: width - 4, top: 0, bottom: height - AXIS};
}

const across = (area, at) => area.left + (at / timeline.end) * (area.right - area.left);

function drawTimeline(context, width, height, shade) {
  const area = plotArea(width, height);
  timeAxis(context, area, shade);
  drawNames(context, width, shade);
  drawTokenEnds(context, area, shade);
  const [good, bad] = [timeline.bars.filter((bar) => !failed(bar.result)), timeline.bars.filter((bar) => failed(bar.result))];
  for (const bar of [...good, ...bad]) drawBar(context, area, bar, shade); // failures above the rest
}

function drawNames(context, width, shade) {
  context.textAlign = "left";
  context.textBaseline = "middle";
  timeline.tops.forEach(({collection, lane}, number) => {
    context.fillStyle = shade.line;
    if (number) context.fillRect(0, lane * pitch(), width, 1);
    const next = timeline.tops[number + 1]?.lane ?? timeline.lanes;
    if (timeline.gutter && !timeline.few && (next - lane) * pitch() >= 12) {
      drawName(context, run.collections[collection].name, lane, shade);
    }
  });
  if (timeline.few) for (const bar of timeline.bars) drawName(context, bar.result.name, bar.lane, shade);
}

function drawName(context, name, lane, shade) {
  context.fillStyle = shade.dim;
  context.fillText(clipped(context, name, timeline.gutter - 12), 0, lane * pitch() + Math.min(pitch(), 16) / 2 + 1);
}

// What comes after a token waited for it: a line through the lanes of its collection.
function drawTokenEnds(context, area, shade) {
  context.strokeStyle = shade["token-fill"];
  context.setLineDash([3, 3]);
  timeline.tops.forEach(({collection, lane}, number) => {
    const next = timeline.tops[number + 1]?.lane ?? timeline.lanes;
    for (const bar of timeline.bars) {
      if (bar.result.kind !== "token" || failed(bar.result) || bar.result.collection !== collection) continue;
      const x = Math.round(across(area, bar.to)) + 0.5;
      context.beginPath();
      context.moveTo(x, lane * pitch());
      context.lineTo(x, next * pitch());
      context.stroke();
    }
  });
  context.setLineDash([]);
}

function drawBar(context, area, bar, shade) {
  const {result} = bar;
  const isBad = failed(result);
  const x = across(area, bar.from);
  const size = Math.max(isBad ? 3 : 1.5, across(area, bar.to) - x - 0.5);
  const tall = pitch() - (pitch() > 8 ? 4 : 1);
  const y = bar.lane * pitch() + (pitch() > 8 ? 2 : 0);
  context.globalAlpha = timeline.shown && !timeline.shown.has(result) ? 0.18 : 1;
  context.fillStyle = result.kind === "token" && !isBad ? shade["token-fill"] : shade[`${result.outcome}-fill`];
  context.fillRect(x, y, size, tall);
  if (isBad) drawMark(context, x, y, size, tall, shade);
  else if (result.kind === "token") drawLetter(context, "T", x, y, size, tall, shade.surface);
  context.globalAlpha = 1;
}

function drawLetter(context, letter, x, y, size, tall, colour) {
  if (size < 12 || tall < 10) return;
  context.fillStyle = colour;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(letter, x + 3, y + tall / 2 + 0.5);
}

function drawMark(context, x, y, size, tall, shade) {
  if (tall < 8) return;
  context.strokeStyle = size >= 14 ? shade.surface : shade.text;
  context.lineWidth = 1.5;
  cross(context, x + Math.max(size, 8) / 2, y + tall / 2, 3);
  context.lineWidth = 1;
}

function barAt(x, y, width, height) {
  const area = plotArea(width, height);
  if (y > area.bottom || x < area.left - 4) return null;
  const lane = Math.floor(y / pitch());
  let best = null;
  let nearest = 5; // pixels
  for (const bar of timeline.bars) {
    if (bar.lane !== lane) continue;
    const [from, to] = [across(area, bar.from), across(area, bar.to)];
    const distance = x < from ? from - x : x > to ? x - to : 0;
    if (distance < nearest) [best, nearest] = [bar, distance];
  }
  return best;
}

function startTimeline() {
  layOut();
  const figure = $("#timeline");
  if (!timeline.bars.length) {
    figure.hidden = true;
    return;
  }
  const tokens = results.filter((result) => result.kind === "token" && result.bars.length && !failed(result)).length;
  figure.querySelector(".legend").textContent = [
    `${count(timeline.bars.length)} exchanges in ${duration(run.elapsed_ms)}`,
    timeline.lanes > 1 && `up to ${atOnce()} at once`,
    tokens && "T: a token; what needs it waits for the dashed line",
    results.some(failed) && "×: did not pass",
  ].filter(Boolean).join(" · ");
  figure.querySelector("canvas").setAttribute("aria-label", `${figure.querySelector(".legend").textContent}. The list below has each of them.`);
  timeline.redraw = chart("timeline", {
    height: () => timeline.lanes * pitch() + AXIS,
    draw: drawTimeline,
    at: barAt,
    tip: (bar) => [...tipOf(bar.result), `· began at ${duration(bar.from)}`],
  });
}

function atOnce() {
  const edges = timeline.bars.flatMap(({from, to}) => [[from + ROUNDING, 1], [Math.max(to, from + ROUNDING), -1]]);
  edges.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let now = 0;
  return edges.reduce((most, [, change]) => Math.max(most, (now += change)), 0);
}
