"""Wallets with one fault each: in amounts, repetitions, cancels and wins."""

from decimal import Decimal

from .wallets import PLAYER, UNKNOWN, Refused, RightWallet, turn

# --- money


class LosesUpdates(RightWallet):
    async def change(self, player, change):
        balance = self.balances[player]
        await turn()
        self.balances[player] = balance + change


class Overdraws(RightWallet):
    async def change(self, player, change):
        await turn()
        await super().change(player, change)


class NeverLooksAtTheBalance(RightWallet):
    async def cover(self, player, taken):
        pass


class RefusesTheWholeBalance(RightWallet):
    async def cover(self, player, taken):
        if self.balances[player] <= taken:
            raise Refused("ERR_NOT_ENOUGH_MONEY", self.balances[player])


class CountsInFloats(RightWallet):
    async def change(self, player, change):
        self.balances[player] = Decimal(str(float(self.balances[player]) + float(change)))


class CutsToIntegers(RightWallet):
    def amount(self, literal):
        return Decimal(int(Decimal(literal)))


class CountsIn32Bits(RightWallet):
    def amounts(self, fields):
        super().amounts(fields)
        if any(fields.get(name, 0) * 100 >= 2**31 for name in ("amount", "betAmount", "winAmount")):
            raise Refused(UNKNOWN)


class RefusesZero(RightWallet):
    def amounts(self, fields):
        super().amounts(fields)
        if fields.get("amount", 1) == 0 or fields.get("betAmount", 1) == 0:
            raise Refused(UNKNOWN)


class TakesNegativeAmounts(RightWallet):
    def amounts(self, fields):
        pass


class PaysHalfABetwin(RightWallet):
    async def betwin(self, player, fields):
        if self.balances[player] < fields["betAmount"] and not await self.known(fields):
            await self.change(player, fields["winAmount"])
        return await super().betwin(player, fields)


class RefundsHalfABetwin(RightWallet):
    async def refund(self, player, fields, bet):
        if bet in self.wins and bet not in self.refunded:
            await self.change(player, self.wins[bet])
        return await super().refund(player, fields, bet)

    async def betwin(self, player, fields):
        self.wins[fields["transactionId"]] = fields["winAmount"]
        return await super().betwin(player, fields)

    def __init__(self):
        super().__init__()
        self.wins = {}


# --- once


class KnowsNoTransaction(RightWallet):
    async def known(self, fields):
        return False


class LooksBeforeItBooks(RightWallet):
    async def known(self, fields):
        known = await super().known(fields)
        await turn()
        return known


class RemembersTheLastTransaction(RightWallet):
    def note(self, fields, change):
        self.last = fields["transactionId"]
        super().note(fields, change)

    async def known(self, fields):
        return fields["transactionId"] == self.last

    last = 0


class RefusesRepetitions(RightWallet):
    async def replayed(self, player, fields):
        raise Refused(UNKNOWN, self.balances[player])


class AnswersFromMemory(RightWallet):
    async def book(self, player, fields, change):
        balance = await super().book(player, fields, change)
        self.answers[fields["transactionId"]] = balance
        return balance

    async def replayed(self, player, fields):
        return self.answers[fields["transactionId"]]

    def __init__(self):
        super().__init__()
        self.answers = {}


class AnswersWithTheBalanceBefore(RightWallet):
    async def book(self, player, fields, change):
        return await super().book(player, fields, change) - change


class LooksAtTheBalanceFirst(RightWallet):
    async def stake(self, player, fields, taken, paid):
        await self.cover(player, taken)
        return await super().stake(player, fields, taken, paid)


class BooksAnotherAmountAgain(RightWallet):
    async def known(self, fields):
        _, change = self.booked.get(fields["transactionId"], ("", None))
        return change is not None and abs(change) == fields.get("amount", abs(change))


class ReadsIdsAsFloats(RightWallet):
    def identifier(self, literal):
        return int(float(literal)) if literal.isdigit() else int(literal)


class ReadsReferencesAsFloats(RightWallet):
    async def refund(self, player, fields, bet):
        near = [known for known in self.booked if float(known) == float(bet) and known not in self.refunded]
        return await super().refund(player, fields, near[0] if near else bet)


# --- cancel


class RefundsTwice(RightWallet):
    async def refund(self, player, fields, bet):
        self.refunded.discard(bet)
        return await super().refund(player, fields, bet)


class RefundsTwiceInParallel(RightWallet):
    async def refund(self, player, fields, bet):
        if bet in self.booked and bet not in self.refunded:
            self.note(fields, 0)
            await turn()
            self.refunded.discard(bet)
        return await super().refund(player, fields, bet)


class TakesCancelsOfTheUnknown(RightWallet):
    async def refund(self, player, fields, bet):
        if bet not in self.booked:
            self.remember_unknown(bet)
            return self.balances[player]
        return await super().refund(player, fields, bet)


class PaysCancelsOfTheUnknown(RightWallet):
    async def refund(self, player, fields, bet):
        if bet not in self.booked:
            self.remember_unknown(bet)
            await self.change(player, 1)
            raise Refused("ERR_TRANSACTION_DOES_NOT_EXIST", self.balances[player])
        return await super().refund(player, fields, bet)


class ForgetsCancelsOfTheUnknown(RightWallet):
    def remember_unknown(self, bet):
        pass


class ForgetsRefundedBets(RightWallet):
    async def refund(self, player, fields, bet):
        balance = await super().refund(player, fields, bet)
        self.forgotten[bet] = self.booked.pop(bet)
        self.refunded.discard(bet)
        return balance

    def remember_unknown(self, bet):
        if bet not in self.forgotten:
            super().remember_unknown(bet)
            return
        raise Refused("ERR_TRANSACTION_ROLLED_BACK", self.balances[PLAYER])

    def __init__(self):
        super().__init__()
        self.forgotten = {}


# --- wins


class WantsABetForAWin(RightWallet):
    async def bet(self, player, fields):
        self.rounds.add(fields["roundId"])
        return await super().bet(player, fields)

    async def win(self, player, fields):
        if fields["roundId"] not in self.rounds:
            raise Refused(UNKNOWN)
        return await super().win(player, fields)

    def __init__(self):
        super().__init__()
        self.rounds = set()


class PaysOneWinARound(RightWallet):
    async def win(self, player, fields):
        first = self.rounds.setdefault(fields["roundId"], fields["transactionId"])
        if first != fields["transactionId"]:
            return self.balances[player]
        return await super().win(player, fields)

    def __init__(self):
        super().__init__()
        self.rounds = {}
