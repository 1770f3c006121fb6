// A log that grows at its top: filter, a bounded list, details to unfold.

import { at, el, say } from "./dom.js";
import { offer } from "./form.js";
import { count } from "./text.js";

const KEPT = 500;
const STEP = 50;

/**
 * Make the log of a panel.
 * @param {string} id of the panel
 * @param {(entry: object) => HTMLElement} render
 * @param {(entry: object) => boolean} isBad
 */
export function log(id, render, isBad, { bad, none }) {
  const panel = at(id);
  const search = el("input", { type: "search", id: `${id}-search`, placeholder: "Filter", autocomplete: "off" });
  const account = el("select", { id: `${id}-account` });
  const only = el("input", { type: "checkbox", id: `${id}-bad` });
  const list = el("ul", { class: "entries" });
  const empty = el("p", { class: "empty" }, none);
  const more = el("button", { type: "button", class: "small", hidden: true }, "Show more");
  const total = el("p", { class: "muted small" });
  panel.append(
    el(
      "div",
      { class: "filters" },
      el("div", {}, el("label", { class: "visually-hidden", for: search.id }, "Filter by any text"), search),
      el("div", {}, el("label", { class: "visually-hidden", for: account.id }, "Account"), account),
      el("div", { class: "check" }, only, el("label", { for: only.id }, bad)),
    ),
    el("div", { class: "scroll", tabindex: "0", role: "group", "aria-labelledby": `${id}-title` }, list, empty),
    el("div", { class: "foot spread" }, total, more),
  );

  let entries = [];
  let most = STEP;
  offer(account, [["", "All accounts"]]);

  const matches = (entry) => {
    const text = search.value.trim().toLowerCase();
    const chosen = !account.value || entry.account === account.value;
    return chosen && (!only.checked || isBad(entry)) && (!text || JSON.stringify(entry).toLowerCase().includes(text));
  };
  const finish = () => {
    const found = entries.filter(matches).length;
    empty.hidden = found > 0;
    say(empty, entries.length ? "Nothing matches." : none);
    more.hidden = found <= most;
    say(total, found === entries.length ? count(found, "entry", "entries") : `${found} of ${count(entries.length, "entry", "entries")}`);
  };
  const draw = () => {
    list.replaceChildren(...entries.filter(matches).slice(0, most).map(render));
    finish();
  };
  [search, account, only].forEach((control) => control.addEventListener("input", draw));
  more.addEventListener("click", () => {
    most += STEP;
    draw();
  });
  finish();

  return {
    /** Put new entries, oldest first, at the top. */
    add(fresh) {
      if (!fresh.length) {
        return;
      }
      const newest = fresh.toReversed();
      entries = [...newest, ...entries].slice(0, KEPT);
      list.prepend(...newest.filter(matches).slice(0, most).map(render));
      while (list.childElementCount > most) {
        list.lastElementChild.remove();
      }
      finish();
    },
    /** Forget what is shown. */
    clear() {
      entries = [];
      draw();
    },
    /** Offer the accounts to filter by. */
    accounts(ids) {
      offer(account, [["", "All accounts"], ...ids.map((each) => [each, each])]);
    },
  };
}
