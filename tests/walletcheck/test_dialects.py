"""The wallet check in the sister's dialect: a right wallet passes, and what is sent is the sister's."""

import json

import pytest
from igamingace.callbacks import wallet_app
from igamingace.errors import ConfigurationError
from igamingace.ledger import Ledger
from igamingace.walletcheck import check_wallet_async

from .wallets import PLAYER, TOKEN


class Recorded:
    """Keeps the callbacks that an application gets."""

    def __init__(self, app):
        self.app = app
        self.bodies = []

    async def __call__(self, scope, receive, send):
        async def kept():
            message = await receive()
            self.bodies.append(message.get("body", b""))
            return message

        await self.app(scope, kept, send)

    @property
    def callbacks(self):
        found = []
        for body in self.bodies:
            try:
                callback = json.loads(body)
            except (ValueError, RecursionError):
                continue
            if isinstance(callback, dict):
                found.append(callback)
        return found


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(f"sqlite:///{tmp_path}/wallet.db", currency="USD")
    ledger.add_player(PLAYER, "USD")
    ledger.deposit(PLAYER, 500)
    yield ledger
    ledger.close()


@pytest.mark.parametrize("dialect", ["sister", pytest.param("igamingace", marks=pytest.mark.proof)])
async def test_the_ledger_passes_in_both_dialects(ledger, dialect):
    app = wallet_app(ledger, token=TOKEN)
    recorded = Recorded(app)

    report = await check_wallet_async(recorded, token=TOKEN, player=PLAYER, dialect=dialect)
    app.close()

    assert report.ok, report.text()
    assert report.balance_after == report.balance_before == 500
    ids = {str(callback.get("transactionId"))[:2] for callback in recorded.callbacks}
    assert ("SP" in ids) is (dialect == "sister")


async def test_a_dialect_that_nobody_speaks_is_refused(ledger):
    app = wallet_app(ledger, token=TOKEN)

    with pytest.raises(ConfigurationError, match="dialect: 'v4' is invalid"):
        await check_wallet_async(app, token=TOKEN, player=PLAYER, dialect="v4")  # type: ignore[arg-type]
    app.close()
