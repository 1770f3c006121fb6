"""Wallets with one fault each: in answers, signatures, bodies and time."""

import asyncio
import hmac
import json
import sqlite3
from contextlib import closing
from decimal import Decimal

from .wallets import NEEDED, PLAYER, UNKNOWN, Literal, Refused, RightWallet

# --- answers


class RefusesUnderHTTP400(RightWallet):
    def refuse(self, refusal):
        return 400, super().refuse(refusal)[1]


class Misspells(RightWallet):
    def refuse(self, refusal):
        code = refusal.code.replace("ENOUGH", "ENOUGHT")
        return super().refuse(Refused(code, refusal.balance))


class RefusesAllAlike(RightWallet):
    def refuse(self, refusal):
        return super().refuse(Refused(UNKNOWN, refusal.balance))


class AnswersInLowerCase(RightWallet):
    def write(self, balance, code):
        return super().write(balance, "ok" if code == "OK" else code)


class QuotesTheBalance(RightWallet):
    def written(self, balance):
        return f'"{Decimal(balance):f}"'


# --- signature


class ChecksNoSignature(RightWallet):
    def verify(self, fields, signature):
        pass


class AcceptsAMissingSignature(RightWallet):
    def verify(self, fields, signature):
        if signature is not None:
            super().verify(fields, signature)


class AcceptsAnyShapedSignature(RightWallet):
    def verify(self, fields, signature):
        if signature is None or len(signature) != 88 or not signature.endswith(b"=="):
            raise Refused("ERR_INTEGRITY_CHECK_FAILED")


class FailsOverSignaturesOutsideASCII(RightWallet):
    def verify(self, fields, signature):
        if not hmac.compare_digest(self.sign(fields).decode(), (signature or b"").decode("latin-1")):
            raise Refused("ERR_INTEGRITY_CHECK_FAILED")


class SignsParsedNumbers(RightWallet):
    def signed(self, value):
        if isinstance(value, Literal):
            return json.dumps(json.loads(value))
        return super().signed(value)


class SignsNullByName(RightWallet):
    def signed(self, value):
        return "null" if value is None else super().signed(value)


class SignsEscapes(RightWallet):
    def signed(self, value):
        if isinstance(value, str) and not value.isascii():
            return json.dumps(value)[1:-1]
        return super().signed(value)


class SignsKnownFieldsOnly(RightWallet):
    def sign(self, fields):
        known = {"command", "providerId", "gameCode", "bonusId", "amount"}
        known = known.union(*({"transactionId", "referenceId"}, *self.names()))
        return super().sign({name: value for name, value in fields.items() if name in known})

    def names(self):
        return NEEDED.values()


# --- bodies


class RefusesUnknownFields(SignsKnownFieldsOnly):
    def sign(self, fields):
        return RightWallet.sign(self, fields)

    def validate(self, fields):
        known = {"command", "providerId", "gameCode", "bonusId"}.union(*self.names())
        if fields.keys() - known:
            raise Refused(UNKNOWN)
        super().validate(fields)


class FailsOverBrokenJSON(RightWallet):
    def parse(self, body):
        return json.loads(body, parse_int=Literal, parse_float=Literal)


class TakesUnknownCommandsForWins(RightWallet):
    def command(self, fields):
        if fields.get("command") not in ("balance", "bet", "betwin", "cancel"):
            fields["command"] = "win"
        return super().command(fields)


class TakesAnyType(RightWallet):
    def field(self, name, kind, fields):
        if kind in (int, Decimal) and isinstance(fields.get(name), str | bool):
            fields[name] = Literal(fields[name]) if isinstance(fields[name], str) else Literal("1")
        super().field(name, kind, fields)


class FailsOverMissingFields(RightWallet):
    def field(self, name, kind, fields):
        fields[name]
        super().field(name, kind, fields)


class ReadsNoWhiteSpace(RightWallet):
    def parse(self, body):
        if b"\n" in body:
            raise Refused(UNKNOWN)
        return super().parse(body)


class ReadsSecondsOnly(RightWallet):
    def validate(self, fields):
        super().validate(fields)
        if fields["timestamp"] > 2**32:
            raise Refused(UNKNOWN)


class ReadsMillisecondsOnly(RightWallet):
    def validate(self, fields):
        super().validate(fields)
        if fields["timestamp"] < 2**32:
            raise Refused(UNKNOWN)


class MakesPlayersUp(RightWallet):
    def player(self, fields):
        self.balances.setdefault(fields["playerId"], Decimal(100))
        return fields["playerId"]


class PastesSQL(RightWallet):
    def player(self, fields):
        with closing(sqlite3.connect(":memory:")) as database:
            database.execute("CREATE TABLE players (id TEXT)")
            database.execute("INSERT INTO players VALUES (?)", (PLAYER,))
            query = f"SELECT id FROM players WHERE id = '{fields['playerId']}'"
            row = database.execute(query).fetchone()
        return super().player({**fields, "playerId": row[0] if row else ""})


# --- time


class Slow(RightWallet):
    """Sleeps past the limits of the contract, which the test makes twenty times shorter."""

    seconds = 0.25


class SlowBetwins(Slow):
    async def betwin(self, player, fields):
        balance = await super().betwin(player, fields)
        await asyncio.sleep(self.seconds)
        return balance


class SlowCancels(Slow):
    async def refund(self, player, fields, bet):
        balance = await super().refund(player, fields, bet)
        await asyncio.sleep(self.seconds)
        return balance


class SlowRepetitions(Slow):
    async def replayed(self, player, fields):
        await asyncio.sleep(self.seconds)
        return await super().replayed(player, fields)


class SlowRefusals(Slow):
    async def cover(self, player, taken):
        if self.balances[player] < taken:
            await asyncio.sleep(self.seconds)
        await super().cover(player, taken)


class OneAtATime(RightWallet):
    """Each waits for all before it: quick alone, late in a crowd."""

    def __init__(self):
        super().__init__()
        self.lock = asyncio.Lock()

    async def handle(self, fields):
        async with self.lock:
            await asyncio.sleep(0.01)
            return await super().handle(fields)
