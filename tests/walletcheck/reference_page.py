"""`python -m tests.walletcheck.reference_page` writes docs/reference/wallet-checks.md from the checks."""

from pathlib import Path

from igamingace.walletcheck import CHECKS, Level
from igamingace.walletcheck.checks._pairs import PAIRS, SEQUENCES, Arrival, State
from igamingace_bindings.contract import WALLET_RULES

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "wallet-checks.md"

HEAD = """\
# The wallet checks

`igamingace wallet check URL --player ID` sends signed callbacks to a wallet and judges its answers and
balances. Each check has a level; exit status 1 means that a check failed that counts at `--level`, which is
`required` by default.

| level | the rule of its checks | number |
| --- | --- | --- |
{levels}

The rules, with how well each is known, stand in `openapi.json` under `x-wallet-rules`.

<!-- Written by `python -m tests.walletcheck.reference_page` from the checks. Do not edit. -->

## What may come next

Rows are what a wallet knows of a transaction, columns what comes next. Each cell is a check with its level,
or the reason why there is none.

"""
MEANINGS = {
    Level.REQUIRED: "is documented, or breaking it lets the balance differ from what is documented",
    Level.ROBUST: "is known from a sister deployment, observed traffic or the older generation",
    Level.ADVISED: "is stated by nobody; it hardens the wallet",
}


def reference_page():
    """Return the page."""
    levels = "\n".join(
        f"| {level} | {MEANINGS[level]} | {sum(check.level is level for check in CHECKS)} |"
        for level in Level
    )
    return "\n".join(
        (
            HEAD.format(levels=levels) + pairs(),
            "## What the sandbox plays\n",
            "With its faults on demand, the sandbox plays these sequences; so may the platform.\n",
            table(("sequence", "checks"), ((name, codes(ids)) for name, ids in SEQUENCES.items())),
            "## All checks\n",
            table(
                ("check", "what it tests", "level", "rule"),
                ((f"`{check.id}`", check.title, check.level, f"`{check.rule_name}`") for check in CHECKS),
            ),
            "## Rules\n",
            table(
                ("rule", "standing", "what it says"),
                ((f"`{rule.name}`", rule.standing, rule.text) for rule in WALLET_RULES.values()),
            ),
        )
    )


def pairs():
    """Return the table of pairs, and the reasons that its cells number."""
    levels = {check.id: check.level for check in CHECKS}
    reasons = list(dict.fromkeys(pair.reason for pair in PAIRS.values() if pair.reason))

    def cell(state, arrival):
        pair = PAIRS[state, arrival]
        if pair.reason:
            return f"none ({reasons.index(pair.reason) + 1})"
        return f"`{pair.check_id}` {levels[pair.check_id]}"

    rows = ((state, *(cell(state, arrival) for arrival in Arrival)) for state in State)
    notes = "\n".join(f"{number}. {reason}" for number, reason in enumerate(reasons, 1))
    return f"{table(('', *Arrival), rows)}\n{notes}\n"


def codes(names):
    """Return names as code, separated by commas."""
    return ", ".join(f"`{name}`" for name in names)


def table(columns, rows):
    """Return a table in Markdown."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(reference_page(), encoding="utf-8")
