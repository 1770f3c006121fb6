"""Many agents in one program: their accounts in a tree, calls across them, points, settings, health."""

from igamingace.operators._account_errors import (
    AccountsFileError,
    DuplicateToken,
    TokenUnavailable,
    TreeError,
    UnknownAccount,
)
from igamingace.operators._accounts import Account, Level
from igamingace.operators._addresses import AddressChange, AllowedAddresses, InvalidAddresses
from igamingace.operators._async_operator import AsyncOperator
from igamingace.operators._balances import Balances
from igamingace.operators._create import NewAccount
from igamingace.operators._discover import Discovery
from igamingace.operators._errors import (
    CreatedOutside,
    CreationUnknown,
    RecordInUse,
    RecordUnusable,
    TransferDone,
    TransferError,
    TransferNotDone,
    TransferRefused,
    TransferUnknown,
    Wallets,
)
from igamingace.operators._health import Finding, HealthReport
from igamingace.operators._operator import Operator
from igamingace.operators._plan import Plan, PlannedTransfer
from igamingace.operators._results import DeadlinePassed, Result, Results
from igamingace.operators._tokens import CallableToken, EnvironmentToken, FileToken, TokenSource
from igamingace.operators._top_up import Outcome, TopUp
from igamingace.operators._tree import Tree

__all__ = [
    "Account",
    "AccountsFileError",
    "AddressChange",
    "AllowedAddresses",
    "AsyncOperator",
    "Balances",
    "CallableToken",
    "CreatedOutside",
    "CreationUnknown",
    "DeadlinePassed",
    "Discovery",
    "DuplicateToken",
    "EnvironmentToken",
    "FileToken",
    "Finding",
    "HealthReport",
    "InvalidAddresses",
    "Level",
    "NewAccount",
    "Operator",
    "Outcome",
    "Plan",
    "PlannedTransfer",
    "RecordInUse",
    "RecordUnusable",
    "Result",
    "Results",
    "TokenSource",
    "TokenUnavailable",
    "TopUp",
    "TransferDone",
    "TransferError",
    "TransferNotDone",
    "TransferRefused",
    "TransferUnknown",
    "Tree",
    "TreeError",
    "UnknownAccount",
    "Wallets",
]
