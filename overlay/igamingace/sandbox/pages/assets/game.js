// The toy game: plays rounds in a session, and shows what goes over the wire.

import { call, Refused } from "./api.js";
import { at, el, field, say } from "./dom.js";
import { callbackEntry } from "./exchange.js";
import { sentence, typed } from "./form.js";
import { poll, STOP } from "./poll.js";
import * as reels from "./reels.js";
import { count, money } from "./text.js";

const MOST_SHOWN = 100;
const GONE = [404, 410];
const A_WHILE = 400; // milliseconds after which a move that is under way is spoken of
const id = new URLSearchParams(location.search).get("session") ?? "";
const stake = field("Stake", el("input", { inputmode: "decimal", autocomplete: "off" }));
const prize = field("Win", el("input", { inputmode: "decimal", autocomplete: "off" }));
let session = null;
let last = 0;
let busy = false;
let asked = "";
let now = async () => {};

const amount = (text) => money(text, session.minor_digits);
const amountOf = (made) => made.control.value.trim();
const bet = () => ["bet", { amount: amountOf(stake) }];
const win = () => ["win", { amount: amountOf(prize) }];

/** The moves by hand: when each can be made, and what it sends. */
const MOVES = [
  { text: "Bet", when: () => !session.round, send: bet },
  { text: "Win", when: () => session.round, send: win },
  { text: "Win, more to come", when: () => session.round, send: () => ["win", { amount: amountOf(prize), finished: false }] },
  { text: "Lose", when: () => session.round, send: () => ["lose"] },
  { text: "Cancel the bet", when: () => session.round, send: () => ["cancel"] },
  { text: "Bet and win at once", when: () => !session.round, send: () => ["betwin", { amount: amountOf(stake), win: amountOf(prize) }] },
  { text: "Free spin", when: () => !session.round && session.bonus, send: () => ["bonus", { amount: amountOf(prize) }] },
  { text: "Ask for the balance", when: () => true, send: () => ["balance"] },
  { text: "End the session", when: () => true, send: () => ["end"] },
].map((move) => ({ ...move, button: el("button", { type: "button", class: "small" }, move.text) }));

/** Make a move; return what was answered, or null when it was refused. */
async function make(action, body = {}) {
  asked = action;
  const answer = await call("POST", `play/${encodeURIComponent(id)}/${action}`, body);
  session = answer.session;
  show();
  return answer;
}

/** Run one thing the player asked for; nothing else can be asked for meanwhile. */
async function during(work) {
  if (busy) {
    return;
  }
  busy = true;
  const focused = document.activeElement;
  [stake, prize].forEach((made) => made.fail(""));
  show();
  const waiting = setTimeout(() => say(at("told"), "Waiting for the answer."), A_WHILE);
  try {
    const [text, kind] = await work();
    say(at("told"), text, kind);
  } catch (error) {
    refused(error);
  } finally {
    clearTimeout(waiting);
    busy = false;
    await now();
    show();
    restore(focused);
  }
}

/** What was pressed may not be possible any more; the focus goes to what comes next then. */
function restore(focused) {
  if (document.activeElement !== document.body && !document.activeElement.disabled) {
    return;
  }
  const next = [focused, ...MOVES.map(({ button }) => button), at("spin"), at("back")].find((each) => each?.isConnected && !each.disabled && each !== document.body);
  next?.focus();
}

function refused(error) {
  reels.show(false);
  if (!(error instanceof Refused)) {
    throw error;
  }
  const wrong = error.parts.find(({ place }) => place.startsWith("body."));
  const paying = ["win", "bonus"].includes(asked);
  const made = { "body.amount": paying ? prize : stake, "body.win": prize }[wrong?.place];
  made?.fail(sentence(wrong.text));
  made?.control.focus();
  say(at("told"), made ? "" : sentence(error.message), "bad");
}

/** What was said of the last move is of no use any more. */
function forget() {
  say(at("told"), "");
  [stake, prize].forEach((made) => made.fail(""));
}

function told(answer) {
  return answer.accepted === false || session.problem ? [session.problem ?? "It was not accepted.", "bad"] : null;
}

async function spin() {
  asked = "bet";
  typed(stake, "amount");
  typed(prize, "win"); // before anything is staked
  reels.turn();
  // Drawn before the bet, which says in the sister's dialect whether the round is lost.
  const wins = Math.random() < 0.5;
  const [action, staked] = bet();
  const problem = told(await make(action, wins ? staked : { ...staked, lost: true }));
  if (problem) {
    reels.show(false);
    return problem;
  }
  const paid = wins ? told(await make(...win())) : null;
  reels.show(wins);
  return paid ?? (wins ? [`You win ${amount(amountOf(prize))}.`, "good"] : ["Not this time.", ""]);
}

async function byHand({ text, send }) {
  const answer = await make(...send());
  return told(answer) ?? [session.ended ? "" : `${text}: done.`, "good"];
}

function show() {
  const { game, provider, player, account, balance, currency, mode, ended, round, bonus } = session;
  at("table").hidden = false;
  document.title = `${game.name} · igamingace sandbox`;
  say(at("game-name"), game.name);
  say(at("balance"), balance === null ? "–" : `${amount(balance)} ${currency}`);
  showAbout({ Player: player, Agent: account, Provider: provider.name });
  const playing = round ? `Round ${round.id}: staked ${amount(round.stake)}, won ${amount(round.won)}.` : "No round is open.";
  say(at("round"), ended ? `The session has ended: ${ended}.` : playing, ended ? "bad" : "");
  say(at("bonus"), bonus ? `Bonus call ${bonus.id}: ${count(bonus.rounds_remaining, "free spin")} left, ${amount(bonus.won)} of at most ${amount(bonus.most)} won.` : "No bonus call: register one for this player and game to get free spins.");
  say(at("wire-to"), mode === "transfer" ? "Transfer mode: the money is at the platform, no callbacks" : "Callbacks to the agent's wallet");
  at("spin").disabled = Boolean(busy || ended || round);
  MOVES.forEach(({ button, when }) => (button.disabled = Boolean(busy || ended || !when())));
  [stake, prize].forEach(({ control }) => (control.disabled = Boolean(ended)));
}

function showAbout(rows) {
  const text = JSON.stringify(rows);
  if (at("about").dataset.shown !== text) {
    at("about").dataset.shown = text;
    at("about").replaceChildren(...Object.entries(rows).flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
  }
}

async function readWire() {
  const { entries, last: newest } = await call("GET", `callbacks?after=${last}`);
  last = newest;
  const fresh = entries.filter((entry) => entry.session === id).toReversed();
  at("exchanges").prepend(...fresh.map(callbackEntry));
  while (at("exchanges").childElementCount > MOST_SHOWN) {
    at("exchanges").lastElementChild.remove();
  }
  at("wire-empty").hidden = at("exchanges").childElementCount > 0;
}

/** Return the session as it is now; null when the sandbox knows it no more, which is said. */
async function read() {
  try {
    return await call("GET", `play/${encodeURIComponent(id)}`);
  } catch (error) {
    if (!GONE.includes(error.status)) {
      throw error;
    }
    at("table").hidden = true;
    at("gone").hidden = false;
    say(at("gone"), error.message);
    return null;
  }
}

async function ask() {
  const current = await read();
  if (current === null) {
    return STOP;
  }
  if (session === null) {
    prepare(current);
  }
  if (!busy) {
    if (current.ended && !session.ended) {
      forget(); // somebody else has ended it: a kick, say
    }
    session = current;
  }
  const focused = document.activeElement;
  show();
  if (focused?.disabled) {
    restore(focused); // somebody else has ended what was used last
  }
  await readWire();
  return null;
}

function prepare(opened) {
  const unit = opened.minor_digits ? "1.50" : "1500";
  stake.control.value = unit;
  prize.control.value = opened.minor_digits ? "4.00" : "4000";
  at("amounts").append(stake, prize);
  at("moves").append(...MOVES.map(({ button }) => button));
  MOVES.forEach((move) => move.button.addEventListener("click", () => during(() => byHand(move))));
  if (/^https?:/.test(opened.return_url)) {
    at("back").href = opened.return_url; // never a script: it comes from whoever launched the game
  }
  at("play").addEventListener("submit", (event) => {
    event.preventDefault();
    during(spin);
  });
}

now = poll(ask, at("live"));
