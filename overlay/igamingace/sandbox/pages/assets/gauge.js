// Requests in flight against the limit, with the last minute as a line.

import { el, say } from "./dom.js";

const REMEMBERED = 60;
const SVG = "http://www.w3.org/2000/svg";

/** Return a gauge; its `show` takes the account's figures and the limit. */
export function gauge(name) {
  const now = el("strong", {});
  const rest = el("span", { class: "muted" });
  const track = el(
    "div",
    { class: "track", role: "meter", "aria-label": `Requests in flight of ${name}`, "aria-valuemin": "0" },
    el("div", { class: "fill" }),
    el("div", { class: "peak" }),
  );
  const line = document.createElementNS(SVG, "polyline");
  const most = el("span", {});
  const made = el(
    "div",
    { class: "gauge" },
    el("p", { class: "figures" }, el("span", {}, now, " in flight"), rest),
    track,
    scale(el("span", {}, "0"), el("span", {}, "now, peak marked"), most),
    chart(line),
    scale(el("span", {}, "a minute ago"), el("span", {}, "now")),
  );
  const samples = [];
  made.show = (figures, limit) => {
    const full = limit ?? Math.max(figures.peak_in_flight, 1);
    say(most, String(full));
    say(now, limit === null ? String(figures.in_flight) : `${figures.in_flight} of ${limit}`);
    say(rest, `peak ${figures.peak_in_flight}${figures.busy ? ` · ${figures.busy} refused` : ""}`);
    made.dataset.kind = figures.in_flight >= full ? "bad" : figures.in_flight >= full * 0.8 ? "warn" : "";
    track.ariaValueMax = String(full);
    track.ariaValueNow = String(figures.in_flight);
    track.style.setProperty("--share", `${(100 * figures.in_flight) / full}%`);
    track.style.setProperty("--peak", `${(100 * figures.peak_in_flight) / full}%`);
    samples.push(Math.min(figures.in_flight / full, 1));
    samples.splice(0, samples.length - REMEMBERED);
    line.setAttribute("points", points(samples));
  };
  return made;
}

/** What the ends of a meter stand for; a screen reader has it from the meter itself. */
function scale(...labels) {
  return el("p", { class: "scale", "aria-hidden": "true" }, ...labels);
}

function chart(line) {
  const svg = document.createElementNS(SVG, "svg");
  const attributes = { viewBox: `0 0 ${REMEMBERED - 1} 20`, preserveAspectRatio: "none", "aria-hidden": "true" };
  Object.entries(attributes).forEach(([name, value]) => svg.setAttribute(name, value));
  line.setAttribute("fill", "none");
  line.setAttribute("stroke", "currentColor");
  line.setAttribute("stroke-width", "1.5");
  line.setAttribute("vector-effect", "non-scaling-stroke");
  svg.append(line);
  return svg;
}

function points(samples) {
  const start = REMEMBERED - samples.length;
  return samples.map((share, index) => `${start + index},${(19 - 18 * share).toFixed(1)}`).join(" ");
}
