"""A wallet in memory that is right, as an ASGI application of its own; faults change one step of it."""

import asyncio
import base64
import hashlib
import hmac
import json
from decimal import Decimal

TOKEN = "5e1f0c9a7b3d4286a1c4e8f2b6d09173"
PLAYER = "p-1"

UNKNOWN = "ERR_UNKNOWN"
NEEDED = {
    "balance": {"playerId": str, "timestamp": int},
    "bet": {
        "transactionId": int,
        "playerId": str,
        "roundId": int,
        "currency": str,
        "amount": Decimal,
        "isBonusBusy": bool,
        "timestamp": int,
    },
    "win": {
        "transactionId": int,
        "playerId": str,
        "roundId": int,
        "amount": Decimal,
        "isRoundFinished": bool,
        "timestamp": int,
    },
    "betwin": {
        "transactionId": int,
        "playerId": str,
        "roundId": int,
        "betAmount": Decimal,
        "winAmount": Decimal,
        "timestamp": int,
    },
    "cancel": {
        "transactionId": int,
        "referenceId": int,
        "playerId": str,
        "roundId": int,
        "timestamp": int,
    },
}


class Refused(Exception):  # noqa: N818 -- a refusal, not an error
    def __init__(self, code, balance=0):
        super().__init__(code)
        self.code = code
        self.balance = balance


class Literal(str):
    """A number as it stands in the body."""

    __slots__ = ()


class RightWallet:
    """Keeps every rule. Nothing is awaited between a look and a change, so each callback is atomic."""

    def __init__(self, balance="1000.00"):
        self.balances = {PLAYER: Decimal(balance)}
        self.booked = {}  # transactionId -> (command, change)
        self.refunded = set()  # transactionIds of bets, known or not, that must not count any more
        self.callbacks = 0

    async def __call__(self, scope, receive, send):
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = dict(scope["headers"])
        status, answer = await self.answer(body, headers.get(b"x-request-signature"))
        start = {"type": "http.response.start", "status": status}
        await send({**start, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": answer})

    async def answer(self, body, signature):
        self.callbacks += 1
        try:
            fields = self.parse(body)
            self.verify(fields, signature)
            self.validate(fields)
            balance = await self.handle(fields)
        except Refused as refusal:
            return self.refuse(refusal)
        return 200, self.write(balance, "OK")

    def refuse(self, refusal):
        return 200, self.write(refusal.balance, refusal.code)

    def write(self, balance, code):
        return f'{{"balance":{self.written(balance)},"statusCode":"{code}"}}'.encode()

    def written(self, balance):
        return f"{Decimal(balance):f}"

    def parse(self, body):
        try:
            fields = json.loads(body, parse_int=Literal, parse_float=Literal, parse_constant=self.constant)
        except (ValueError, RecursionError):
            raise Refused(UNKNOWN) from None
        if not isinstance(fields, dict):
            raise Refused(UNKNOWN)
        return fields

    def constant(self, name):
        raise ValueError(name)

    def verify(self, fields, signature):
        if not hmac.compare_digest(self.sign(fields), signature or b""):
            raise Refused("ERR_INTEGRITY_CHECK_FAILED")

    def sign(self, fields):
        joined = ",".join(self.signed(fields[name]) for name in sorted(fields))
        digest = hmac.new(TOKEN.encode(), joined.encode("utf-8", "replace"), hashlib.sha512).digest()
        return base64.b64encode(digest)

    def signed(self, value):
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value)

    def validate(self, fields):
        for name, kind in NEEDED.get(self.command(fields), {}).items():
            self.field(name, kind, fields)
        self.amounts(fields)

    def command(self, fields):
        if fields.get("command") not in NEEDED:
            raise Refused(UNKNOWN)
        return fields["command"]

    def field(self, name, kind, fields):
        value = fields.get(name)
        if kind in (int, Decimal):
            if not isinstance(value, Literal):
                raise Refused(UNKNOWN)
            try:
                fields[name] = self.identifier(value) if kind is int else self.amount(value)
            except ValueError:
                raise Refused(UNKNOWN) from None
        elif not isinstance(value, kind) or isinstance(value, Literal):
            raise Refused(UNKNOWN)

    def identifier(self, literal):
        return int(literal)

    def amount(self, literal):
        return Decimal(literal)

    def amounts(self, fields):
        if any(fields.get(name, 0) < 0 for name in ("amount", "betAmount", "winAmount")):
            raise Refused(UNKNOWN)

    async def handle(self, fields):
        player = self.player(fields)
        if fields["command"] == "balance":
            return self.balances[player]
        handler = getattr(self, fields["command"])
        return await handler(player, fields)

    def player(self, fields):
        if fields["playerId"] in self.balances:
            return fields["playerId"]
        known = fields["command"] == "balance"
        raise Refused("ERR_INVALID_PLAYER_ID" if known else "ERR_NOT_AUTHENTICATED")

    async def bet(self, player, fields):
        return await self.stake(player, fields, fields["amount"], 0)

    async def betwin(self, player, fields):
        return await self.stake(player, fields, fields["betAmount"], fields["winAmount"])

    async def stake(self, player, fields, taken, paid):
        if await self.known(fields):
            return await self.replayed(player, fields)
        if fields["transactionId"] in self.refunded:
            raise Refused(UNKNOWN, self.balances[player])
        await self.cover(player, taken)
        return await self.book(player, fields, paid - taken)

    async def cover(self, player, taken):
        if self.balances[player] < taken:
            raise Refused("ERR_NOT_ENOUGH_MONEY", self.balances[player])

    async def win(self, player, fields):
        if await self.known(fields):
            return await self.replayed(player, fields)
        return await self.book(player, fields, fields["amount"])

    async def cancel(self, player, fields):
        if await self.known(fields):
            return await self.replayed(player, fields)
        return await self.refund(player, fields, fields["referenceId"])

    async def refund(self, player, fields, bet):
        command, change = self.booked.get(bet, ("", 0))
        if command not in ("bet", "betwin"):
            self.remember_unknown(bet)
            raise Refused("ERR_TRANSACTION_DOES_NOT_EXIST", self.balances[player])
        if bet in self.refunded:
            raise Refused("ERR_TRANSACTION_ROLLED_BACK", self.balances[player])
        self.refunded.add(bet)
        return await self.book(player, fields, -change)

    def remember_unknown(self, bet):
        self.refunded.add(bet)

    async def known(self, fields):
        return fields["transactionId"] in self.booked

    async def replayed(self, player, fields):
        return self.balances[player]

    async def book(self, player, fields, change):
        self.note(fields, change)
        await self.change(player, change)
        return self.balances[player]

    def note(self, fields, change):
        self.booked[fields["transactionId"]] = (fields["command"], change)

    async def change(self, player, change):
        self.balances[player] += change


def turn():
    """Let other callbacks go on, as a query to a database does."""
    return asyncio.sleep(0.001)
