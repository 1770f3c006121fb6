"""The reference ledger passes every check of `igamingace wallet check`, on SQLite and on PostgreSQL."""

import pytest
from igamingace.callbacks import wallet_app, wallet_wsgi
from igamingace.walletcheck import CHECKS, check_wallet_async

TOKEN = "60349266c8d9487eab7531b1a15d2480"


@pytest.mark.parametrize(
    ("database", "kind"),
    [
        ("sqlite", wallet_app),
        ("postgresql", wallet_app),
        pytest.param("sqlite", wallet_wsgi, marks=pytest.mark.proof),
        pytest.param("engine", wallet_wsgi, marks=pytest.mark.proof),
    ],
    indirect=["database"],
)
async def test_the_ledger_passes_every_check(opened, fund, kind):
    ledger = fund(opened(), amount="250.00")
    app = kind(ledger, token=TOKEN)
    report = await check_wallet_async(app, token=TOKEN, player="ann", level="advised")
    app.close()

    assert report.ok, report.text()
    assert [result.status for result in report.results] == ["passed"] * len(CHECKS)
    assert report.restored
    assert ledger.balance_of("ann") == 250
