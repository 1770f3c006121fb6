"""New accounts: with the settings asked for or not at all, and no secret of theirs is lost or shown."""

import pickle
import traceback
from decimal import Decimal

import httpx2
import pytest
from igamingace.errors import (
    ConfigurationError,
    InvalidArgument,
    InvalidRequest,
    PermissionDenied,
    TransportError,
)
from igamingace.operators import CreatedOutside, CreationUnknown, InvalidAddresses, Tree, TreeError

from .bank import Crash

D = Decimal


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

    there = sandbox.app.runtime.state.accounts["newcomer"]
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

    token = sandbox.app.runtime.state.accounts["newcomer"].token
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
        ({"parent": "lotus"}, "only operators have children"),
        ({"parent": None}, "'world', 'europe': choose one"),
        ({"currency": "EURO"}, "three capital letters"),
        ({"currency": "EUR"}, "an account in EUR needs a parent that has EUR: give the name of one: europe"),
        ({"currency": "JPY"}, "no operator among the accounts has JPY"),
        ({"rate": 12.5}, "give a Decimal from 0 to 100"),
        ({"rate": D("NaN")}, "give a Decimal from 0 to 100"),
        ({"rate": D("sNaN")}, "give a Decimal from 0 to 100"),
        ({"rate": D(101)}, "give a Decimal from 0 to 100"),
        ({"allowed_ips": None}, r"give the addresses .* or say that everybody is meant"),
        ({"allowed_ips": []}, r"give the addresses .* or say that everybody is meant"),
        ({"allowed_ips": "8.8.8.8", "everybody": True}, "give one of them"),
        ({"allowed_ips": ["1.2.3"]}, "not an IP address"),
        ({"callback_url": "wallet.example"}, "https://"),
        ({"callback_url": 5}, "https://"),
        ({"callback_url": "https://wallet.example:0"}, "https://"),
        ({"password": ""}, "the password is empty"),
    ],
)
def test_an_agent_that_makes_no_sense_is_not_asked_for(use, sandbox, changes, reason):
    before = len(sandbox.app.runtime.state.accounts)

    with pytest.raises((ConfigurationError, InvalidAddresses), match=reason):
        use(lambda operator: create(operator, **changes))

    assert len(sandbox.app.runtime.state.accounts) == before


def test_a_new_agent_is_open_to_everybody_when_that_is_asked_for_by_name(use, sandbox):
    use(lambda operator: create(operator, allowed_ips=None, everybody=True))

    assert sandbox.app.runtime.state.accounts["newcomer"].allowed_ips == ()


def test_addresses_that_are_hardly_meant_for_a_new_agent_are_warned_about(use, caplog):
    use(lambda operator: create(operator, allowed_ips="8.8.8.8 10.1.2.3 ::"))

    assert [record.levelname for record in caplog.records] == ["WARNING"] * 2
    assert "allowed addresses of 'newcomer': 10.1.2.3: is a private address" in caplog.text
    assert "allowed addresses of 'newcomer': ::: is the unspecified address" in caplog.text


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


PASSWORD = "correct-horse-battery"
TOKEN = "60349266c8d9487eab7531b1a15d2480"


def answer(status, **document):
    return lambda _: httpx2.Response(status, json=document)


def opened(token):
    return answer(200, success=True, message="OK", data={"id": "x", "token": token})


def fail(error):
    def raise_error(_):
        raise error

    return raise_error


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (answer(400, success=False, code=1012, message="no"), InvalidRequest),
        (answer(400, errors={"password": PASSWORD}, statusCode=400), InvalidRequest),
        (answer(400, message=[{"target": {"password": PASSWORD}}]), InvalidRequest),
        (answer(403, data={"apiToken": TOKEN}), PermissionDenied),
        (answer(200, success=True, message="OK", data={"token": TOKEN}), CreatedOutside),
        (answer(200, success=True, message="OK", data={"id": "x"}), CreationUnknown),
        (answer(200, success=True, message="OK", data={"id": "x", "token": [TOKEN]}), CreationUnknown),
        (answer(200, success=True, message="OK", data=[TOKEN]), CreationUnknown),
        (answer(500, data={"token": TOKEN}), CreationUnknown),
        (answer(500, message=f"no such token: {TOKEN}"), CreationUnknown),
        (fail(httpx2.ReadTimeout("")), CreationUnknown),
        (fail(httpx2.ConnectError("")), TransportError),
        (fail(RuntimeError("a mistake")), Exception),
        (fail(Crash()), Crash),
        (opened(TOKEN), CreatedOutside),
        (opened(f"{TOKEN} {TOKEN}"), CreatedOutside),
    ],
)
def test_no_traceback_shows_a_password_or_the_token_of_a_new_account(world, tree, answer, error, monkeypatch):
    def taken(tree, account):
        raise TreeError([f"the name {account.name!r} is taken"])

    monkeypatch.setattr(Tree, "add", taken)

    with pytest.raises(error) as caught:
        world.use(
            lambda operator: create(operator, password=PASSWORD),
            tree,
            transport=httpx2.MockTransport(answer),
            max_retries=0,
        )

    assert no_secret_in(caught.value)


@pytest.mark.parametrize("given", [{}, {"id": 7.5}, {"id": None}, {"id": ""}])
def test_an_account_whose_id_cannot_be_read_joins_with_the_id_that_was_asked_for(world, tree, given):
    data = {**given, "token": "t-1"}
    transport = httpx2.MockTransport(answer(200, success=True, message="OK", data=data))

    made = world.use(lambda operator: create(operator, operator_id="id-new"), tree, transport=transport)

    assert (made.account.operator_id, made.account.open_token()) == ("id-new", "t-1")


def test_no_traceback_shows_a_password_where_nothing_can_be_sent(world, tree):
    with pytest.raises(InvalidArgument) as caught:
        world.use(lambda operator: create(operator, password=PASSWORD, title="\ud800"), tree)

    assert no_secret_in(caught.value)


def no_secret_in(error):
    """Whether no frame of ours and no message shows a secret, of this error and of those before it."""
    told = [traceback.TracebackException.from_exception(error, capture_locals=True)]
    for one in told:
        told += [before for before in (one.__cause__, one.__context__) if before is not None]
    ours = [str(frame.locals) for one in told for frame in one.stack if frame.filename != __file__]
    said = [line for one in told for line in one.format_exception_only()]
    return bool(ours) and not any(PASSWORD in shown or TOKEN[:8] in shown for shown in ours + said)


def test_the_parent_is_the_only_operator_at_the_top(use, tree):
    made = use(lambda operator: create(operator, parent=None), tree[:5])

    assert made.account.parent == "world"
