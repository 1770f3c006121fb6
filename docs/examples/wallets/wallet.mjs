// A seamless wallet in Node.js (22.16 or newer), without dependencies.
//
//   IGAMINGACE_API_TOKEN=... node wallet.mjs [PORT] [DATABASE]
//
// Players are rows of the table `player` (schema.sql). The rules are those of the guide to callbacks.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { DatabaseSync } from 'node:sqlite';

const TOKEN = process.env.IGAMINGACE_API_TOKEN;
if (!TOKEN) throw new Error('set IGAMINGACE_API_TOKEN to the token of the account');
const [port = '8080', path = 'wallet.db'] = process.argv.slice(2);

const SCALE = 4; // digits after the point; see schema.sql
const MAX_AMOUNT = 10n ** 18n; // a sum of two fits into 64 bits
const MAX_BODY = 65536; // bytes; a callback has a few hundred
const TIME_LIMIT = 2500; // ms; a bet must be answered within 3 s, and one that is late counts as failed
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

const db = new DatabaseSync(path);
db.exec('PRAGMA busy_timeout = 1000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
db.exec(readFileSync(new URL('schema.sql', import.meta.url), 'utf8'));

/** A prepared statement that gives integers as BigInt: a double has 53 bits, SQLite's integers have 64. */
function prepare(sql) {
  const statement = db.prepare(sql);
  statement.setReadBigInts(true);
  return statement;
}
const selectPlayer = prepare('SELECT * FROM player WHERE id = ?');
const selectBooking = prepare('SELECT * FROM booking WHERE id = ?');
const setBalance = prepare('UPDATE player SET balance = ? WHERE id = ?');
const setCancelled = prepare('UPDATE booking SET cancelled_by = ? WHERE id = ?');
const insertBooking = prepare("INSERT INTO booking VALUES (?, ?, ?, ?, ?, ?, ?, ?, datetime('now'))");
const insertSignature = prepare('INSERT OR IGNORE INTO signature VALUES (?, ?)');
const selectSignature = prepare('SELECT content FROM signature WHERE signature = ?');

/** A callback that is answered with another statusCode than OK. What was written before it stays. */
class Refusal extends Error {
  constructor(statusCode, why) {
    super(why);
    this.statusCode = statusCode;
  }
}

/** A number of the body, by its literal. */
class Literal {
  constructor(text) {
    this.text = text;
  }
}

// 1. The body: a flat object, each number as the literal that was sent.

function parse(body) {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    const keep = (_key, value, { source }) => (typeof value === 'number' ? new Literal(source) : value);
    const fields = JSON.parse(text, keep);
    const keys = (text.match(/"(?:[^"\\]|\\.)*"\s*:?/g) ?? []).filter((token) => token.endsWith(':'));
    const flat = Object.values(fields).every((value) => Object(value) !== value || value instanceof Literal);
    const object = /^[ \t\r\n]*\{/.test(text);
    if (object && flat && keys.length === Object.keys(fields).length) return fields; // no key came twice
  } catch {} // not UTF-8, or not JSON
  throw new Refusal('ERR_INTEGRITY_CHECK_FAILED', 'the body is not a flat JSON object');
}

// 2. The signature: HMAC-SHA512 in base64 over the values, in the order of their keys, joined by commas.

const inOrder = (one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)); // by code point

/** A number as JavaScript writes it: 1500 for 1500.00. Only where the double is the same number. */
function asJavaScript(literal) {
  const digits = literal.replace(/[eE].*/, '').replace(/\D/g, '').replace(/^0+/, '');
  return digits.length > 15 ? literal : String(Number(literal));
}

function digest(fields, write) {
  const text = (value) => (value instanceof Literal ? write(value.text) : String(value ?? ''));
  const values = Object.keys(fields).sort(inOrder).map((key) => text(fields[key]));
  return Buffer.from(createHmac('sha512', TOKEN).update(values.join(',')).digest('base64'));
}

function verify(fields, signature) {
  const given = Buffer.from(signature, 'latin1');
  const matches = (right) => right.length === given.length && timingSafeEqual(right, given);
  if (matches(digest(fields, (literal) => literal)) || matches(digest(fields, asJavaScript))) return;
  throw new Refusal('ERR_INTEGRITY_CHECK_FAILED', 'the signature does not match');
}

// 3. The fields: whatever can be read without loss is read. Nothing that decides about money is inferred.

/** An id as text: 5 and "5" are the same, "05" is another. null where there is none. */
function id(fields, name, needed = true) {
  const value = fields[name] ?? '';
  const text = value instanceof Literal ? value.text : value;
  const good = value instanceof Literal ? /^(0|[1-9]\d{0,127})$/ : /^[^,\x00-\x1f\x7f-\x9f]{1,128}$/;
  if (typeof text === 'string' && good.test(text)) return text;
  if (text === '' && !needed) return null;
  throw new Refusal('ERR_UNKNOWN', `${name} is missing or not an id`);
}

/** An amount in ten-thousandths: a number, or a text that holds one. Never rounded. */
function amount(fields, name) {
  const value = fields[name];
  const text = value instanceof Literal ? value.text : value;
  const parts = typeof text === 'string' && text.length <= 40 && NUMBER.test(text) && text.split(/[eE]/);
  if (!parts) throw new Refusal('ERR_UNKNOWN', `${name} is missing or not a number`);
  const [whole, fraction = ''] = parts[0].split('.');
  const shift = SCALE - fraction.length + Number(parts[1] ?? 0);
  const places = 10n ** BigInt(Math.min(Math.abs(shift), 60)); // more would only be refused later
  const digits = BigInt(whole + fraction);
  const units = shift >= 0 ? digits * places : digits / places;
  if (shift < 0 && units * places !== digits) throw new Refusal('ERR_UNKNOWN', `${name} has too many digits`);
  if (units < 0n || units >= MAX_AMOUNT) throw new Refusal('ERR_UNKNOWN', `${name} is below 0 or too large`);
  return units;
}

function read(fields) {
  const command = typeof fields.command === 'string' ? fields.command.toLowerCase() : '';
  const callback = { command, player: id(fields, 'playerId'), round: id(fields, 'roundId', false) };
  callback.currency = typeof fields.currency === 'string' ? fields.currency.toUpperCase() : null;
  if (command === 'balance') return callback;
  callback.id = id(fields, 'transactionId', command !== 'cancel');
  callback.taken = callback.given = 0n;
  if (command === 'bet') callback.taken = amount(fields, 'amount');
  else if (command === 'betwin') callback.taken = amount(fields, 'betAmount');
  if (command === 'win') callback.given = amount(fields, 'amount');
  else if (command === 'betwin') callback.given = amount(fields, 'winAmount');
  else if (command === 'cancel') {
    callback.reference = id(fields, 'referenceId', callback.id === null) ?? callback.id;
    if (callback.reference === callback.id) callback.id = null; // its only id is the bet's
  } else if (command !== 'bet') throw new Refusal('ERR_UNKNOWN', 'an unknown command');
  if (command === 'bet' && !callback.currency) throw new Refusal('ERR_UNKNOWN', 'a bet without its currency');
  return callback;
}

// 4. The book: one transaction that begins with the write lock, so that what is read stays true.

function book(callback, signature, answer) {
  const { command, currency, taken = 0n, given = 0n } = callback;
  if (command !== 'balance') {
    const { id, reference, player } = callback;
    const deciding = [command, id, reference, player, taken, given, currency].join('\0');
    insertSignature.run(signature, deciding);
    const first = selectSignature.get(signature).content; // it covers the values only: keys can be renamed
    if (first !== deciding) throw new Refusal('ERR_INTEGRITY_CHECK_FAILED', 'it came with other content');
  }
  const player = selectPlayer.get(callback.player);
  const unknown = command === 'balance' ? 'ERR_INVALID_PLAYER_ID' : 'ERR_NOT_AUTHENTICATED';
  if (!player) throw new Refusal(unknown, 'there is no such player');
  answer.balance = player.balance;
  if (command === 'cancel') return cancel(callback, player, answer);
  if (currency && currency !== player.currency) {
    throw new Refusal(command === 'balance' ? 'ERR_INVALID_ACCOUNT' : 'ERR_UNKNOWN', 'another currency');
  }
  const before = command === 'balance' ? undefined : selectBooking.get(callback.id);
  if (before) return repeat(callback, before); // before anything that could refuse a repetition
  if (!player.has_session && command !== 'win') throw new Refusal('ERR_NOT_AUTHENTICATED', 'no open session');
  if (command === 'balance') return;
  if (taken > player.balance) throw new Refusal('ERR_NOT_ENOUGH_MONEY', 'the stake is not covered');
  post(callback, player, answer, taken, given);
}

/** Nothing is changed by an id that came before: OK for the same callback, a refusal for any other. */
function repeat(callback, before) {
  const same = (name) => (callback[name] ?? 0n) === (before[name] ?? 0n);
  const described = callback.round === null || before.round === null || callback.round === before.round;
  if (!['command', 'player', 'taken', 'given', 'reference'].every(same) || !described) {
    throw new Refusal('ERR_UNKNOWN', 'its transactionId came before with another content');
  }
  if (before.cancelled_by !== null) throw new Refusal('ERR_UNKNOWN', 'it has been cancelled');
}

function cancel(callback, player, answer) {
  const own = callback.id === null ? undefined : selectBooking.get(callback.id);
  if (own) return repeat({ ...callback, taken: own.taken, given: own.given }, own);
  const bet = selectBooking.get(callback.reference);
  const by = callback.id ?? callback.reference;
  if (!bet) { // it may have overtaken its bet, which must not be booked any more
    insertBooking.run(callback.reference, 'void', player.id, callback.round, 0n, 0n, null, by);
    throw new Refusal('ERR_TRANSACTION_DOES_NOT_EXIST', 'the bet is not known');
  }
  if (!/^bet/.test(bet.command)) throw new Refusal('ERR_TRANSACTION_DOES_NOT_EXIST', 'it is not a bet');
  if (bet.player !== player.id) throw new Refusal('ERR_UNKNOWN', "another player's bet");
  if (bet.cancelled_by !== null) {
    if (callback.id === null && bet.cancelled_by === by) return; // a repetition
    throw new Refusal('ERR_TRANSACTION_ROLLED_BACK', 'another cancel has refunded it');
  }
  if (bet.given > player.balance + bet.taken) throw new Refusal('ERR_UNKNOWN', 'its win has been spent');
  post(callback, player, answer, bet.given, bet.taken);
  setCancelled.run(by, bet.id);
}

function post(callback, player, answer, taken, given) {
  const balance = player.balance - taken + given;
  if (balance >= MAX_AMOUNT) throw new Refusal('ERR_UNKNOWN', 'the balance would be too large');
  const { id, command, round, reference = null } = callback;
  if (id !== null) insertBooking.run(id, command, player.id, round, taken, given, reference, null);
  setBalance.run(balance, player.id);
  answer.balance = balance;
}

// 5. The answer: HTTP 200 whatever the statusCode is, and OK only for what is committed, in time.

function handle(body, signature, deadline) {
  const answer = { balance: 0n, statusCode: 'OK' };
  try {
    const fields = parse(body);
    verify(fields, signature);
    const callback = read(fields);
    db.exec('BEGIN IMMEDIATE');
    try {
      book(callback, signature, answer);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      answer.statusCode = error.statusCode;
    }
    if (performance.now() > deadline) throw new Error('too late to be answered in time: rolled back');
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    if (!(error instanceof Refusal)) console.error(error);
    return { balance: 0n, statusCode: error.statusCode ?? 'ERR_UNKNOWN' };
  }
  return answer;
}

function written({ balance, statusCode }) { // by hand: JSON.stringify would make a double of the balance
  const digits = String(balance).padStart(SCALE + 1, '0');
  const number = `${digits.slice(0, -SCALE)}.${digits.slice(-SCALE)}`.replace(/\.?0+$/, '');
  return `{"balance":${number},"statusCode":"${statusCode}"}`;
}

const server = createServer(async (request, response) => {
  const deadline = performance.now() + TIME_LIMIT;
  let [chunks, size] = [[], 0];
  try {
    for await (const chunk of request) if ((size += chunk.length) <= MAX_BODY) chunks.push(chunk);
  } catch { return; } // cut off on its way: uncaught, it would end the process
  const status = request.method !== 'POST' ? 405 : size > MAX_BODY ? 413 : 200;
  const signature = request.headers['x-request-signature'] ?? '';
  const answer = status === 200 ? written(handle(Buffer.concat(chunks), signature, deadline)) : '{}';
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(answer);
});
server.listen({ port: Number(port), host: '127.0.0.1', backlog: 511 }, () => {
  console.log(`wallet on http://127.0.0.1:${server.address().port}/`);
});
