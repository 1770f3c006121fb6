"""Wallets with one fault each: in what they know of a transaction when the next callback about it comes."""

from decimal import ROUND_HALF_EVEN, Decimal

from .tolerant import TolerantWallet
from .wallets import Refused, RightWallet


class KeepsRefusedBets(RightWallet):
    """Inserts the bet, then looks at the balance and refuses; its cancel finds the row and refunds it."""

    async def stake(self, player, fields, taken, paid):
        try:
            return await super().stake(player, fields, taken, paid)
        except Refused as refusal:
            if refusal.code == "ERR_NOT_ENOUGH_MONEY":
                self.kept[fields["transactionId"]] = (fields["command"], paid - taken)
            raise

    async def refund(self, player, fields, bet):
        if bet in self.kept:
            self.booked[bet] = self.kept.pop(bet)
        return await super().refund(player, fields, bet)

    def __init__(self, balance="1000.00"):
        super().__init__(balance)
        self.kept = {}


class CancelsByRound(RightWallet):
    async def stake(self, player, fields, taken, paid):
        if fields["transactionId"] not in self.booked:
            self.rounds.setdefault(fields["roundId"], []).append(fields["transactionId"])
        return await super().stake(player, fields, taken, paid)

    async def refund(self, player, fields, bet):
        bets = [known for known in self.rounds.get(fields["roundId"], []) if known not in self.refunded]
        return await super().refund(player, fields, bets[0] if bets and bet in self.booked else bet)

    def __init__(self, balance="1000.00"):
        super().__init__(balance)
        self.rounds = {}


class TakesOneBetARound(RightWallet):
    """Tells repetitions by the round and the command."""

    async def bet(self, player, fields):
        first = self.rounds.setdefault(fields["roundId"], fields["transactionId"])
        if first != fields["transactionId"] and first in self.booked:
            return self.balances[player]
        return await super().bet(player, fields)

    async def betwin(self, player, fields):
        self.rounds.setdefault(fields["roundId"], fields["transactionId"])
        return await super().betwin(player, fields)

    def __init__(self, balance="1000.00"):
        super().__init__(balance)
        self.rounds = {}


class PaysACancelledWinAgain(RightWallet):
    """A cancel deletes the row of its referenceId, of whatever command."""

    async def refund(self, player, fields, bet):
        if self.booked.get(bet, ("",))[0] == "win":
            del self.booked[bet]
        return await super().refund(player, fields, bet)


class TakesBackACancelledWin(RightWallet):
    async def refund(self, player, fields, bet):
        command, change = self.booked.get(bet, ("", 0))
        if command == "win" and bet not in self.refunded:
            self.refunded.add(bet)
            return await self.book(player, fields, -change)
        return await super().refund(player, fields, bet)


class KnowsIdsByCommand(RightWallet):
    """Has a unique index on command and id together."""

    async def known(self, fields):
        return (fields["command"], fields["transactionId"]) in self.pairs

    def note(self, fields, change):
        self.pairs.add((fields["command"], fields["transactionId"]))
        if fields["transactionId"] not in self.booked:
            super().note(fields, change)

    def __init__(self, balance="1000.00"):
        super().__init__(balance)
        self.pairs = set()


class Remembers100Ids(RightWallet):
    async def known(self, fields):
        return fields["transactionId"] in list(self.booked)[-100:]


class RefusesABetwinOfTheWholeBalance(RightWallet):
    async def betwin(self, player, fields):
        if fields["betAmount"] == self.balances[player] and not await self.known(fields):
            raise Refused("ERR_NOT_ENOUGH_MONEY", self.balances[player])
        return await super().betwin(player, fields)


class KeepsRoundsAsDoubles(RightWallet):
    """Closes a round when it is finished; its JSON parser reads numbers as doubles."""

    async def win(self, player, fields):
        if await self.known(fields):
            return await self.replayed(player, fields)
        round_id = float(fields["roundId"])
        if round_id in self.closed:
            raise Refused("ERR_UNKNOWN", self.balances[player])
        if fields["isRoundFinished"]:
            self.closed.add(round_id)
        return await super().win(player, fields)

    def __init__(self, balance="1000.00"):
        super().__init__(balance)
        self.closed = set()


class CreatesPlayersByAWin(RightWallet):
    def player(self, fields):
        if fields["command"] == "win":
            self.balances.setdefault(fields["playerId"], Decimal(0))
        return super().player(fields)


class RoundsToTwoDigits(RightWallet):
    """Keeps two digits whatever the currency is; of many amounts the errors cancel out."""

    currency = "KWD"

    def amount(self, literal):
        return super().amount(literal).quantize(Decimal("0.01"), ROUND_HALF_EVEN)


class UndoesACancelOfACancel(RightWallet):
    async def refund(self, player, fields, bet):
        command, change = self.booked.get(bet, ("", 0))
        if command == "cancel":
            return await self.book(player, fields, -change)
        return await super().refund(player, fields, bet)


class RefundsForEachOneIdCancel(TolerantWallet):
    """Books cancels without an id of their own by no id at all."""

    async def known(self, fields):
        return not isinstance(fields["transactionId"], tuple) and await super().known(fields)

    async def refund(self, player, fields, bet):
        if isinstance(fields["transactionId"], tuple):
            self.refunded.discard(bet)
        return await super().refund(player, fields, bet)


class KeepsTextIdsApart(TolerantWallet):
    """Takes `5` and `"5"` for two ids."""

    def field(self, name, kind, fields):
        text = name == "transactionId" and type(fields.get(name)) is str
        super().field(name, kind, fields)
        if text:
            fields[name] = f"text {fields[name]}"

    def claim(self, fields):
        known_by = str(fields.get("transactionId")).removeprefix("text ")
        super().claim({**fields, "transactionId": known_by})


class BooksHalfOfOtherSpellings(TolerantWallet):
    """Reads a betAmount that is a text as 0, as a lenient cast does."""

    def field(self, name, kind, fields):
        if name == "betAmount" and type(fields.get(name)) is str:
            fields[name] = Decimal(0)
            return
        super().field(name, kind, fields)


class BooksRelabelledBodies(TolerantWallet):
    def claim(self, fields):
        pass


class ClosesRefundedRounds(RightWallet):
    """Takes nothing more in the round of a refunded bet."""

    async def stake(self, player, fields, taken, paid):
        if fields["roundId"] in self.closed and not await self.known(fields):
            raise Refused("ERR_UNKNOWN", self.balances[player])
        return await super().stake(player, fields, taken, paid)

    async def refund(self, player, fields, bet):
        balance = await super().refund(player, fields, bet)
        self.closed.add(fields["roundId"])
        return balance

    def __init__(self, balance="1000.00"):
        super().__init__(balance)
        self.closed = set()


class ClosesRefusedRounds(RightWallet):
    """Takes nothing more in the round of a refused bet."""

    async def stake(self, player, fields, taken, paid):
        if fields["roundId"] in self.closed:
            raise Refused("ERR_UNKNOWN", self.balances[player])
        try:
            return await super().stake(player, fields, taken, paid)
        except Refused:
            self.closed.add(fields["roundId"])
            raise

    def __init__(self, balance="1000.00"):
        super().__init__(balance)
        self.closed = set()


class TakesOneBetwinARound(RightWallet):
    """Takes a betwin for a repetition when its round has had any callback."""

    async def handle(self, fields):
        if fields["command"] == "balance":
            return await super().handle(fields)
        first = self.rounds.setdefault(fields["roundId"], fields["transactionId"])
        if fields["command"] == "betwin" and first != fields["transactionId"]:
            return self.balances[self.player(fields)]
        return await super().handle(fields)

    def __init__(self, balance="1000.00"):
        super().__init__(balance)
        self.rounds = {}


class PaysNoWinOfABetwinsRound(RightWallet):
    async def betwin(self, player, fields):
        self.rounds.add(fields["roundId"])
        return await super().betwin(player, fields)

    async def win(self, player, fields):
        if fields["roundId"] in self.rounds:
            return self.balances[player]
        return await super().win(player, fields)

    def __init__(self, balance="1000.00"):
        super().__init__(balance)
        self.rounds = set()


class RefusesWinsOfRoundsWithoutAStake(RightWallet):
    """Pays a win only in a round with a bet that is booked and not refunded."""

    async def stake(self, player, fields, taken, paid):
        balance = await super().stake(player, fields, taken, paid)
        self.rounds.setdefault(fields["roundId"], set()).add(fields["transactionId"])
        return balance

    async def win(self, player, fields):
        if not self.rounds.get(fields["roundId"], set()) - self.refunded and not await self.known(fields):
            raise Refused("ERR_UNKNOWN", self.balances[player])
        return await super().win(player, fields)

    def __init__(self, balance="1000.00"):
        super().__init__(balance)
        self.rounds = {}


class PaysCancelsWithOneId(RightWallet):
    """Gives 1 for each cancel without a referenceId, known or not."""

    def field(self, name, kind, fields):
        if name == "referenceId" and fields.get(name) is None:
            fields["gift"] = True
            return
        super().field(name, kind, fields)

    async def handle(self, fields):
        if "gift" in fields:
            await self.change(self.player(fields), Decimal(1))
            return self.balances[self.player(fields)]
        return await super().handle(fields)


class RefundsAgainInOtherSpellings(TolerantWallet):
    """Knows a transaction again only when it is spelled in the same way."""

    def command(self, fields):
        flag = fields.get("isBonusBusy", fields.get("isRoundFinished", False))
        self.spelled = (str(fields.get("command")).isupper(), type(flag), "timestamp" in fields)
        return super().command(fields)

    async def known(self, fields):
        known = await super().known(fields)
        return known and self.spellings.setdefault(fields["transactionId"], self.spelled) == self.spelled

    def note(self, fields, change):
        self.spellings[fields["transactionId"]] = self.spelled
        super().note(fields, change)

    def __init__(self, balance="1000.00"):
        super().__init__(balance)
        self.spellings = {}


class BooksOverRefusedIds(RightWallet):
    """Refuses an id that was refused before, but books it."""

    async def cover(self, player, taken):
        self.refused.add(self.now)
        await super().cover(player, taken)
        self.refused.discard(self.now)

    async def handle(self, fields):
        self.now = fields.get("transactionId")
        if self.now in self.refused:
            await self.change(self.player(fields), Decimal(1))
            raise Refused("ERR_UNKNOWN", self.balances[self.player(fields)])
        return await super().handle(fields)

    def __init__(self, balance="1000.00"):
        super().__init__(balance)
        self.refused = set()


class PaysNoBonusWins(RightWallet):
    """Answers OK to a win with a bonusId, and pays nothing."""

    async def win(self, player, fields):
        bonus = fields.get("bonusId")
        if bonus not in ("0", None):
            return self.balances[player]
        return await super().win(player, fields)
