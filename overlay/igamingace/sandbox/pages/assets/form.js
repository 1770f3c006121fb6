// Forms that send JSON: what is refused is shown at the field it is about.

import { Refused } from "./api.js";
import { el, say } from "./dom.js";

/** Return the line of a form that tells how sending went; it is read out. */
export function outcome() {
  return el("p", { class: "message", role: "status" });
}

/**
 * Call `send` when the form is submitted, one at a time.
 * @param {HTMLFormElement} form
 * @param {Map<string, {control: HTMLElement, fail: (message: string) => void}>} fields by place, such as `body.points.USD`
 * @param {HTMLElement} message made by `outcome`
 * @param {() => Promise<string>} send returns what to say of the success
 */
export function submits(form, fields, message, send) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.ariaBusy === "true") {
      return;
    }
    form.ariaBusy = "true";
    fields.forEach((field) => field.fail(""));
    say(message, "");
    try {
      say(message, await send(), "good");
    } catch (error) {
      fail(error, fields, message);
    } finally {
      form.ariaBusy = "false";
    }
  });
}

function fail(error, fields, message) {
  if (!(error instanceof Refused)) {
    throw error;
  }
  const left = [];
  const wrong = new Map();
  for (const { place, text } of error.parts) {
    const field = [...fields].find(([name]) => place === name || place.startsWith(`${name}[`))?.[1];
    if (field) {
      wrong.set(field, [...(wrong.get(field) ?? []), text]);
    } else {
      left.push(place ? `${place}: ${text}` : text);
    }
  }
  wrong.forEach((texts, field) => field.fail(sentence(texts.join("; "))));
  [...wrong.keys()][0]?.control.focus();
  say(message, left.length ? sentence(left.join("; ")) : "Not done: see above.", "bad");
}

/**
 * Return the number that somebody has typed into a field, or refuse it as the sandbox would.
 * @param {string} name of the member of the body that it is for
 * @param {string} words what it must be
 * @param {(value: number) => boolean} admits
 * @throws {Refused}
 */
export function typed({ control }, name, words = "a number", admits = () => true) {
  const text = control.value.trim();
  const value = Number(text);
  if (!/^-?\d*\.?\d+$/.test(text) || !admits(value)) {
    throw new Refused(`body.${name}: must be ${words}`, 0);
  }
  return value;
}

/** A text of the sandbox as a sentence. */
export function sentence(text) {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}

/**
 * Keep a control at what the sandbox has, unless somebody has changed it here.
 * @returns {boolean} whether it was changed here
 */
export function follow(control, value) {
  const changed = control.value !== (control.dataset.served ?? control.value);
  if (!changed && control.value !== value) {
    control.value = value;
  }
  control.dataset.served = value;
  return changed;
}

/** Offer `options`, `[value, text]` each, and keep the choice where it is still there. */
export function offer(select, options) {
  const wanted = JSON.stringify(options);
  if (select.dataset.offered === wanted) {
    return;
  }
  const chosen = select.value;
  select.dataset.offered = wanted;
  select.replaceChildren(...options.map(([value, text]) => el("option", { value }, text)));
  if (options.some(([value]) => value === chosen)) {
    select.value = chosen;
  }
}
