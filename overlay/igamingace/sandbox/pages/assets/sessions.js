// The games that are open: who plays what, with a button that kicks; and those that ended lately.

import { call, ROOT } from "./api.js";
import { at, badge, el, say } from "./dom.js";
import { outcome } from "./form.js";
import { count, moment, money } from "./text.js";

/** @type {Map<string, HTMLElement>} */
const shown = new Map();
const message = outcome();
let refresh = async () => {};

/** Set up the panel; `again` asks for the state anew. */
export function prepareSessions(again) {
  refresh = again;
  at("sessions-message").append(message);
}

/** Show the sessions of a state. */
export function showSessions({ open_sessions: open, sessions, ended_sessions: ended }) {
  const [empty, more] = [at("sessions-empty"), at("sessions-more")];
  say(at("sessions-open"), `${count(open, "game")} open`);
  empty.hidden = open > 0;
  more.hidden = open <= sessions.length;
  say(more, `Shown are the latest ${sessions.length} of ${open}.`);
  list(at("sessions"), sessions, playing);
  list(at("ended"), ended, over);
  at("ended-sessions").hidden = ended.length === 0;
  const known = new Set([...sessions, ...ended].map(({ id }) => id));
  [...shown.keys()].filter((id) => !known.has(id)).forEach((id) => shown.delete(id));
}

/** Put the rows of `sessions` into `element`; rows that are there already stay, and so does the focus in them. */
function list(element, sessions, build) {
  sessions.forEach((session) => {
    if (shown.get(session.id)?.parentElement !== element) {
      shown.set(session.id, build(session));
    }
    shown.get(session.id).show(session);
  });
  const rows = sessions.map(({ id }) => shown.get(id));
  [...element.children].filter((row) => !rows.includes(row)).forEach((row) => row.remove());
  rows.forEach((row, index) => element.children[index] === row || element.insertBefore(row, element.children[index] ?? null));
}

function playing(session) {
  const balance = el("span", { class: "money" });
  const state = badge("");
  const problem = el("p", { class: "message", "data-kind": "bad" });
  const kick = el("button", { type: "button", class: "small", "aria-label": `Kick ${who(session)}` }, "Kick");
  const row = el(
    "li",
    {},
    el(
      "div",
      {},
      el("p", { class: "row" }, el("strong", {}, session.player), state, session.is_streamer ? badge("streamer") : null),
      el("p", { class: "small muted" }, where(session)),
      el("p", { class: "small muted" }, `Since ${moment(session.opened)}`),
      problem,
    ),
    balance,
    el("a", { class: "button small", href: `${ROOT}_sandbox/game?session=${encodeURIComponent(session.id)}`, "aria-label": `Game of ${who(session)}` }, "Game"),
    kick,
  );
  kick.addEventListener("click", () => kickOut(session, kick));
  row.show = (current) => {
    say(balance, current.balance === null ? "no balance yet" : `${money(current.balance, current.minor_digits)} ${current.currency}`);
    say(state, current.round ? `staked ${money(current.round.stake, current.minor_digits)}` : "no round open", current.round ? "accent" : "");
    say(problem, current.problem ?? "", "bad");
    problem.hidden = !current.problem;
  };
  return row;
}

function over(session) {
  const row = el(
    "li",
    {},
    el(
      "div",
      {},
      el("strong", {}, session.player),
      el("p", { class: "small muted" }, where(session)),
      el("p", { class: "small muted" }, `Ended ${moment(session.ended_at)}: ${session.ended}`),
    ),
    el("span", { class: "muted small" }, count(session.rounds, "round")),
  );
  row.show = () => {};
  return row;
}

/** Kick a player as the agent's server would, which ends all of the player's games with that agent. */
async function kickOut(session, button) {
  button.disabled = true;
  try {
    await call("POST", "kick", { account: session.account, playerExternalId: session.player });
    at("sessions-title").focus(); // the button that was pressed goes away
    say(message, `${session.player} was kicked.`, "good");
    await refresh();
  } catch (error) {
    say(message, error.message, "bad");
    button.disabled = false;
    button.focus();
  }
}

const who = ({ player, game }) => `${player} in ${game.name}`;
const where = ({ game, provider, account }) => `${game.name} · ${provider.name} · ${account}`;
