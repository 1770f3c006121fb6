"""The ledger behind the application that answers the vendor."""

import json
from decimal import Decimal

import httpx2
import pytest
from igamingace.callbacks import sign, wallet_app

TOKEN = "60349266c8d9487eab7531b1a15d2480"


@pytest.fixture
async def send(ledger):
    """Return what sends a callback to the ledger and gives statusCode and balance."""
    app = wallet_app(ledger, token=TOKEN)
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://casino.example") as client:

        async def send_(callback, **changes):
            fields = {**callback.model_dump(by_alias=True, mode="json"), "timestamp": 1713792000, **changes}
            body = json.dumps(fields).encode()
            headers = {"X-Request-Signature": sign(body, TOKEN)}
            answer = await client.post("/", content=body, headers=headers)
            assert answer.status_code == 200
            read = json.loads(answer.content, parse_float=Decimal)
            return read["statusCode"], read["balance"]

        yield send_
    app.close()


async def test_the_vendor_reads_balances_and_status_codes(send, calls):
    assert await send(calls.balance()) == ("OK", 100)
    assert await send(calls.bet(1, "1"), amount=0.25) == ("OK", Decimal("99.75"))
    assert await send(calls.bet(1, "1"), amount=0.25) == ("OK", Decimal("99.75"))
    assert await send(calls.bet(1, "1"), amount=0.5) == ("ERR_UNKNOWN", Decimal("99.75"))
    assert await send(calls.bet(2, "1"), amount=1e300) == ("ERR_NOT_ENOUGH_MONEY", Decimal("99.75"))
    assert await send(calls.win(3, "1"), amount=1e300) == ("ERR_UNKNOWN", Decimal("99.75"))
    assert await send(calls.cancel(4, of=1)) == ("OK", 100)
    assert await send(calls.cancel(5, of=1)) == ("ERR_TRANSACTION_ROLLED_BACK", 100)
    assert await send(calls.cancel(6, of=9)) == ("ERR_TRANSACTION_DOES_NOT_EXIST", 100)
    assert await send(calls.bet(9, "1"), amount=1) == ("ERR_UNKNOWN", 100)
    assert await send(calls.betwin(10, "1", "1"), betAmount=100, winAmount=7) == ("OK", 7)
    assert await send(calls.balance(playerId="nobody")) == ("ERR_INVALID_PLAYER_ID", 0)
    assert await send(calls.bet(11, "1", playerId="nobody"), amount=1) == ("ERR_NOT_AUTHENTICATED", 0)
