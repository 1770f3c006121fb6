"""The checker checks: the right wallet passes all, each fault fails the checks that name it, no others."""

import asyncio

import pytest
from igamingace.walletcheck import CHECKS, Level

from .faults import DOCUMENTED_ONLY, FAULTS, LOSE_MONEY, SLOW
from .tolerant import TolerantWallet
from .wallets import RightWallet

IDS = [check.id for check in CHECKS]
LEVELS = {check.id: check.level for check in CHECKS}


def failed(report):
    return {result.id for result in report.failed}


async def test_the_right_wallet_passes_every_check(checked):
    report = await checked(RightWallet())

    assert report.text() == (
        f"Wallet check of RightWallet (ASGI, in process): {len(CHECKS)} passed, 0 failed, 0 skipped.\n"
        f"By level: {report.level_summary()}.\n\n"
        "The balance of p-1 is 1000.00 USD, as it was before."
    )
    assert [result.id for result in report.results] == IDS


async def test_a_wallet_that_reads_every_spelling_passes_every_check(checked):
    report = await checked(TolerantWallet(), level=Level.ADVISED)

    assert failed(report) == set()


@pytest.mark.parametrize("balance", ["0", "0.37", "99.99", "123456.78"])
async def test_any_balance_will_do_and_is_put_back(checked, balance):
    report = await checked(RightWallet(balance))

    assert failed(report) == set()
    assert report.restored


@pytest.mark.proof
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
async def test_a_fault_fails_the_checks_that_name_it_and_no_others(checked, fault):
    report = await checked(fault(), currency=getattr(fault, "currency", "USD"))

    assert failed(report) == FAULTS[fault]
    assert report.ok is not any(LEVELS[name] is Level.REQUIRED for name in FAULTS[fault])


def test_wallets_that_lose_money_in_what_is_documented_fail_required_checks():
    assert {fault: any(LEVELS[name] is Level.REQUIRED for name in FAULTS[fault]) for fault in LOSE_MONEY} == (
        dict.fromkeys(LOSE_MONEY, True)
    )


def test_wallets_that_only_lack_what_nobody_states_fail_advised_checks_alone():
    levels = {fault: {LEVELS[name] for name in FAULTS[fault]} for fault in DOCUMENTED_ONLY}

    assert levels == {fault: {Level.ADVISED} for fault in DOCUMENTED_ONLY}


@pytest.mark.proof
async def test_slow_wallets_fail_the_checks_of_time_and_no_others(checked):
    # Few, since they run at once: each must leave the others the processor.
    quiet = [check for check in CHECKS if check.group in ("happy", "answer", "bet", "refusal", "time")]
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
