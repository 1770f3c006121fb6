// An exchange over the wire, unfolded: headers, bodies, verdict.

import { badge, el } from "./dom.js";
import { duration, money, pretty, time } from "./text.js";

/** Return the entry of a request that was received. */
export function requestEntry(entry) {
  const refused = entry.status >= 400 || entry.status === 0 || Boolean(entry.code);
  const status = entry.status === 0 ? "no answer" : `${entry.status}${entry.code ? ` · ${entry.code}` : ""}`;
  return folded(entry, {
    what: `${entry.method} ${entry.path.split("?")[0]}`,
    sign: badge(status, refused ? "bad" : "good"),
    more: [entry.account ?? "no account", entry.operation, duration(entry.milliseconds), fault(entry.fault)],
    parts: () => [
      part("Request line", `${entry.method} ${entry.path}`),
      pairs("Request headers", entry.request_headers),
      part("Request body", entry.request_body),
      part("Answer", entry.answer_body),
    ],
  });
}

/** Return the entry of a callback that was sent. */
export function callbackEntry(entry) {
  return folded(entry, {
    what: booking(entry),
    sign: badge(entry.status_code ?? entry.outcome, entry.ok ? "good" : entry.outcome === "refused" ? "warn" : "bad"),
    more: [entry.player, entry.account, tries(entry.attempt), duration(entry.milliseconds), fault(entry.fault), entry.ok ? null : entry.verdict],
    parts: () => [
      part("Sent to", entry.url),
      part("Request body", entry.request_body),
      part("X-Request-Signature", entry.signature),
      part(entry.http_status ? `Answer, HTTP ${entry.http_status}` : "Answer", entry.answer_body || "none came"),
      part("Verdict", entry.verdict),
    ],
  });
}

/** What a callback moves, and the balance that was answered: "bet 1.50 → balance 98.50". */
function booking({ command, amounts, balance, minor_digits: digits }) {
  const { amount = amounts.betAmount, winAmount } = amounts;
  const sums = [amount, winAmount].filter((sum) => sum !== undefined).map((sum) => money(sum, digits));
  const left = balance === null ? "no balance" : `balance ${money(balance, digits)}`;
  return command === "balance" && balance !== null ? left : `${[command, sums.join(" for ")].filter(Boolean).join(" ")} → ${left}`;
}

function tries(attempt) {
  return attempt > 1 ? `try ${attempt}` : null;
}

function fault(kind) {
  return kind ? badge(`fault: ${kind}`, "warn") : null;
}

function folded(entry, { what, sign, more, parts }) {
  const body = el("div", { class: "exchange" });
  const shown = more.filter(Boolean).flatMap((piece, index) => (index ? [" · ", piece] : [piece]));
  const details = el(
    "details",
    { ontoggle: () => body.childElementCount || body.append(...parts().filter(Boolean)) },
    el(
      "summary",
      {},
      el("span", { class: "mono muted" }, time(entry.at)),
      el("span", { class: "what" }, what),
      sign,
      el("span", { class: "more" }, ...shown),
    ),
    body,
  );
  return el("li", {}, details);
}

function part(title, text) {
  return text ? el("div", {}, el("h3", {}, title), el("pre", scrollable(title), pretty(text))) : null;
}

function pairs(title, fields) {
  const rows = Object.entries(fields).flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]);
  return rows.length ? el("div", {}, el("h3", {}, title), el("dl", { class: "pairs" }, ...rows)) : null;
}

/** What may scroll must be reachable by keyboard, and so wants a name. */
function scrollable(name) {
  return { tabindex: "0", role: "group", "aria-label": name };
}
