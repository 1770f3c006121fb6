"""Mistakes in the settings are told where they are made; errors cross process borders; names are pinned."""

import copy
import inspect
import pickle
import subprocess
import sys
from decimal import Decimal
from ipaddress import ip_network
from types import MappingProxyType

import pytest
from igamingace import callbacks
from igamingace.callbacks import (
    SIGNATURE_HEADER,
    InvalidCallback,
    InvalidSignature,
    NotEnoughMoney,
    Refusal,
    StaleCallback,
    UnsignableBody,
    parse,
    wallet_app,
    wallet_wsgi,
)
from igamingace.errors import ConfigurationError, IGamingAceError
from igamingace_bindings import contract

PUBLIC = [getattr(callbacks, name) for name in callbacks.__all__]  # vars() has only what was used so far
REFUSALS = [public for public in PUBLIC if isinstance(public, type) and issubclass(public, Refusal)]


@pytest.fixture(params=[wallet_app, wallet_wsgi])
def make(request):
    return request.param


@pytest.mark.parametrize(
    "options",
    [
        {"token": ""},
        {"token": []},
        {"token": {"a": ""}},
        {"token": 5},
        {"token": b"t"},
        {"margin": -1},
        {"margin": float("nan")},
        {"margin": "0.25"},
        {"max_age": 0},
        {"max_age": float("nan")},
        {"max_age": "60"},
        {"hooks": 5},
        {"player_id": "user123"},
        {"threads": 0},
        {"threads": "32"},
        {"max_body": 0},
        {"max_body": "65536"},
        {"allowed_addresses": []},
        {"allowed_addresses": 5},
        {"allowed_addresses": "192.0.2.7"},
        {"allowed_addresses": ["casino.example"]},
        {"allowed_addresses": ["192.0.2.7/24"]},
    ],
    ids=str,
)
def test_a_setting_that_cannot_work_is_refused(make, purse, options):
    with pytest.raises(ConfigurationError):
        make(purse, **{"token": "t", **options})


@pytest.mark.parametrize("max_age", [0, -1, float("nan"), "60", True])
def test_an_age_that_cannot_be_is_refused_before_the_signature_is_looked_at(max_age):
    with pytest.raises(ConfigurationError, match="max_age is"):
        parse(b"{}", None, "t", max_age=max_age)


def test_a_wallet_that_lacks_methods_is_refused_by_their_names(make):
    class Half:
        def balance(self, callback): ...
        def bet(self, callback): ...

    with pytest.raises(ConfigurationError, match="win, betwin, cancel"):
        make(Half(), token="t")


def test_wallets_and_tokens_must_have_the_same_names(make, purse):
    with pytest.raises(ConfigurationError, match="'b'"):
        make({"a": purse}, token={"a": "1", "b": "2"})
    with pytest.raises(ConfigurationError, match="mapping"):
        make({"a": purse}, token=["1"])


def test_tokens_may_come_in_a_mapping_that_cannot_be_copied(make, purse):
    app = make({"one": purse}, token=MappingProxyType({"one": "a token"}))
    app.close()


def test_both_applications_take_the_same_arguments():
    assert inspect.signature(wallet_app).parameters == inspect.signature(wallet_wsgi).parameters


def test_an_application_does_not_show_its_token(make, purse):
    app = make(
        purse, token="60349266c8d9487eab7531b1a15d2480", allowed_addresses=[ip_network("192.0.2.0/24")]
    )

    def shown(thing, depth=3):
        inner = vars(thing).values() if depth and hasattr(thing, "__dict__") else ()
        return repr(thing) + "".join(shown(one, depth - 1) for one in inner)

    assert "60349266" not in shown(app)


@pytest.mark.parametrize(
    "error",
    [
        InvalidSignature("the header is missing"),
        UnsignableBody("the body is not JSON"),
        InvalidCallback("amount: missing", "currency: wrong", command="bet"),
        StaleCallback("timestamp: old", command="win"),
        NotEnoughMoney("short", balance=Decimal("1.50")),
        *[refusal() for refusal in REFUSALS],
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_survives_pickle_and_copy_whole(error):
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is type(error)
        assert isinstance(twin, IGamingAceError)
        assert str(twin) == str(error)
        assert vars(twin) == vars(error)
        assert twin.status_code == error.status_code if hasattr(error, "status_code") else True  # type: ignore[attr-defined]


def test_every_refusal_of_the_contract_has_a_class():
    known = {code for info in contract.CALLBACKS.values() for code in info.status_codes}

    assert {error.status_code for error in (*REFUSALS, InvalidSignature)} | {"OK"} == known  # type: ignore[attr-defined]


def test_the_signature_s_header_is_the_contract_s():
    import json
    from importlib.resources import files

    document = json.loads((files("igamingace_bindings") / "openapi.json").read_text())
    parameters = document["webhooks"]["bet"]["post"]["parameters"]
    names = [
        document["components"]["parameters"][one["$ref"].rpartition("/")[2]]["name"] for one in parameters
    ]

    assert names == [SIGNATURE_HEADER]


def test_the_public_names():
    assert callbacks.__all__ == [
        "SIGNATURE_HEADER",
        "AlreadyRolledBack",
        "Balance",
        "Bet",
        "BetWin",
        "Callback",
        "CallbackHooks",
        "Cancel",
        "Event",
        "Explanation",
        "InvalidAccount",
        "InvalidCallback",
        "InvalidPlayer",
        "InvalidSignature",
        "Mistake",
        "NotAuthenticated",
        "NotEnoughMoney",
        "Refusal",
        "StaleCallback",
        "TransactionNotFound",
        "UnsignableBody",
        "Wallet",
        "WalletApp",
        "WalletWSGI",
        "Win",
        "explain",
        "parse",
        "seconds_left",
        "sign",
        "verify",
        "wallet_app",
        "wallet_wsgi",
    ]


def test_importing_the_package_imports_no_pydantic():
    code = "import sys, igamingace; sys.exit('pydantic' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
