// The sandbox's clock: what it shows, and moving it.

import { call } from "./api.js";
import { at, el, say } from "./dom.js";
import { outcome } from "./form.js";
import { moment } from "./text.js";

const STEPS = [
  ["+1 minute", 60],
  ["+10 minutes", 600],
  ["+1 hour", 3600],
  ["+1 day", 86400],
];
const message = outcome();
const now = el("p", { id: "clock-now" });
const real = el("button", { type: "button", class: "small", hidden: true }, "Back to real time");

/** Set up the panel. */
export function prepareClock() {
  const move = (body) => async () => {
    try {
      showClock(await call("POST", "clock", body));
      say(message, "");
    } catch (error) {
      say(message, error.message, "bad");
    }
  };
  const buttons = STEPS.map(([text, advance]) => el("button", { type: "button", class: "small", onclick: move({ advance }) }, text));
  real.addEventListener("click", async () => {
    await move({ real: true })();
    buttons[0].focus();
  });
  at("clock").append(now, el("div", { class: "row" }, ...buttons, real), message);
}

/** Show the time of a state. */
export function showClock({ now: time, moved }) {
  say(now, moment(time));
  say(at("clock-moved"), moved ? "moved" : "real time", moved ? "warn" : "good");
  real.hidden = !moved;
}
