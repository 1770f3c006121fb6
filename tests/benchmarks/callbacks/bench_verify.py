"""What verifying and reading a bet costs, beside svix's `Webhook.verify` plus `json.loads` of the same body.

`python tests/benchmarks/callbacks/bench_verify.py [rounds]`. The two take turns, round by round, so that both
meet the same machine; each figure is the best round of each, the ratio the median over the rounds.
"""

import base64
import json
import statistics
import sys
import timeit
from datetime import UTC, datetime

from igamingace.callbacks import parse, sign, verify
from svix.webhooks import Webhook

TOKEN = "60349266c8d9487eab7531b1a15d2480"
BET = (
    b'{"command":"bet","transactionId":7300120045001,"playerId":"user123","roundId":7300120045000,"providerId":1,'
    b'"gameCode":655,"currency":"USD","amount":1500.00,"isBonusBusy":false,"bonusId":0,"timestamp":1713792000}'
)
CALLS = 500
LEAST = 1.0
"""How many times as many a second as svix: the least that is accepted."""


def ours(signature=sign(BET, TOKEN)):  # noqa: B008 -- made once, as svix's headers are
    """Verify a bet and read it: `parse` does both."""
    return parse(BET, signature, TOKEN)


def ours_in_two(signature=sign(BET, TOKEN)):  # noqa: B008 -- the same
    """Verify a bet, then read it: `parse` does not verify again what `verify` has just accepted."""
    verify(BET, signature, TOKEN)
    return parse(BET, signature, TOKEN)


def ours_verify(signature=sign(BET, TOKEN)):  # noqa: B008 -- the same
    """Verify a bet and leave it unread."""
    return verify(BET, signature, TOKEN)


def theirs():
    """Return a call of svix's for the same body."""
    webhook = Webhook("whsec_" + base64.b64encode(TOKEN.encode()).decode())
    now = datetime.now(UTC)
    headers = {
        "svix-id": "msg_1",
        "svix-timestamp": str(int(now.timestamp())),
        "svix-signature": webhook.sign("msg_1", now, BET.decode()),
    }

    def verify_and_load():
        webhook.verify(BET, headers)
        return json.loads(BET)

    return verify_and_load


def measure(rounds):
    """Return the seconds of a call in each round, for each side."""
    sides = {
        "svix verify + json.loads": theirs(),
        "parse": ours,
        "verify, then parse": ours_in_two,
        "verify alone": ours_verify,
    }
    seconds = {name: [] for name in sides}
    for _ in range(rounds):
        for name, call in sides.items():
            seconds[name].append(timeit.timeit(call, number=CALLS) / CALLS)
    return seconds


def main(rounds=200):
    seconds = measure(rounds)
    for name, each in seconds.items():
        print(f"{name:26} {1 / min(each):10,.0f} a second, {min(each) * 1e6:6.2f} µs")
    reference = seconds["svix verify + json.loads"]
    ratios = {
        name: statistics.median(a / b for a, b in zip(reference, seconds[name], strict=True))
        for name in ("parse", "verify, then parse")
    }
    for name, ratio in ratios.items():
        print(f"{name}: {ratio:.2f} times as many a second as svix (at least {LEAST})")
    return 0 if min(ratios.values()) >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
