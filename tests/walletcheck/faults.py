"""The table of faults: which checks name each."""

from .faults_of_form import (
    AcceptsAMissingSignature,
    AcceptsAnyShapedSignature,
    AnswersInLowerCase,
    ChecksNoSignature,
    FailsOverBrokenJSON,
    FailsOverMissingFields,
    FailsOverSignaturesOutsideASCII,
    MakesPlayersUp,
    Misspells,
    OneAtATime,
    PastesSQL,
    QuotesTheBalance,
    ReadsMillisecondsOnly,
    ReadsNoWhiteSpace,
    ReadsSecondsOnly,
    RefusesAllAlike,
    RefusesUnderHTTP400,
    RefusesUnknownFields,
    SignsEscapes,
    SignsKnownFieldsOnly,
    SignsNullByName,
    SignsParsedNumbers,
    SlowBetwins,
    SlowCancels,
    SlowRefusals,
    SlowRepetitions,
    TakesAnyType,
    TakesUnknownCommandsForWins,
)
from .faults_of_money import (
    AnswersFromMemory,
    AnswersWithTheBalanceBefore,
    BooksAnotherAmountAgain,
    CountsIn32Bits,
    CountsInFloats,
    CutsToIntegers,
    ForgetsCancelsOfTheUnknown,
    ForgetsRefundedBets,
    KnowsNoTransaction,
    LooksAtTheBalanceFirst,
    LooksBeforeItBooks,
    LosesUpdates,
    NeverLooksAtTheBalance,
    Overdraws,
    PaysCancelsOfTheUnknown,
    PaysHalfABetwin,
    PaysOneWinARound,
    ReadsIdsAsFloats,
    ReadsReferencesAsFloats,
    RefundsHalfABetwin,
    RefundsTwice,
    RefundsTwiceInParallel,
    RefusesRepetitions,
    RefusesTheWholeBalance,
    RefusesZero,
    RemembersTheLastTransaction,
    TakesCancelsOfTheUnknown,
    TakesNegativeAmounts,
    WantsABetForAWin,
)


def _all(names):
    """Return the ids in a text; `{a,b}.c` stands for `a.c` and `b.c`."""
    ids = set()
    for name in names.split():
        group, _, rest = name.partition(".")
        ids |= {f"{one}.{rest}" for one in group.strip("{}").split(",")}
    return ids


FAULTS = {
    LosesUpdates: _all("parallel.bets parallel.wins parallel.mixed parallel.overdraw cancel.race"),
    Overdraws: _all("parallel.overdraw"),
    NeverLooksAtTheBalance: _all("{bet,betwin}.over_balance parallel.overdraw refusal.not_enough_money"),
    RefusesTheWholeBalance: _all("bet.whole_balance"),
    CountsInFloats: _all("amount.cents amount.large_cents"),
    CutsToIntegers: _all("amount.cents amount.large_cents"),
    CountsIn32Bits: _all("amount.large amount.large_cents"),
    RefusesZero: _all("amount.zero"),
    TakesNegativeAmounts: _all("body.negative"),
    PaysHalfABetwin: _all("betwin.over_balance"),
    RefundsHalfABetwin: _all("cancel.betwin"),
    KnowsNoTransaction: _all(
        "{bet,win,betwin,cancel}.duplicate {bet,win,betwin}.duplicate_later bet.duplicate_when_short "
        "{bet,win,betwin,cancel}.duplicate_parallel bet.duplicate_changed"
    ),
    LooksBeforeItBooks: _all("{bet,win,betwin,cancel}.duplicate_parallel"),
    RemembersTheLastTransaction: _all("{bet,win,betwin}.duplicate_later"),
    RefusesRepetitions: _all(
        "{bet,win,betwin,cancel}.duplicate {bet,win,betwin}.duplicate_later bet.duplicate_when_short "
        "{bet,win,betwin,cancel}.duplicate_parallel"
    ),
    AnswersFromMemory: _all("answer.duplicate_balance"),
    AnswersWithTheBalanceBefore: _all("answer.balance"),
    LooksAtTheBalanceFirst: _all("bet.duplicate_when_short"),
    BooksAnotherAmountAgain: _all("bet.duplicate_changed"),
    ReadsIdsAsFloats: _all("id.neighbours id.reference"),
    ReadsReferencesAsFloats: _all("id.reference"),
    RefundsTwice: _all("cancel.twice cancel.twice_parallel refusal.rolled_back"),
    RefundsTwiceInParallel: _all("cancel.twice_parallel"),
    TakesCancelsOfTheUnknown: _all("cancel.unknown refusal.unknown_bet"),
    PaysCancelsOfTheUnknown: _all("cancel.unknown cancel.race"),
    ForgetsCancelsOfTheUnknown: _all("cancel.before_bet cancel.before_betwin cancel.race"),
    ForgetsRefundedBets: _all("cancel.bet_again"),
    WantsABetForAWin: _all("win.without_bet"),
    PaysOneWinARound: _all("win.several"),
    RefusesUnderHTTP400: _all("refusal.http_status"),
    Misspells: _all("refusal.not_enough_money"),
    RefusesAllAlike: _all(
        "refusal.not_enough_money refusal.unknown_bet refusal.rolled_back refusal.integrity "
        "refusal.unknown_player"
    ),
    AnswersInLowerCase: _all("answer.form"),
    QuotesTheBalance: _all("answer.form"),
    ChecksNoSignature: _all(
        "signature.tampered signature.missing signature.garbage signature.wrong_token refusal.integrity"
    ),
    AcceptsAMissingSignature: _all("signature.missing"),
    AcceptsAnyShapedSignature: _all(
        "signature.tampered signature.garbage signature.wrong_token refusal.integrity"
    ),
    FailsOverSignaturesOutsideASCII: _all("signature.garbage"),
    SignsParsedNumbers: _all("signature.literals"),
    SignsNullByName: _all("signature.values"),
    SignsEscapes: _all("signature.values"),
    SignsKnownFieldsOnly: _all("signature.tampered signature.values body.extra_fields"),
    RefusesUnknownFields: _all("body.extra_fields signature.values"),
    FailsOverBrokenJSON: _all("body.broken_json"),
    TakesUnknownCommandsForWins: _all("body.unknown_command"),
    TakesAnyType: _all("body.wrong_types"),
    FailsOverMissingFields: _all("body.missing_field"),
    ReadsNoWhiteSpace: _all("body.key_order"),
    ReadsSecondsOnly: _all("timestamp.milliseconds"),
    ReadsMillisecondsOnly: _all("timestamp.seconds"),
    MakesPlayersUp: _all("player.unknown player.sql refusal.unknown_player"),
    PastesSQL: _all("player.sql"),
}
"""The checks that name each fault: these fail, and no others."""

SLOW = {
    SlowBetwins: _all("time.betwin"),
    SlowCancels: _all("time.cancel"),
    SlowRepetitions: _all("time.bet time.win time.betwin time.cancel"),
    SlowRefusals: _all("time.bet time.betwin"),
    OneAtATime: _all("parallel.in_time"),
}
"""The same, for faults of time."""
