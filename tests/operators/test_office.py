"""What an operator does all day, against the sandbox: points, new agents, settings, health."""

import asyncio
import pickle
import threading
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx2
import pytest
from igamingace._wire import Answer
from igamingace.callbacks import SIGNATURE_HEADER, verify
from igamingace.errors import ConfigurationError, InvalidRequest
from igamingace.operators import (
    Account,
    AllowedAddresses,
    CreatedOutside,
    CreationUnknown,
    InvalidAddresses,
    Tree,
    TreeError,
    UnknownAccount,
)
from igamingace.operators._probe import probe

D = Decimal


@pytest.fixture
def use(world, sandbox, tree):
    """Run code with an operator of the tree in the sandbox."""
    return lambda code, accounts=tree, **options: world.use(code, accounts, base_url=sandbox.url, **options)


def points_of(sandbox, name):
    return sandbox.app.world.state.accounts[f"id-{name}"].points


def test_balances_are_told_by_agent_and_by_currency(use):
    balances = use(lambda operator: operator.balances())

    assert balances.by_agent["lotus"] == {"USD": D(40)}
    assert balances.by_currency == {"EUR": D(9000), "USD": D(101_745)}
    assert balances.to_json()["by_currency"] == {"EUR": "9000", "USD": "101745"}
    assert not balances.failed


def test_a_printed_tree_has_the_points_that_were_read_last(use):
    trees = []

    use(lambda operator: trees.append(operator.tree()) or operator.balances())

    assert "100,000" in str(trees[0])


def test_balances_of_some_and_who_could_not_be_read(use, tree):
    dead = Account(name="dead", token="no-such-token", currency="USD")

    balances = use(lambda operator: operator.balances(["lotus", "dead"]), [*tree, dead])

    assert list(balances.by_agent) == ["lotus"]
    assert list(balances.failed) == ["dead"]
    assert "TOKEN_INVALID" in balances.to_json()["failed"]["dead"]


def test_the_tree_is_found_through_the_api(use, tree, sandbox):
    flat = [Account(name=one.name, token=one.token, currency=one.currency, site=one.site) for one in tree]
    trees = []

    def code(operator):
        trees.append(operator)
        return operator.discover()

    discovery = use(code, flat)

    (found,) = (operator.tree() for operator in trees)
    assert [(depth, one.name, one.level) for depth, one in found.walk()] == [
        (0, "world", "operator"),
        (1, "asia", "operator"),
        (2, "lotus", "agent"),
        (2, "tiger", "agent"),
        (1, "eagle", "agent"),
        (0, "europe", "operator"),
        (1, "lotus-eu", "agent"),
    ]
    assert found["lotus"].operator_id == "id-lotus"
    assert discovery.differences["asia"] == ("it is of the level 'operator', not 'agent'",)


def test_what_the_api_tells_otherwise_is_named(use, tree):
    wrong = [
        Account(name="world", token=tree[0].token, currency="USD", level="operator"),
        Account(name="asia", token=tree[1].token, currency="USD", level="operator", parent="world"),
        Account(name="eagle", token=tree[4].token, currency="EUR", parent="asia", operator_id="id-tiger"),
        Account(name="gone", token="no-such-token", currency="USD"),
    ]

    discovery = use(lambda operator: operator.discover(), wrong)

    assert discovery.differences == {
        "eagle": (
            "its id is 'id-eagle', not 'id-tiger': is the token another account's?",
            "it has USD, not EUR",
            "it is below 'world', not below 'asia'",
        )
    }
    assert list(discovery.failed) == ["gone"]


def create(operator, name="newcomer", **changes):
    wanted = {
        "parent": "asia",
        "currency": "USD",
        "rate": D("12.5"),
        "allowed_ips": ["203.0.113.7", "2001:DB8::1"],
        "callback_url": "https://wallet.example/igamingace",
        **changes,
    }
    return operator.create_agent(name, **wanted)


def test_a_new_agent_has_its_settings_and_joins_the_tree(use, sandbox):
    operators = []

    def code(operator):
        operators.append(operator)
        return create(operator)

    made = use(code)

    there = sandbox.app.world.state.accounts["newcomer"]
    assert (there.parent_id, there.level, there.currencies) == ("id-asia", "agent", ("USD",))
    assert (there.ggr_rate, there.callback_url) == (D("12.5"), "https://wallet.example/igamingace")
    assert there.allowed_ips == ("203.0.113.7", "2001:db8::1")
    assert made.account.open_token() == there.token
    assert made.account in operators[0].tree().children("asia")


def test_an_account_that_cannot_join_the_tree_still_gives_its_token(use, sandbox, monkeypatch):
    def taken(tree, account):
        raise TreeError([f"the name {account.name!r} is taken"])  # by another thread, meanwhile

    monkeypatch.setattr(Tree, "add", taken)

    with pytest.raises(CreatedOutside, match="is taken; do not create it again") as caught:
        use(create)

    token = sandbox.app.world.state.accounts["newcomer"].token
    assert caught.value.token == token
    assert token not in str(caught.value)
    assert token.encode() not in pickle.dumps(caught.value)


def test_a_password_is_made_and_known_only_to_who_asks_for_it(use):
    made = use(create)

    assert made.password_made
    assert len(made.password) >= 24
    assert made.password not in repr(made) + str(made)
    assert made.account.open_token() not in repr(made)
    with pytest.raises(TypeError):
        pickle.dumps(made)


def test_a_password_that_was_given_is_used(use):
    made = use(lambda operator: create(operator, password="correct horse"))

    assert (made.password, made.password_made) == ("correct horse", False)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": "lotus"}, "'lotus' is taken"),
        ({"parent": "lotus"}, "only operators have accounts below"),
        ({"parent": None}, "'world', 'europe': name one"),
        ({"currency": "EURO"}, "three capital letters"),
        ({"rate": 12.5}, "give a Decimal from 0 to 100"),
        ({"rate": D(101)}, "give a Decimal from 0 to 100"),
        ({"allowed_ips": []}, "ask for everybody by name"),
        ({"allowed_ips": ["1.2.3"]}, "no IPv4 or IPv6 address"),
        ({"callback_url": "wallet.example"}, "https://"),
    ],
)
def test_an_agent_that_makes_no_sense_is_not_asked_for(use, sandbox, changes, reason):
    before = len(sandbox.app.world.state.accounts)

    with pytest.raises((ConfigurationError, InvalidAddresses), match=reason):
        use(lambda operator: create(operator, **changes))

    assert len(sandbox.app.world.state.accounts) == before


def test_a_refusal_to_create_leaves_the_tree_as_it_was(use):
    operators = []

    def code(operator):
        operators.append(operator)
        return create(operator, operator_id="id-lotus")

    with pytest.raises(InvalidRequest):
        use(code)

    assert "newcomer" not in operators[0].tree()


def test_a_creation_whose_answer_was_lost_keeps_the_password(world, tree):
    def lose(request):
        raise httpx2.ReadTimeout("")

    with pytest.raises(CreationUnknown) as caught:
        world.use(
            lambda operator: create(operator, password="correct horse"),
            tree,
            transport=httpx2.MockTransport(lose),
        )

    assert caught.value.password == "correct horse"
    assert "correct horse" not in repr(caught.value) + str(caught.value)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.operator_id, again.password) == ("newcomer", "")


def test_the_parent_is_the_only_operator_at_the_top(use, tree):
    made = use(lambda operator: create(operator, parent=None), tree[:5])

    assert made.account.parent == "world"


def test_allowed_addresses_are_read_and_written_where_they_differ(use, sandbox):
    there = sandbox.app.world.state.accounts["id-lotus"]
    there.allowed_ips = ("127.0.0.1",)

    change = use(
        lambda operator: operator.set_allowed_ips("lotus", ["127.0.0.1", "203.0.113.9", "203.0.113.9"])
    )

    assert (change.added, change.removed) == (("203.0.113.9",), ())
    assert there.allowed_ips == ("127.0.0.1", "203.0.113.9")
    assert use(lambda operator: operator.allowed_ips("lotus")) == AllowedAddresses(there.allowed_ips)


def test_the_same_addresses_are_not_written_again(use, sandbox):
    sandbox.app.world.state.accounts["id-lotus"].allowed_ips = ("127.0.0.1",)

    assert not use(lambda operator: operator.set_allowed_ips("lotus", "127.0.0.1"))
    assert sandbox.stats()["agents"]["id-lotus"]["accepted"] == 1


def test_everybody_is_let_in_only_when_asked_for_by_name(use, sandbox):
    there = sandbox.app.world.state.accounts["id-lotus"]
    there.allowed_ips = ("127.0.0.1",)

    with pytest.raises(InvalidAddresses):
        use(lambda operator: operator.set_allowed_ips("lotus", []))
    assert there.allowed_ips == ("127.0.0.1",)

    assert use(lambda operator: operator.set_allowed_ips("lotus", [], everybody=True)).opens
    assert there.allowed_ips == ()


def found(report, name):
    return {one.check: (one.state, one.detail) for one in report.agents[name]}


def test_health_is_told_of_every_agent(use, sandbox, tree):
    accounts = sandbox.app.world.state.accounts
    accounts["id-lotus"].allowed_ips = ("198.51.100.1",)
    accounts["id-eagle"].callback_url = "https://wallet.example/igamingace"
    for provider in sandbox.app.world.state.providers.values():
        provider.in_maintenance = False
    everybody = [*tree, Account(name="dead", token="no-such-token", currency="USD")]

    report = use(
        lambda operator: operator.check(floor={"USD": D(50), "EUR": D(1)}, callbacks=False), everybody
    )

    assert not report.ok
    assert found(report, "dead")["token"][0] == "failed"
    assert found(report, "dead")["points"][0] == "unknown"
    assert found(report, "lotus")["address"][0] == "failed"
    assert found(report, "lotus")["token"][0] == "unknown"
    assert found(report, "tiger")["callback"] == ("failed", "no callback URL is set")
    assert found(report, "eagle") == {
        "token": ("ok", ""),
        "address": ("warning", "requests are accepted from everybody: name your servers"),
        "callback": ("ok", "set; not called"),
        "points": ("failed", "5 USD, below 50"),
        "providers": ("ok", ""),
    }
    assert "world" in report.problems
    assert report.to_json()["agents"]["eagle"][3]["state"] == "failed"


def test_providers_in_maintenance_are_named(use, sandbox):
    first = next(iter(sandbox.app.world.state.providers.values()))
    first.in_maintenance = True

    report = use(lambda operator: operator.check(["world"]))

    state, detail = found(report, "world")["providers"]
    assert state == "warning"
    assert first.name in detail


def test_a_deadline_leaves_what_was_not_seen_unknown(world, tree):
    async def never(request):
        await asyncio.sleep(30)

    def hang(request):
        raise httpx2.ConnectTimeout("")

    transport = httpx2.MockTransport(never if world.kind == "asyncio" else hang)
    report = world.use(
        lambda operator: operator.check(["lotus"], deadline=0.2), tree, transport=transport, max_retries=0
    )

    assert {one.state for one in report.agents["lotus"]} == {"unknown"}


def test_a_floor_without_an_amount_for_a_currency_is_refused(use):
    with pytest.raises(ConfigurationError, match="no amount for EUR"):
        use(lambda operator: operator.check(floor={"USD": D(1)}))


class Listener:
    """A wallet on a port that knows no player, and writes down what it is asked."""

    def __init__(self):
        self.seen = []
        seen = self.seen

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                seen.append((body, self.headers[SIGNATURE_HEADER]))
                answer = b'{"balance": 0, "statusCode": "ERR_INVALID_PLAYER_ID"}'
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/wallet"

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def judged(status, body):
    """Return what a probe finds wrong with an answer."""
    flow = probe(Account(name="a", token="the-token", currency="USD"), "http://wallet.test/x?y=1", 5.0)
    post = next(flow)
    assert (post.origin, post.message.target) == ("http://wallet.test", "/x?y=1")
    with pytest.raises(StopIteration) as end:
        flow.send(Answer(status, [], body, 0.0))
    return end.value.value


def test_a_wallet_that_does_not_know_the_player_answers():
    assert judged(200, b'{"balance": 0, "statusCode": "ERR_INVALID_PLAYER_ID"}') is None


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (404, b"", "HTTP 404"),
        (200, b"<html>", "no JSON object"),
        (200, b"[]", "no JSON object"),
        (200, b'{"balance": 0}', "statusCode None"),
        (200, b'{"balance": 0, "statusCode": "ERR_UNKNOWN"}', "ERR_UNKNOWN"),
        (200, b'{"balance": 0, "statusCode": "ERR_INTEGRITY_CHECK_FAILED"}', "another token"),
    ],
)
def test_a_wallet_that_answers_otherwise_is_told(status, body, fault):
    assert fault in judged(status, body)


@pytest.mark.parametrize("url", ["ftp://wallet.test/", "wallet", "http://user:pass@wallet.test/"])
def test_an_address_no_callback_can_go_to_is_told(url):
    account = Account(name="a", token="the-token", currency="USD")

    with pytest.raises(StopIteration) as end:
        next(probe(account, url, 5.0))

    assert "is no address that callbacks can go to" in end.value.value


def test_a_callback_url_is_called_with_the_agents_signature(use, sandbox, world):
    accounts = sandbox.app.world.state.accounts
    with Listener() as listener:
        accounts["id-lotus"].callback_url = listener.url
        report = use(lambda operator: operator.check(["lotus"]))

    ((body, signature),) = listener.seen
    verify(body, signature, "token-of-lotus")
    assert found(report, "lotus")["callback"] == ("ok", "")


def test_a_callback_url_where_nobody_listens_is_a_failure(use, sandbox):
    with Listener() as listener:
        url = listener.url
    sandbox.app.world.state.accounts["id-lotus"].callback_url = url

    report = use(lambda operator: operator.check(["lotus"], callback_timeout=1))

    state, detail = found(report, "lotus")["callback"]
    assert state == "failed"
    assert detail.startswith(url)


@pytest.mark.parametrize("name", ["nobody", "lotu"])
def test_names_that_nobody_has_are_errors(use, name):
    with pytest.raises(UnknownAccount):
        use(lambda operator: operator.transfer(name, D(1), "USD"))


def test_accounts_that_make_no_tree_make_no_operator(world, tree):
    with pytest.raises(TreeError):
        world.operator([tree[2]])
