<?php
// A seamless wallet in PHP 8.1 or newer, with PDO and SQLite (Debian: php-cli, php-sqlite3, php-bcmath).
//
//   IGAMINGACE_API_TOKEN=... PHP_CLI_SERVER_WORKERS=4 php -S 127.0.0.1:8081 wallet.php
//
// That server is for trials; in production the file runs under php-fpm. WALLET_DB names the database.
// Players are rows of the table `player` (schema.sql). The rules are those of the guide to callbacks.
declare(strict_types=1);

const SCALE = 4; // digits after the point; see schema.sql
const MAX_AMOUNT = 10 ** 18; // a sum of two fits into 64 bits
const MAX_BODY = 65536; // bytes; a callback has a few hundred
const TIME_LIMIT = 2.5; // seconds; a bet must be answered within 3, and one that is late counts as failed
const NUMBER = '/^(-?(?:0|[1-9]\d*)(?:\.\d+)?)(?:[eE]([+-]?\d{1,2}))?$/D';

/** A callback that is answered with another statusCode than OK. What was written before it stays. */
final class Refusal extends Exception {
    public function __construct(public readonly string $statusCode, string $why) {
        parent::__construct($why);
    }
}

/** A number of the body, by its literal. */
final class Literal {
    public function __construct(public readonly string $text) {}
}

function refuse_if(bool $condition, string $statusCode, string $why): mixed {
    return $condition ? throw new Refusal($statusCode, $why) : null;
}

// 1. The body: a flat object, each number as the literal that was sent.

function parse(string $body): array {
    $keys = 0;
    $wrap = static function (array $token) use (&$keys): string {
        $keys += isset($token[1]) ? 1 : 0;
        return $token[0][0] === '"' ? $token[0] : "[\"$token[0]\"]"; // 1500.00 becomes ["1500.00"]
    };
    try {
        json_decode($body, true, 2, JSON_THROW_ON_ERROR); // flat: no value is an object or a list
        $wrapped = preg_replace_callback('/"(?:[^"\\\\]++|\\\\.)*+"(\s*:)?|-?\d[\d.eE+-]*+/', $wrap, $body);
        $fields = (array) json_decode((string) $wrapped, true, 3, JSON_THROW_ON_ERROR);
        if (ltrim($body, " \t\r\n")[0] === '{' && $keys === count($fields)) { // no key came twice
            return array_map(static fn ($value) => is_array($value) ? new Literal($value[0]) : $value, $fields);
        }
    } catch (JsonException) {
        // not UTF-8, or not JSON
    }
    throw new Refusal('ERR_INTEGRITY_CHECK_FAILED', 'the body is not a flat JSON object');
}

// 2. The signature: HMAC-SHA512 in base64 over the values, in the order of their keys, joined by commas.

/** A number as JavaScript writes it: 1500 for 1500.00. Only where the double is the same number. */
function as_javascript(string $literal): string {
    $digits = preg_match(NUMBER, $literal, $parts) ? ltrim(preg_replace('/\D/', '', $parts[1]), '0') : $literal;
    if (strlen($digits) > 15) {
        return $literal;
    }
    $plain = bcmul($parts[1], bcpow('10', $parts[2] ?? '0', 99), 99);
    $size = ltrim($plain, '-');
    if ($digits !== '' && (bccomp($size, '1' . str_repeat('0', 21), 99) >= 0 || bccomp($size, '0.000001', 99) < 0)) {
        return $literal; // JavaScript would write an exponent
    }
    return $digits === '' ? '0' : rtrim(rtrim($plain, '0'), '.');
}

function digest(array $fields, callable $write, string $token): string {
    ksort($fields, SORT_STRING); // by bytes, which in UTF-8 is by code point
    $text = static fn ($value): string => match (true) {
        $value instanceof Literal => $write($value->text),
        is_bool($value) => $value ? 'true' : 'false',
        default => (string) $value,
    };
    return base64_encode(hash_hmac('sha512', implode(',', array_map($text, $fields)), $token, true));
}

function verify(array $fields, string $signature, string $token): void {
    $matches = hash_equals(digest($fields, static fn (string $literal) => $literal, $token), $signature)
        || hash_equals(digest($fields, as_javascript(...), $token), $signature);
    refuse_if(!$matches, 'ERR_INTEGRITY_CHECK_FAILED', 'the signature does not match');
}

// 3. The fields: whatever can be read without loss is read. Nothing that decides about money is inferred.

/** An id as text: 5 and "5" are the same, "05" is another. Null where there is none. */
function id(array $fields, string $name, bool $needed = true): ?string {
    $value = $fields[$name] ?? '';
    $text = $value instanceof Literal ? $value->text : $value;
    $good = $value instanceof Literal ? '/^(0|[1-9]\d{0,127})$/D' : '/^[^,\x{0}-\x{1f}\x{7f}-\x{9f}]{1,128}$/Du';
    if (is_string($text) && preg_match($good, $text)) {
        return $text;
    }
    return $text === '' && !$needed ? null : throw new Refusal('ERR_UNKNOWN', "$name is missing or not an id");
}

/** An amount in ten-thousandths: a number, or a text that holds one. Never rounded. */
function amount(array $fields, string $name): int {
    $value = $fields[$name] ?? null;
    $text = $value instanceof Literal ? $value->text : $value;
    $good = is_string($text) && strlen($text) <= 40 && preg_match(NUMBER, $text, $parts);
    refuse_if(!$good, 'ERR_UNKNOWN', "$name is missing or not a number");
    $units = bcmul($parts[1], bcpow('10', (string) (SCALE + (int) ($parts[2] ?? 0)), 160), 160);
    refuse_if(bccomp($units, bcadd($units, '0', 0), 160) !== 0, 'ERR_UNKNOWN', "$name has too many digits");
    $allowed = bccomp($units, '0') >= 0 && bccomp($units, (string) MAX_AMOUNT) < 0;
    refuse_if(!$allowed, 'ERR_UNKNOWN', "$name is below 0 or too large");
    return (int) bcadd($units, '0', 0);
}

function read(array $fields): array {
    $command = is_string($fields['command'] ?? null) ? strtolower($fields['command']) : '';
    $known = in_array($command, ['balance', 'bet', 'win', 'betwin', 'cancel'], true);
    refuse_if(!$known, 'ERR_UNKNOWN', 'an unknown command');
    $currency = is_string($fields['currency'] ?? null) ? strtoupper($fields['currency']) : null;
    refuse_if($command === 'bet' && !$currency, 'ERR_UNKNOWN', 'a bet without its currency');
    $own = $command === 'balance' ? null : id($fields, 'transactionId', $command !== 'cancel');
    // The only id of a cancel is the bet's.
    $bet = $command === 'cancel' ? id($fields, 'referenceId', $own === null) ?? $own : null;
    $taken = ['bet' => 'amount', 'betwin' => 'betAmount'][$command] ?? null;
    $given = ['win' => 'amount', 'betwin' => 'winAmount'][$command] ?? null;
    return [
        'command' => $command,
        'player' => id($fields, 'playerId'),
        'round' => id($fields, 'roundId', false),
        'currency' => $currency,
        'id' => $own === $bet ? null : $own,
        'reference' => $bet,
        'taken' => $taken === null ? 0 : amount($fields, $taken),
        'given' => $given === null ? 0 : amount($fields, $given),
    ];
}

// 4. The book: one transaction that begins with the write lock, so that what is read stays true.

function row(PDO $db, string $sql, mixed ...$values): ?array {
    $statement = $db->prepare($sql);
    $statement->execute($values);
    return $statement->fetch() ?: null;
}

function book(PDO $db, array $callback, string $signature, int &$balance): mixed {
    ['command' => $command, 'currency' => $currency] = $callback;
    if ($command !== 'balance') { // it covers the values only: keys can be renamed
        $deciding = json_encode(array_diff_key($callback, ['round' => 0]), JSON_THROW_ON_ERROR);
        row($db, 'INSERT OR IGNORE INTO signature VALUES (?, ?)', $signature, $deciding);
        $first = row($db, 'SELECT content FROM signature WHERE signature = ?', $signature)['content'];
        refuse_if($first !== $deciding, 'ERR_INTEGRITY_CHECK_FAILED', 'it came with other content');
    }
    $player = row($db, 'SELECT * FROM player WHERE id = ?', $callback['player']);
    $unknown = $command === 'balance' ? 'ERR_INVALID_PLAYER_ID' : 'ERR_NOT_AUTHENTICATED';
    $balance = $player['balance'] ?? throw new Refusal($unknown, 'there is no such player');
    if ($command === 'cancel') {
        return cancel($db, $callback, $balance);
    }
    $foreign = $currency !== null && $currency !== $player['currency'];
    refuse_if($foreign, $command === 'balance' ? 'ERR_INVALID_ACCOUNT' : 'ERR_UNKNOWN', 'another currency');
    $before = row($db, 'SELECT * FROM booking WHERE id = ?', $callback['id']);
    if ($before !== null) { // before anything that could refuse a repetition
        return repeat($callback, $before);
    }
    refuse_if(!$player['has_session'] && $command !== 'win', 'ERR_NOT_AUTHENTICATED', 'no open session');
    refuse_if($callback['taken'] > $balance, 'ERR_NOT_ENOUGH_MONEY', 'the stake is not covered');
    return $command === 'balance' ? null : post($db, $callback, $balance, $callback['taken'], $callback['given']);
}

/** Nothing is changed by an id that came before: OK for the same callback, a refusal for any other. */
function repeat(array $callback, array $before): mixed {
    foreach (['command', 'player', 'taken', 'given', 'reference', 'round'] as $name) {
        $same = $callback[$name] === $before[$name];
        $left_out = $name === 'round' && in_array(null, [$callback[$name], $before[$name]], true);
        refuse_if(!$same && !$left_out, 'ERR_UNKNOWN', 'its transactionId came before with another content');
    }
    return refuse_if($before['cancelled_by'] !== null, 'ERR_UNKNOWN', 'it has been cancelled');
}

function cancel(PDO $db, array $callback, int &$balance): mixed {
    $own = row($db, 'SELECT * FROM booking WHERE id = ?', $callback['id']);
    if ($own !== null) {
        return repeat(['taken' => $own['taken'], 'given' => $own['given']] + $callback, $own);
    }
    $bet = row($db, 'SELECT * FROM booking WHERE id = ?', $callback['reference']);
    $by = $callback['id'] ?? $callback['reference'];
    if ($bet === null) { // it may have overtaken its bet, which must not be booked any more
        $void = [$callback['reference'], 'void', $callback['player'], $callback['round'], 0, 0, null, $by];
        row($db, "INSERT INTO booking VALUES (?, ?, ?, ?, ?, ?, ?, ?, datetime('now'))", ...$void);
        throw new Refusal('ERR_TRANSACTION_DOES_NOT_EXIST', 'the bet is not known');
    }
    $is_bet = str_starts_with($bet['command'], 'bet');
    refuse_if(!$is_bet, 'ERR_TRANSACTION_DOES_NOT_EXIST', 'it is not a bet');
    refuse_if($bet['player'] !== $callback['player'], 'ERR_UNKNOWN', "another player's bet");
    if ($callback['id'] === null && $bet['cancelled_by'] === $by) {
        return null; // a repetition
    }
    refuse_if($bet['cancelled_by'] !== null, 'ERR_TRANSACTION_ROLLED_BACK', 'another cancel has refunded it');
    refuse_if($bet['given'] > $balance + $bet['taken'], 'ERR_UNKNOWN', 'its win has been spent');
    post($db, $callback, $balance, $bet['given'], $bet['taken']);
    return row($db, 'UPDATE booking SET cancelled_by = ? WHERE id = ?', $by, $bet['id']);
}

function post(PDO $db, array $callback, int &$balance, int $taken, int $given): mixed {
    refuse_if($balance - $taken + $given >= MAX_AMOUNT, 'ERR_UNKNOWN', 'the balance would be too large');
    ['id' => $id, 'command' => $command, 'player' => $player, 'round' => $round, 'reference' => $bet] = $callback;
    if ($id !== null) {
        $row = [$id, $command, $player, $round, $taken, $given, $bet, null];
        row($db, "INSERT INTO booking VALUES (?, ?, ?, ?, ?, ?, ?, ?, datetime('now'))", ...$row);
    }
    $balance += $given - $taken;
    return row($db, 'UPDATE player SET balance = ? WHERE id = ?', $balance, $player);
}

// 5. The answer: HTTP 200 whatever the statusCode is, and OK only for what is committed, in time.

function answer(string $body, string $signature): string {
    try {
        $token = getenv('IGAMINGACE_API_TOKEN') ?: throw new RuntimeException('set IGAMINGACE_API_TOKEN');
        verify($fields = parse($body), $signature, $token);
        $callback = read($fields);
        $db = connect();
        $db->exec('BEGIN IMMEDIATE');
        [$balance, $code] = [0, 'OK'];
        try {
            book($db, $callback, $signature, $balance);
        } catch (Refusal $refusal) {
            $code = $refusal->statusCode;
        }
        $late = microtime(true) - $_SERVER['REQUEST_TIME_FLOAT'] > TIME_LIMIT; // then it must not be booked
        $db->exec($late ? 'ROLLBACK' : 'COMMIT');
        [$balance, $code] = $late ? [0, 'ERR_UNKNOWN'] : [$balance, $code]; // what was undone is no balance
    } catch (Throwable $error) { // without a commit: nothing is booked
        error_log($error instanceof Refusal ? $error->getMessage() : (string) $error);
        [$balance, $code] = [0, $error instanceof Refusal ? $error->statusCode : 'ERR_UNKNOWN'];
    }
    $number = rtrim(rtrim(bcdiv((string) $balance, (string) 10 ** SCALE, SCALE), '0'), '.');
    return sprintf('{"balance":%s,"statusCode":"%s"}', $number, $code); // json_encode would make a double of it
}

function connect(): PDO {
    $options = [PDO::ATTR_TIMEOUT => 1, PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC];
    $db = new PDO('sqlite:' . (getenv('WALLET_DB') ?: __DIR__ . '/wallet.db'), options: $options);
    $db->exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    $db->exec(file_get_contents(__DIR__ . '/schema.sql'));
    return $db;
}

$body = (string) file_get_contents('php://input', length: MAX_BODY + 1);
http_response_code($_SERVER['REQUEST_METHOD'] !== 'POST' ? 405 : (strlen($body) > MAX_BODY ? 413 : 200));
header('Content-Type: application/json');
echo http_response_code() === 200 ? answer($body, $_SERVER['HTTP_X_REQUEST_SIGNATURE'] ?? '') : '{}';
