"""A bank whose answers get lost, and top-ups from it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from decimal import Context, Decimal, localcontext
from typing import TYPE_CHECKING, Any

import httpx2

if TYPE_CHECKING:
    from igamingace.operators import Account

D = Decimal


class Crash(BaseException):
    """The process dies here."""


@dataclass
class Bank:
    """Answers operators.info and transfer-balance; what becomes of a transfer is up to the test.

    `fates` holds for each transfer to come what happens to it: "done" (the default), or "lost done", "lost"
    (nothing was moved), "lost late" (moved after a few more reads), "refused", "crash" and "crash done".
    `failing` has the numbers of the reads that are refused; nobody answers at all while it is `down`.
    `wallets` has what stands in place of an account's `balance`, None for nothing; with `wallets_after` only
    once something was sent; `fields` has other fields of an account's answer.
    """

    accounts: list[Account]
    points: dict[str, Decimal]
    fates: list[str] = field(default_factory=list)
    sent: Counter[tuple[str, str]] = field(default_factory=Counter)
    reads: int = 0
    meanwhile: Any = None
    late: list[Any] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)
    unreadable_after: bool = False
    failing: set[int] = field(default_factory=set)
    down: bool = False
    wallets: dict[str, Any] = field(default_factory=dict)
    wallets_after: bool = False
    fields: dict[str, Any] = field(default_factory=dict)
    remarks: list[str | None] = field(default_factory=list)

    @property
    def transport(self) -> httpx2.MockTransport:
        return httpx2.MockTransport(self.answer)

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        if self.down:
            raise httpx2.ConnectError("nobody is there")
        token = request.headers["authorization"].removeprefix("Bearer ")
        (account,) = (one for one in self.accounts if one.open_token() == token)
        if request.url.path == "/v1/operator/info":
            return self._info(account)
        if request.url.path == "/v1/provider/list":
            return httpx2.Response(200, json={"success": True, "message": "OK", "data": []})
        return self._transfer(account, json.loads(request.content, parse_float=Decimal))

    def _info(self, account: Account) -> httpx2.Response:
        self.reads += 1
        if self.late and self.reads >= self.late[0]:
            self.late.pop(0)
            self.late.pop(0)()
        hidden = account.name in self.unreadable or (self.unreadable_after and self.sent)
        if hidden or self.reads in self.failing:
            return self._error(1009)
        data = {
            "id": account.name,
            "name": account.name,
            "level": account.level,
            "balance": [{"currency": account.currency, "amount": float(self.points[account.name])}],
        }
        if account.name in self.wallets and (self.sent or not self.wallets_after):
            data["balance"] = self.wallets[account.name]
            if data["balance"] is None:
                del data["balance"]
        if account.parent:
            data["parentId"] = account.parent
        data.update(self.fields.get(account.name, {}))
        return httpx2.Response(200, json={"success": True, "message": "OK", "data": data})

    def _transfer(self, source: Account, body: dict[str, Any]) -> httpx2.Response:
        target, amount = body["targetOperatorId"], Decimal(body["amount"])
        fate = self.fates.pop(0) if self.fates else "done"
        self.sent[source.name, target] += 1
        self.remarks.append(body.get("remark"))

        def move() -> None:
            with localcontext(
                Context()
            ):  # the vendor computes as it does, whatever the application's context is
                self.points[source.name] -= amount
                self.points[target] = self.points.get(target, D(0)) + amount

        if fate == "refused":
            return self._error(2005)
        if fate == "lost late":
            self.late = [self.reads + 3, move]
        elif fate not in ("lost", "crash"):
            move()
        if self.meanwhile is not None:
            self.meanwhile()
        if fate.startswith("crash"):
            raise Crash
        if fate.startswith("lost"):
            raise httpx2.ReadTimeout("")
        data = dict.fromkeys(("myPreBalance", "myAfterBalance", "targetPreBalance", "targetAfterBalance"), 0)
        data["currency"] = body["currency"]
        return httpx2.Response(200, json={"success": True, "message": "OK", "data": data})

    @staticmethod
    def _error(code: int) -> httpx2.Response:
        return httpx2.Response(400, json={"success": False, "code": code})


def top_up(world, bank, record, **options):
    wanted = {"minimum": D(100), "target": D(500), "settle": 0, "journal": record, **options}
    return world.use(lambda operator: operator.top_up(**wanted), bank.accounts, transport=bank.transport)
