"""What stands beside the contract for partners: README, Dockerfile, vectors, reference wallets."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Final

from . import HERE, SPEC
from .versions import package_version

if TYPE_CHECKING:
    from pathlib import Path

    from .document import Object

_KIT: Final = HERE / "kit"
_WALLETS: Final = SPEC.parent / "docs" / "examples" / "wallets"
_CONFORMANCE: Final = SPEC / "conformance"

UNIONS: Final = (
    "BetCallbackBonusId",
    "BetCallbackGameCode",
    "BetCallbackRoundId",
    "BetCallbackTransactionId",
    "BonusCallGameCode",
    "BonusCallIssueId",
    "BonusCallOperatorId",
    "BonusCallStatus",
    "BonusCallsDetailIssueIdParameter",
    "CancelBonusCallIssueId",
    "CancelCallbackReferenceId",
    "CancelCallbackTransactionId",
    "CreatedOperatorId",
    "DepositToPlayerTransactionId",
    "ErrorCode",
    "GameGameID",
    "LaunchGameAnswerData",
    "LaunchGameGameId",
    "OperatorId",
    "OperatorParentId",
    "RegisterBonusCallGameId",
    "RegisteredBonusCallIssueId",
    "TransactionGameCode",
    "TransactionRoundId",
    "TransactionTransId",
    "TransactionsListRoundIdParameter",
)
"""The classes that openapi-generator makes of values of two types; PHP reads nothing into them."""


def write_kit(document: Object, folder: Path) -> None:
    """Write what stands beside the contract into the folder of its version."""
    manifest = json.loads((_CONFORMANCE / "manifest.json").read_text(encoding="utf-8"))
    values = {
        "CONTRACT": document["info"]["version"],
        "PACKAGE": package_version(SPEC.parent),
        "VECTORS": str(sum(manifest["vectors"].values())),
        "MAPPINGS": ",".join(f"{name}=mixed" for name in UNIONS),
    }
    for source in sorted(_KIT.iterdir()):
        text = re.sub(r"@([A-Z]+)@", lambda found: values[found[1]], source.read_text(encoding="utf-8"))
        (folder / source.name).write_text(text, encoding="utf-8")
    shutil.copytree(_CONFORMANCE, folder / "conformance")
    shutil.copytree(_WALLETS, folder / "wallets", ignore=shutil.ignore_patterns("*.db*"))
