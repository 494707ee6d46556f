// How long each request took, over the time of the run, and at the right how often: both on one logarithmic scale.

const latency = {points: [], from: 1, to: 10, end: 1, shown: null, redraw: () => {}};
const SHARES = [[0.5, "median"], [0.95, "p95"], [0.99, "p99"]];
const LEFT = 52;
const HISTOGRAM = 56;
const TALL = {least: 190, most: 300};

function latencyArea(width, height) {
  return {from: 0, to: latency.end, left: LEFT, right: width - HISTOGRAM - 12, top: 8, bottom: height - AXIS};
}

const down = (area, ms) => {
  const share = Math.log(Math.max(ms, latency.from) / latency.from) / Math.log(latency.to / latency.from);
  return area.bottom - share * (area.bottom - area.top);
};
const along = (area, at) => area.left + (at / latency.end) * (area.right - area.left);

function drawLatency(context, width, height, shade) {
  const area = latencyArea(width, height);
  timeAxis(context, area, shade);
  drawScale(context, area, width, shade);
  drawPoints(context, area, shade);
  drawHistogram(context, area, width, shade);
}

function drawScale(context, area, width, shade) {
  context.textBaseline = "middle";
  context.textAlign = "right";
  const decades = Math.log10(latency.to / latency.from);
  const factors = decades > 3 ? [1] : [1, 2, 5];
  for (let power = Math.floor(Math.log10(latency.from)); 10 ** power <= latency.to; power += 1) {
    for (const ms of factors.map((factor) => factor * 10 ** power)) {
      if (ms < latency.from || ms > latency.to) continue;
      const y = Math.round(down(area, ms)) + 0.5;
      context.fillStyle = shade.line;
      context.fillRect(area.left, y, width - area.left, 1);
      context.fillStyle = shade.dim;
      context.fillText(duration(ms), area.left - 7, y);
    }
  }
}

function drawPoints(context, area, shade) {
  const size = latency.points.length > 2000 ? 1.5 : 2.5;
  for (const {result, at} of latency.points) {
    context.globalAlpha = latency.shown && !latency.shown.has(result) ? 0.12 : latency.points.length > 2000 ? 0.7 : 1;
    const [x, y] = [along(area, at), down(area, result.elapsed)];
    if (failed(result)) {
      context.strokeStyle = shade[result.outcome];
      context.lineWidth = 1.75;
      cross(context, x, y, 3.5);
      context.lineWidth = 1;
    } else {
      context.fillStyle = result.kind === "token" ? shade["token-fill"] : shade["passed-fill"];
      context.fillRect(x - size, y - size, 2 * size, 2 * size);
    }
  }
  context.globalAlpha = 1;
}

function drawHistogram(context, area, width, shade) {
  const bins = new Map();
  const binOf = (ms) => Math.floor((area.bottom - down(area, ms)) / 6);
  for (const ms of times) bins.set(binOf(ms), (bins.get(binOf(ms)) ?? 0) + 1);
  const most = Math.max(...bins.values());
  context.fillStyle = shade["passed-fill"];
  for (const [bin, number] of bins) {
    context.fillRect(width - HISTOGRAM, area.bottom - (bin + 1) * 6, Math.max(1.5, (number / most) * HISTOGRAM), 5);
  }
}

function pointAt(x, y, width, height) {
  const area = latencyArea(width, height);
  let best = null;
  let nearest = 100; // pixels, squared
  for (const point of latency.points) {
    const distance = (along(area, point.at) - x) ** 2 + (down(area, point.result.elapsed) - y) ** 2;
    if (distance < nearest) [best, nearest] = [point, distance];
  }
  return best;
}

// As tall as its neighbour, where it has one.
const tallness = () => (narrow.matches ? TALL.least : Math.max(TALL.least, Math.min(TALL.most, timeline.lanes * pitch() + AXIS)));

function startLatency() {
  const figure = $("#latency");
  latency.points = timed.filter((result) => result.bars.length).map((result) => ({result, at: result.bars.at(-2)}));
  if (latency.points.length < 2) {
    figure.hidden = true;
    $(".charts").classList.add("single");
    return;
  }
  latency.points.sort((a, b) => failed(a.result) - failed(b.result)); // failures above the rest
  latency.end = latency.points.reduce((latest, point) => Math.max(latest, point.at), 1);
  latency.from = Math.max(0.1, times[0] * 0.8);
  latency.to = Math.max(times.at(-1) * 1.25, latency.from * 4);
  const words = SHARES.map(([share, name]) => `${name} ${duration(percentile(times, share))}`);
  figure.querySelector(".legend").textContent = [...words, `longest ${duration(times.at(-1))}`].join(" · ");
  figure.querySelector("canvas").setAttribute("aria-label", `Time of ${count(times.length)} requests: ${words.join(", ")}`);
  latency.redraw = chart("latency", {height: tallness, draw: drawLatency, at: pointAt, tip: (point) => tipOf(point.result)});
}
