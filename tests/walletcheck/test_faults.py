"""The checker checks: the right wallet passes all, each fault fails the checks that name it, no others."""

import asyncio

import pytest
from igamingace.walletcheck.checks import CHECKS

from .faults import FAULTS, SLOW
from .wallets import RightWallet

IDS = [check.id for check in CHECKS]


def failed(report):
    return {result.id for result in report.failed}


async def test_the_right_wallet_passes_every_check(checked):
    report = await checked(RightWallet())

    assert report.text() == (
        f"Wallet check of RightWallet (ASGI, in process): {len(CHECKS)} passed, 0 failed, 0 skipped.\n\n"
        "The balance of p-1 is 1000.00 USD, as it was before."
    )
    assert [result.id for result in report.results] == IDS


@pytest.mark.parametrize("balance", ["0", "0.37", "99.99", "123456.78"])
async def test_any_balance_will_do_and_is_put_back(checked, balance):
    report = await checked(RightWallet(balance))

    assert failed(report) == set()
    assert report.restored


@pytest.mark.proof
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
async def test_a_fault_fails_the_checks_that_name_it_and_no_others(checked, fault):
    assert failed(await checked(fault())) == FAULTS[fault]


@pytest.mark.proof
async def test_slow_wallets_fail_the_checks_of_time_and_no_others(checked):
    quiet = [check for check in CHECKS if check.id != "parallel.in_time"]  # in a crowd on few processors
    crowd = [check for check in CHECKS if check.group in ("happy", "parallel", "time")]

    async with asyncio.TaskGroup() as group:
        runs = {
            fault: group.create_task(
                checked(
                    fault(),
                    checks=crowd if "parallel.in_time" in named else quiet,
                    time_scale=0.1 if "parallel.in_time" in named else 0.05,
                )
            )
            for fault, named in SLOW.items()
        }

    assert {fault: failed(run.result()) for fault, run in runs.items()} == SLOW


def test_every_check_is_failed_by_some_fault():
    named = set().union(*FAULTS.values(), *SLOW.values())

    assert set(IDS) - named == {"happy.balance", "happy.bet", "happy.win", "happy.betwin", "happy.cancel"}
