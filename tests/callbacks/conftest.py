"""A vendor who signs what it sends, and small wallets to answer it."""

import asyncio
import json
from decimal import Decimal
from typing import Any

import httpx2
import pytest
from igamingace.callbacks import (
    AlreadyRolledBack,
    CallbackHooks,
    NotAuthenticated,
    NotEnoughMoney,
    TransactionNotFound,
    sign,
    wallet_app,
    wallet_wsgi,
)

TOKEN = "60349266c8d9487eab7531b1a15d2480"

_ROUND = {"playerId": "user123", "roundId": 77, "providerId": 1, "gameCode": 655, "timestamp": 1713792000}
CALLBACKS = {
    "balance": {"command": "balance", "playerId": "user123", "timestamp": 1586335186372},
    "bet": {
        **_ROUND,
        "command": "bet",
        "transactionId": 1,
        "currency": "USD",
        "amount": 1.5,
        "isBonusBusy": False,
        "bonusId": 0,
    },
    "win": {
        **_ROUND,
        "command": "win",
        "transactionId": 2,
        "amount": 4.25,
        "isRoundFinished": True,
        "bonusId": 0,
    },
    "betwin": {
        **_ROUND,
        "command": "betwin",
        "transactionId": 3,
        "betAmount": 2,
        "winAmount": 5.5,
        "bonusId": 0,
    },
    "cancel": {**_ROUND, "command": "cancel", "transactionId": 4, "referenceId": 1},
}


@pytest.fixture
def token():
    return TOKEN


@pytest.fixture
def callback():
    """Return a function that writes the body of a callback, some of its fields changed."""

    def write(command, /, **changes):
        fields = {**CALLBACKS[command], **changes}
        return json.dumps({key: value for key, value in fields.items() if value is not ...}).encode()

    return write


class Purse:
    """A wallet in memory with one player, right as long as it is alone."""

    def __init__(self, balance="100.00"):
        self.money = Decimal(balance)
        self.done = {}
        self.cancelled = set()
        self.asked = []

    def _once(self, callback, change):
        self.asked.append(callback.command)
        if callback.player_id != "user123":
            raise NotAuthenticated
        if callback.transaction_id not in self.done:
            if self.money + change < 0:
                raise NotEnoughMoney(balance=self.money)
            self.done[callback.transaction_id] = change
            self.money += change
        return self.money

    def balance(self, callback):
        return self.money

    def bet(self, callback):
        if callback.transaction_id in self.cancelled:
            raise NotAuthenticated("it has been cancelled")
        return self._once(callback, -callback.amount)

    def win(self, callback):
        return self._once(callback, callback.amount)

    def betwin(self, callback):
        return self._once(callback, callback.win_amount - callback.bet_amount)

    def cancel(self, callback):
        if callback.bet_id not in self.done:
            self.cancelled.add(callback.bet_id)
            raise TransactionNotFound(balance=self.money)
        if callback.bet_id in self.cancelled and callback.transaction_id not in self.done:
            raise AlreadyRolledBack(balance=self.money)
        self.cancelled.add(callback.bet_id)
        return self._once(callback, -self.done[callback.bet_id])


class AsyncPurse:
    """The same, asynchronous."""

    def __init__(self, balance="100.00"):
        self.purse = Purse(balance)

    async def balance(self, callback):
        return self.purse.balance(callback)

    async def bet(self, callback):
        return self.purse.bet(callback)

    async def win(self, callback):
        return self.purse.win(callback)

    async def betwin(self, callback):
        return self.purse.betwin(callback)

    async def cancel(self, callback):
        return self.purse.cancel(callback)


@pytest.fixture
def purse():
    return Purse()


@pytest.fixture
def wallet_with():
    """Return a function that makes a wallet with some methods replaced."""

    def make(**methods):
        purse = Purse()
        for name, method in methods.items():
            setattr(purse, name, method)
        return purse

    return make


@pytest.fixture(params=[Purse, AsyncPurse], ids=["sync-wallet", "async-wallet"])
def any_purse(request):
    return request.param()


@pytest.fixture(params=["asgi", "wsgi"])
def served(request):
    """Return a function that serves a wallet, as ASGI and as WSGI, and gives what sends bodies to it."""
    close = []

    def serve(wallet, *, token=TOKEN, **options):
        app: Any
        transport: Any
        if request.param == "asgi":
            app = wallet_app(wallet, token=token, **options)
            transport = httpx2.ASGITransport(app, client=("192.0.2.7", 4711))
        else:
            app = wallet_wsgi(wallet, token=token, **options)
            transport = httpx2.WSGITransport(app, remote_addr="192.0.2.7")
        close.append(app.close)

        async def send(body, *, method="POST", key=TOKEN, headers=None):
            headers = {"X-Request-Signature": sign(body, key)} if headers is None else headers
            if request.param == "asgi":
                async with httpx2.AsyncClient(
                    transport=transport, base_url="http://casino.example"
                ) as client:
                    return await client.request(method, "/callbacks", content=body, headers=headers)
            with httpx2.Client(transport=transport, base_url="http://casino.example") as client:
                return await asyncio.to_thread(
                    client.request, method, "/callbacks", content=body, headers=headers
                )

        return send

    yield serve
    for one in close:
        one()


class Diary(CallbackHooks):
    """Hooks that write down what happened."""

    def __init__(self):
        self.entries = []

    def answered(self, event):
        self.entries.append(("answered", event))

    def overdue(self, event):
        self.entries.append(("overdue", event))

    def ended_late(self, event, error):
        self.entries.append(("ended_late", event, error))

    def names(self):
        return [entry[0] for entry in self.entries]


@pytest.fixture
def diary():
    return Diary()
