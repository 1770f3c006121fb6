// Faults: those that are on, and a form to switch one on.

import { call, Refused } from "./api.js";
import { at, badge, el, field, say } from "./dom.js";
import { offer, outcome, sentence, submits, typed } from "./form.js";
import { count } from "./text.js";

const KINDS = [
  ["latency", "Late answer"],
  ["busy", "Refused as busy, 1018"],
  ["maintenance", "Maintenance, 1"],
  ["error", "Server error of the API"],
  ["unknown_code", "A code that nobody knows"],
  ["unknown_field", "Fields that nobody knows"],
  ["spelling", "Numbers and booleans spelt otherwise"],
  ["html", "HTML page of a proxy"],
  ["empty", "Empty body"],
  ["cut", "Body cut in half"],
  ["close", "Connection closed, no answer"],
  ["drip", "Answer bit by bit"],
  ["callback_delay", "Callback late"],
  ["callback_duplicate", "Callback twice"],
  ["callback_lost", "Callback lost"],
  ["callback_lost_answer", "Callback's answer lost"],
  ["callback_amount", "Callback tells another amount"],
  ["callback_currency", "Callback tells another currency"],
  ["callback_player", "Callback tells another player"],
  ["transaction_lost", "Transaction not listed"],
];
const TAKES_TIME = ["latency", "drip", "callback_delay"];
const WORDS = new Map(KINDS);

const kind = field("What goes wrong", el("select", {}, ...KINDS.map(([value, text]) => el("option", { value }, text))));
const agent = field("For", el("select", {}));
const operation = field("Operation", el("select", {}));
const share = field("Share of requests, %", el("input", { inputmode: "decimal", value: "100" }));
const times = field("At most, times", el("input", { inputmode: "numeric", placeholder: "no end" }));
const seconds = field("Seconds", el("input", { inputmode: "decimal", value: "1" }));
const spread = field("Up to seconds more", el("input", { inputmode: "decimal", value: "0" }));
const message = outcome();

/** Set up the panel; `refresh` asks for the state anew. */
export async function prepareFaults(refresh) {
  at("fault").append(
    kind,
    el("div", { class: "fields" }, agent, operation, share, times, seconds, spread),
    el("div", { class: "row" }, el("button", {}, "Switch on"), message),
  );
  kind.control.addEventListener("change", showTimes);
  showTimes();
  at("faults-clear").addEventListener("click", () => switchOff(at("faults-clear"), "faults", refresh));
  const fields = { kind, agent, operation, share, count: times, seconds, spread };
  const places = new Map(Object.entries(fields).map(([name, made]) => [`body.${name}`, made]));
  submits(at("fault"), places, message, async () => {
    await call("POST", "faults", asked());
    await refresh();
    return "Switched on.";
  });
  offer(operation.control, [["", "Every operation"], ...(await operations()).map((id) => [id, id])]);
}

/** Show the faults of a state. */
export function showFaults({ faults, accounts }, refresh) {
  offer(agent.control, [["", "Every account"], ...accounts.map(({ id }) => [id, id])]);
  at("faults-clear").hidden = faults.length < 2;
  const list = at("faults");
  const current = JSON.stringify(faults);
  if (list.dataset.shown === current) {
    return;
  }
  list.dataset.shown = current;
  const focused = document.activeElement?.dataset.fault;
  list.replaceChildren(...faults.map((fault) => entry(fault, refresh)));
  if (focused) {
    list.querySelector(`[data-fault="${CSS.escape(focused)}"]`)?.focus();
  }
}

function entry(fault, refresh) {
  const title = WORDS.get(fault.kind) ?? fault.kind;
  const off = el("button", { type: "button", class: "small", "data-fault": fault.id, "aria-label": `Off: ${title}` }, "Off");
  off.addEventListener("click", () => switchOff(off, `faults/${fault.id}`, refresh));
  const about = [fault.agent ?? "every account", fault.operation ?? "every operation", howOften(fault), howLong(fault)];
  return el(
    "li",
    {},
    el("div", {}, el("strong", {}, title), " ", badge(`met ${fault.met}`, fault.met ? "warn" : ""), el("div", { class: "small muted" }, about.filter(Boolean).join(" · "))),
    off,
  );
}

/** Switch off what is at `path`; the button that was pressed goes away with it. */
async function switchOff(button, path, refresh) {
  button.disabled = true;
  try {
    await call("DELETE", path);
    say(message, "");
    const form = at("fault").closest("details");
    (form.open ? at("fault").querySelector("button") : form.querySelector("summary")).focus();
    await refresh();
  } catch (error) {
    if (!(error instanceof Refused)) {
      throw error;
    }
    at("fault").closest("details").open = true;
    say(message, sentence(error.message), "bad");
  } finally {
    button.disabled = false;
  }
}

function howOften(fault) {
  const part = fault.share < 1 ? `${Number((100 * fault.share).toFixed(2))} %` : "";
  return [part, fault.count ? `at most ${count(fault.count, "time")}` : ""].filter(Boolean).join(", ");
}

function howLong(fault) {
  if (!TAKES_TIME.includes(fault.kind)) {
    return "";
  }
  return fault.spread ? `${fault.seconds} to ${Number((fault.seconds + fault.spread).toFixed(3))}\u00a0s` : `${fault.seconds}\u00a0s`;
}

function showTimes() {
  const timed = TAKES_TIME.includes(kind.control.value);
  seconds.hidden = spread.hidden = !timed;
}

function asked() {
  const body = { kind: kind.control.value, share: typed(share, "share", "a number from 0 to 100", (value) => value >= 0 && value <= 100) / 100 };
  if (agent.control.value) {
    body.agent = agent.control.value;
  }
  if (operation.control.value) {
    body.operation = operation.control.value;
  }
  if (times.control.value.trim()) {
    body.count = typed(times, "count", "a whole number, 1 or more", (value) => Number.isInteger(value) && value > 0);
  }
  if (TAKES_TIME.includes(body.kind)) {
    body.seconds = typed(seconds, "seconds");
    body.spread = typed(spread, "spread");
  }
  return body;
}

/** Return the operationIds of the contract. */
async function operations() {
  const { paths } = await call("GET", "openapi.json");
  const each = Object.values(paths).flatMap((item) => Object.values(item).map((node) => node?.operationId));
  return each.filter(Boolean).sort();
}
