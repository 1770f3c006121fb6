"""Operators with many agents: accounts in a tree, calls across them, top-ups, settings, health checks."""

from igamingace.operators._accounts.account import Account, Level
from igamingace.operators._accounts.tokens import CallableToken, EnvironmentToken, FileToken, TokenSource
from igamingace.operators._accounts.tree import Tree
from igamingace.operators._async import AsyncOperator
from igamingace.operators._errors import (
    AccountsFileError,
    CallbackUrlRefused,
    CreatedOutside,
    CreationUnknown,
    DeadlineExceeded,
    DuplicateToken,
    InvalidAddresses,
    JournalInUse,
    JournalUnusable,
    TokenUnavailable,
    TransferDone,
    TransferError,
    TransferNotDone,
    TransferRefused,
    TransferUnknown,
    TreeError,
    UnknownAccount,
    Wallets,
    WalletUnreadable,
)
from igamingace.operators._execution.results import Result, Results
from igamingace.operators._management.allowed_ips import AddressChange, AllowedAddresses
from igamingace.operators._management.balances import Balances
from igamingace.operators._management.callback_url import CallbackUrlChange
from igamingace.operators._management.create import NewAccount
from igamingace.operators._management.discover import Discovery
from igamingace.operators._management.doctor import DOCTOR_CHECKS
from igamingace.operators._management.health import HealthCheckResult, HealthReport
from igamingace.operators._sync import Operator
from igamingace.operators._transfers.plan import Plan, PlannedTransfer
from igamingace.operators._transfers.top_up_state import TopUp, TransferOutcome

__all__ = [
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
]
