"""The names that other people's programs import: adding one is a decision, losing one breaks somebody."""

import importlib
import inspect
import subprocess
import sys

import pytest
from igamingace_bindings.contract import OPERATIONS

NAMES = {
    "igamingace": [
        "Agent",
        "AsyncAgent",
        "AsyncOperator",
        "AsyncWalk",
        "IGamingAceError",
        "Operator",
        "RawAnswer",
        "Timeouts",
        "Walk",
        "WalkProgress",
        "__version__",
        "errors",
    ],
    "igamingace.drift": [
        "Difference",
        "Direction",
        "DriftLog",
        "Kind",
        "MAX_RECORDS",
        "differences",
        "reset",
    ],
    "igamingace.errors": [
        "APIError",
        "AcquireTimeout",
        "AgentClosed",
        "AuthenticationError",
        "ConfigurationError",
        "Conflict",
        "Headers",
        "IGamingAceError",
        "IPNotAllowed",
        "InsufficientFunds",
        "InvalidArgument",
        "InvalidRequest",
        "NotFound",
        "PermissionDenied",
        "RateLimited",
        "ResponseSnapshot",
        "ServerError",
        "ServerIsBusy",
        "Timeout",
        "TransportError",
        "UnderMaintenance",
        "UnexpectedField",
        "UnexpectedResponse",
        "api_error_class",
    ],
    "igamingace.limits": [
        "Budget",
        "Limiter",
        "LimiterHooks",
        "LimiterUnavailable",
        "LocalLimiter",
        "SlotOutcome",
        "Permit",
        "RedisLimiter",
        "Stats",
        "account_key",
        "default_limiter",
    ],
    "igamingace.lobby": [
        "AsyncCatalogue",
        "AsyncPlayerBonus",
        "BonusIdentity",
        "BonusState",
        "BonusStillActive",
        "Catalogue",
        "CatalogueChanges",
        "CatalogueGame",
        "CatalogueProvider",
        "CatalogueSnapshot",
        "OpenGameFailed",
        "OpenedGame",
        "PlayerBonus",
        "open_game",
        "open_game_async",
    ],
    "igamingace.models": [
        "BalanceTransfer",
        "BonusCall",
        "BonusCallSpins",
        "BonusType",
        "CreatedOperator",
        "FreeSpins",
        "Game",
        "GameType",
        "Money",
        "Operator",
        "Player",
        "PlayerBalance",
        "PlayerLink",
        "Provider",
        "ProviderSettings",
        "ProviderStatus",
        "RegisteredBonusCall",
        "RoundPage",
        "Transaction",
        "TransactionPage",
        "TransactionType",
    ],
    "igamingace.operators": [
        "DOCTOR_CHECKS",
        "Account",
        "AccountsFileError",
        "AddressChange",
        "AllowedAddresses",
        "AsyncOperator",
        "Balances",
        "CallableToken",
        "CallbackUrlChange",
        "CallbackUrlRefused",
        "CreatedOutside",
        "CreationUnknown",
        "DeadlineExceeded",
        "Discovery",
        "DuplicateToken",
        "EnvironmentToken",
        "FileToken",
        "HealthCheckResult",
        "HealthReport",
        "InvalidAddresses",
        "JournalInUse",
        "JournalUnusable",
        "Level",
        "NewAccount",
        "Operator",
        "Plan",
        "PlannedTransfer",
        "Result",
        "Results",
        "TokenSource",
        "TokenUnavailable",
        "TopUp",
        "TransferDone",
        "TransferError",
        "TransferNotDone",
        "TransferOutcome",
        "TransferRefused",
        "TransferUnknown",
        "Tree",
        "TreeError",
        "UnknownAccount",
        "WalletUnreadable",
        "Wallets",
    ],
    "igamingace.otel": ["instrument", "uninstrument"],
    "igamingace.probe": [
        "CallFindings",
        "FieldFinding",
        "Finding",
        "MAX_REQUESTS",
        "ProbeReport",
        "Progress",
        "ProgressStep",
        "WINDOW_PAUSE",
        "ZoneFinding",
        "run",
        "run_async",
    ],
    "igamingace.reconcile": [
        "Book",
        "Columns",
        "ComparedSum",
        "CsvBook",
        "Discrepancy",
        "DiscrepancyKind",
        "Reconciliation",
        "Record",
        "RoundDiscrepancies",
        "Side",
        "SqlBook",
        "Window",
        "as_csv",
        "html",
        "reconcile",
        "reconcile_async",
    ],
    "igamingace.reports": [
        "AgentDays",
        "Days",
        "Dimension",
        "OpenHours",
        "ReportRow",
        "RevenueReport",
        "Sum",
        "aggregate",
        "as_csv",
        "html",
        "report",
        "report_async",
    ],
    "igamingace.walletcheck": [
        "CHECKS",
        "CannotCheck",
        "Check",
        "CheckResult",
        "Exchange",
        "Level",
        "Report",
        "as_json",
        "check_wallet",
        "check_wallet_async",
        "html",
        "junit",
    ],
    "igamingace.sandbox": [
        "AsyncGameSession",
        "ContractBreach",
        "ContractError",
        "DataError",
        "Delivery",
        "Fault",
        "GameSession",
        "Played",
        "Sandbox",
        "SandboxApp",
        "SandboxError",
        "create_app",
        "read_casino",
    ],
}


@pytest.mark.parametrize("module", NAMES)
def test_a_module_offers_these_names_and_has_them(module):
    imported = importlib.import_module(module)

    assert sorted(imported.__all__) == sorted(NAMES[module])
    assert all(hasattr(imported, name) for name in imported.__all__)


@pytest.mark.parametrize("kind", ["Agent", "AsyncAgent"])
def test_an_agent_takes_what_outside_programs_give_it(kind):
    parameters = inspect.signature(getattr(importlib.import_module("igamingace"), kind)).parameters

    assert list(parameters)[:5] == ["token", "base_url", "transport", "timeout", "limiter"]
    assert all(parameter.default is None for parameter in list(parameters.values())[:5])


@pytest.mark.parametrize("kind", ["Operator", "AsyncOperator"])
def test_an_operator_takes_what_an_agent_takes(kind):
    module = importlib.import_module("igamingace")
    agent = list(inspect.signature(getattr(module, kind.replace("Operator", "Agent"))).parameters)
    operator = list(inspect.signature(getattr(module, kind)).parameters)

    assert operator == [
        "accounts",
        *(name for name in agent[1:] if name not in {"_transport", "account"}),
        "max_in_flight",
    ]


def test_importing_the_package_does_not_bring_what_is_for_operators():
    code = "import igamingace, sys; sys.exit('igamingace.operators' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("kind", ["Agent", "AsyncAgent"])
def test_every_operation_is_a_method_of_its_resource(kind):
    with_token = getattr(importlib.import_module("igamingace"), kind)("0" * 32)

    for operation in OPERATIONS:
        tag, _, method = operation.partition(".")
        for view in (with_token, with_token.raw, with_token.with_options(timeout=1)):
            assert callable(getattr(getattr(view, tag), method)), operation
