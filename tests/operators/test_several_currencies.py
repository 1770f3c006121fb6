"""An operator in several currencies is an account for each, with one token; all agree about them."""

from decimal import Decimal

import pytest
from igamingace.errors import ConfigurationError
from igamingace.operators import Account, DuplicateToken, Tree
from igamingace.sandbox import Sandbox, read_casino

D = Decimal
CASINO = """
[[providers]]
id = 1
name = "Northern Reels"
games = [{ id = 655, name = "Fjord Fortune", type = "slot" }]

[[accounts]]
id = "big"
level = "operator"
token = "token-of-big"
currencies = ["USD", "EUR", "KRW"]
points = { USD = "1000", EUR = "500", KRW = "70000" }

[[accounts]]
id = "lotus"
parent = "big"
token = "token-of-lotus"
currencies = ["USD"]
points = { USD = "5" }

[[accounts]]
id = "tulip"
parent = "big"
token = "token-of-tulip"
currencies = ["EUR"]
points = { EUR = "7" }
"""


def big(currency, **more):
    name = f"big-{currency.lower()}"
    return Account(name=name, token="token-of-big", currency=currency, level="operator", **more)


ACCOUNTS = [
    big("USD"),
    big("EUR"),
    Account(name="lotus", token="token-of-lotus", currency="USD", parent="big-usd"),
    Account(name="tulip", token="token-of-tulip", currency="EUR", parent="big-eur"),
]


@pytest.fixture(params=["igamingace", "sister"])
def sandbox(request, tmp_path):
    path = tmp_path / "casino.toml"
    path.write_text(CASINO)
    with Sandbox(casino=read_casino(path), dialect=request.param) as sandbox:
        yield sandbox


@pytest.fixture
def use(world, sandbox):
    return lambda code, accounts=ACCOUNTS, **options: world.use(
        code, accounts, base_url=sandbox.url, **options
    )


def test_each_account_has_the_points_of_its_currency_and_none_counts_twice(use):
    found = use(lambda operator: operator.balances())

    assert found.by_agent == {
        "big-usd": {"USD": 1000, "KRW": 70000},  # the first has what is no other's
        "lotus": {"USD": 5},
        "big-eur": {"EUR": 500},
        "tulip": {"EUR": 7},
    }
    assert found.by_currency == {"USD": 1005, "EUR": 507, "KRW": 70000}
    assert found.failed == {}


@pytest.mark.parametrize(
    ("selected", "points"),
    [
        (["big-eur"], {"big-eur": {"EUR": 500}}),
        (["big-usd"], {"big-usd": {"USD": 1000, "KRW": 70000}}),
        (["tulip", "big-eur"], {"tulip": {"EUR": 7}, "big-eur": {"EUR": 500}}),
        (["big-eur", "big-usd"], {"big-eur": {"EUR": 500}, "big-usd": {"USD": 1000, "KRW": 70000}}),
    ],
)
def test_of_selected_accounts_only_the_points_of_their_currencies_are_shown(use, selected, points):
    found = use(lambda operator: operator.balances(selected))

    assert found.by_agent == points


@pytest.mark.parametrize("known", [{"operator_id": "big"}, {}])
def test_a_token_of_a_function_is_known_by_the_configured_id(use, known):
    first = Account(name="first", token=lambda: "token-of-big", currency="USD", level="operator", **known)

    found = use(lambda operator: operator.balances(["big-eur"]), [first, big("EUR")])

    rest = {} if known else {"USD": 1000, "KRW": 70000}
    assert found.by_agent == {"big-eur": {"EUR": 500, **rest}}


def test_an_account_that_cannot_be_read_leaves_its_wallet_to_no_other(use):
    def unavailable():
        raise OSError("the vault is closed")

    lost = Account(name="lost", token=unavailable, currency="EUR", level="operator", operator_id="big")

    found = use(lambda operator: operator.balances(), [big("USD"), lost])

    assert found.by_agent == {"big-usd": {"USD": 1000, "KRW": 70000}}
    assert set(found.failed) == {"lost"}


def test_a_transfer_goes_from_the_account_of_its_currency(use, sandbox):
    use(lambda operator: operator.transfer(to="tulip", amount=D(20), currency="EUR"))

    accounts = sandbox.app.runtime.state.accounts
    assert accounts["big"].points == {"USD": 1000, "EUR": 480, "KRW": 70000}
    assert accounts["tulip"].points == {"EUR": 27}


def test_a_top_up_takes_from_each_currency(use, sandbox, tmp_path):
    done = use(
        lambda operator: operator.top_up(
            minimum=D(10), target=D(100), journal=tmp_path / "journal.jsonl", settle=0
        )
    )

    assert done.ok
    assert {(one.source, one.target, one.amount) for one in done.plan.transfers} == {
        ("big-usd", "lotus", 95),
        ("big-eur", "tulip", 93),
    }
    assert sandbox.app.runtime.state.accounts["big"].points == {"USD": 905, "EUR": 407, "KRW": 70000}


def test_discovery_puts_each_agent_below_the_account_of_its_currency(use):
    flat = [
        *ACCOUNTS[:2],
        Account(name="lotus", token="token-of-lotus", currency="USD"),
        Account(name="tulip", token="token-of-tulip", currency="EUR"),
    ]

    found = use(lambda operator: operator.discover(), flat)

    assert {one.name: one.parent for one in found.accounts} == {
        "big-usd": None,
        "big-eur": None,
        "lotus": "big-usd",
        "tulip": "big-eur",
    }
    assert found.differences == {}
    assert found.failed == {}


def test_both_are_healthy(use):
    report = use(lambda operator: operator.check(callbacks=False))

    assert {name: found[0].state for name, found in report.agents.items()} == dict.fromkeys(
        report.agents, "ok"
    )


@pytest.mark.parametrize(
    ("second", "level"),
    [(big("USD"), "operator"), (big("EUR"), "agent")],
)
def test_one_token_is_for_one_operator_in_different_currencies_only(second, level):
    first = Account(name="first", token="token-of-big", currency="USD", level=level)

    with pytest.raises(DuplicateToken, match="have the same token"):
        Tree([first, second])


def test_an_account_without_a_wallet_in_its_currency_is_told(use):
    accounts = [*ACCOUNTS, big("JPY")]

    found = use(lambda operator: operator.balances(), accounts)
    report = use(lambda operator: operator.check(callbacks=False), accounts)

    assert found.by_agent["big-jpy"] == {}
    points = next(one for one in report.agents["big-jpy"] if one.check == "points")
    assert points.detail == "it has USD, EUR, KRW, not JPY"


def test_an_amount_for_each_currency_is_needed(use):
    with pytest.raises(ConfigurationError, match="no amount for EUR"):
        use(lambda operator: operator.check(floor={"USD": D(1)}, callbacks=False))


def test_the_doctor_finds_both_ready(use):
    report = use(lambda operator: operator.doctor(callbacks=False))

    assert report.ok
    contract = {found[-1] for found in report.agents.values()}
    assert [(one.check, one.state) for one in contract] == [("contract", "ok")]
