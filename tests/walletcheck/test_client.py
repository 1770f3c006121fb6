"""What the wallet check reads as an amount."""

import asyncio
from decimal import Decimal

import pytest
from freezegun import freeze_time
from igamingace._common.secret import Secret
from igamingace._wallet_client.client import WalletResponse
from igamingace._wallet_client.diagnosis import Cause
from igamingace._wallet_client.messages import CallbackFactory
from igamingace.walletcheck._client import WalletClient
from igamingace_bindings.scalars import MAX_DIGITS


class Answers:
    """A transport to a wallet that answers with one body."""

    name = "wallet"
    url = ""

    def __init__(self, body):
        self.body = body

    async def send(self, body, signature, timings=None):
        return WalletResponse(200, self.body)

    async def close(self):
        pass


@pytest.mark.parametrize(
    ("literal", "balance"),
    [
        ("12.50", Decimal("12.50")),
        ('"12.50"', Decimal("12.50")),
        (f"1e{MAX_DIGITS - 1}", Decimal(f"1e{MAX_DIGITS - 1}")),
        (f'"1e{MAX_DIGITS}"', None),
        ("true", None),
        ('"Infinity"', None),
    ],
)
async def test_a_balance_is_read_exactly_up_to_the_limit_of_digits(literal, balance):
    transport = Answers(f'{{"balance":{literal},"statusCode":"OK"}}'.encode())
    client = WalletClient(transport, Secret("t" * 32), timeout=5, time_scale=1)

    result = await client.send(CallbackFactory("p-1", "USD", 1, 655).balance())

    assert result.balance == balance


class Crowded:
    """A transport to a server that accepts the first callback of several, and answers none of them."""

    name = "wallet"
    url = "http://wallet.test/"

    def __init__(self):
        self.accepted = False

    async def send(self, body, signature, timings=None):
        timings.open, timings.reached_before = 2, True
        if self.accepted:
            timings.start_connecting()
        self.accepted = True
        await asyncio.Event().wait()

    async def close(self):
        pass


async def test_an_overload_has_the_cause_that_another_callback_beside_it_tells():
    client = WalletClient(Crowded(), Secret("t" * 32), timeout=0.01, time_scale=1)
    factory = CallbackFactory("p-1", "USD", 1, 655)
    waited, dropped = [await client.send(factory.bet(1)) for _ in range(2)]

    assert (waited.diagnosis.cause, dropped.diagnosis.cause) == (Cause.OVERLOAD, Cause.BACKLOG)
    assert client.diagnosis_of([waited.exchange]).cause == Cause.BACKLOG
    assert client.diagnosis_of([waited.exchange, dropped.exchange]).cause == Cause.BACKLOG
    assert client.diagnosis_of([]) is None
    client.take_exchanges()
    assert client.diagnosis_of([waited.exchange]) is None


class Silent(Answers):
    """A transport to a wallet that never answers."""

    async def send(self, body, signature, timings=None):
        await asyncio.Event().wait()


async def test_a_wallet_that_never_answers_is_given_up_also_where_the_time_is_frozen():
    client = WalletClient(Silent(b""), Secret("t" * 32), timeout=0.02, time_scale=1)

    with freeze_time("2026-01-01"):
        result = await client.send(CallbackFactory("p-1", "USD", 1, 655).balance())

    assert result.balance is None
    assert result.diagnosis is not None
