// The three reels, which show what the sandbox has said already.

import { at } from "./dom.js";

const SYMBOLS = ["7", "★", "♦", "♣", "♠", "♥"];
const RED = ["7", "♦", "♥"];
const calm = matchMedia("(prefers-reduced-motion: reduce)");

const any = (from) => from[Math.floor(Math.random() * from.length)];

/** Let the reels turn until `show` is called. */
export function turn() {
  delete at("reels").dataset.won;
  if (!calm.matches) {
    at("reels").dataset.turning = "";
  }
}

/** Stop them: three of a kind for a win, anything else but that otherwise. */
export function show(won) {
  const reels = at("reels");
  delete reels.dataset.turning;
  const first = any(SYMBOLS);
  const line = won ? [first, first, first] : [first, any(SYMBOLS), any(SYMBOLS.filter((symbol) => symbol !== first))];
  [...reels.children].forEach((cell, index) => {
    cell.textContent = line[index];
    cell.toggleAttribute("data-red", RED.includes(line[index]));
  });
  reels.toggleAttribute("data-won", won);
}
