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
from .faults_of_state import (
    BooksHalfOfOtherSpellings,
    BooksOverRefusedIds,
    BooksRelabelledBodies,
    CancelsByRound,
    ClosesRefundedRounds,
    ClosesRefusedRounds,
    CreatesPlayersByAWin,
    KeepsRefusedBets,
    KeepsRoundsAsDoubles,
    KeepsTextIdsApart,
    KnowsIdsByCommand,
    PaysACancelledWinAgain,
    PaysCancelsWithOneId,
    PaysNoBonusWins,
    PaysNoWinOfABetwinsRound,
    RefundsAgainInOtherSpellings,
    RefundsForEachOneIdCancel,
    RefusesABetwinOfTheWholeBalance,
    RefusesWinsOfRoundsWithoutAStake,
    Remembers100Ids,
    RoundsToTwoDigits,
    TakesBackACancelledWin,
    TakesOneBetARound,
    TakesOneBetwinARound,
    UndoesACancelOfACancel,
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
    NeverLooksAtTheBalance: _all(
        "cancel.refused_betwin parallel.overdraw refusal.not_enough_money refused.then_bet "
        "refused.then_betwin refused.then_cancel refused.then_cancel_one_id "
        "refused.then_other_command refused.then_other_content refused.then_same refused.then_win "
        "{bet,betwin}.over_balance"
    ),
    RefusesTheWholeBalance: _all("{bet,betwin}.whole_balance"),
    CountsInFloats: _all("amount.cents amount.large_cents"),
    CutsToIntegers: _all("amount.cents amount.large_cents parallel.mixed signature.numbers"),
    CountsIn32Bits: _all("amount.large amount.large_cents"),
    RefusesZero: _all("amount.zero cancel.free_spin"),
    TakesNegativeAmounts: _all("body.negative"),
    PaysHalfABetwin: _all("betwin.over_balance cancel.refused_betwin"),
    RefundsHalfABetwin: _all(
        "amount.cents amount.large amount.large_cents cancel.betwin cancel.late_bet cancel.refused_betwin"
    ),
    KnowsNoTransaction: _all(
        "bet.duplicate_after_many bet.duplicate_changed bet.duplicate_when_short cancel.late_bet "
        "signature.relabelled spelling.booleans win.cancelled_again "
        "{bet,betwin,cancel,win}.duplicate {bet,betwin,cancel,win}.duplicate_parallel "
        "{bet,betwin,win}.duplicate_later "
        "{betwin,cancel,refunded,refused,taken,win}.then_other_command "
        "{betwin,cancel,refused,win}.then_other_content"
    ),
    LooksBeforeItBooks: _all("{bet,win,betwin,cancel}.duplicate_parallel"),
    RemembersTheLastTransaction: _all(
        "bet.duplicate_after_many cancel.then_other_content {bet,betwin,win}.duplicate_later "
        "{betwin,cancel,refunded,taken,win}.then_other_command"
    ),
    RefusesRepetitions: _all(
        "bet.duplicate_after_many bet.duplicate_when_short cancel.late_bet "
        "{bet,betwin,cancel,win}.duplicate {bet,betwin,cancel,win}.duplicate_parallel "
        "{bet,betwin,win}.duplicate_later"
    ),
    AnswersFromMemory: _all("answer.duplicate_balance"),
    AnswersWithTheBalanceBefore: _all("answer.balance"),
    LooksAtTheBalanceFirst: _all("bet.duplicate_when_short"),
    BooksAnotherAmountAgain: _all(
        "bet.duplicate_changed signature.relabelled win.then_other_content "
        "{betwin,cancel,refunded,taken,win}.then_other_command"
    ),
    ReadsIdsAsFloats: _all("id.neighbours id.reference"),
    ReadsReferencesAsFloats: _all("id.reference"),
    RefundsTwice: _all("cancel.twice cancel.twice_parallel refusal.rolled_back"),
    RefundsTwiceInParallel: _all("cancel.twice_parallel"),
    TakesCancelsOfTheUnknown: _all("cancel.unknown refusal.unknown_bet"),
    PaysCancelsOfTheUnknown: _all("cancel.race cancel.refused_betwin cancel.unknown refused.then_cancel"),
    ForgetsCancelsOfTheUnknown: _all("cancel.before_bet cancel.before_betwin"),
    ForgetsRefundedBets: _all("cancel.bet_again refunded.then_other_command refunded.then_other_content"),
    WantsABetForAWin: _all("betwin.then_win win.without_bet"),
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
        "refusal.integrity signature.garbage signature.malformed signature.missing "
        "signature.tampered signature.wrong_token"
    ),
    AcceptsAMissingSignature: _all("signature.missing"),
    AcceptsAnyShapedSignature: _all(
        "signature.tampered signature.garbage signature.wrong_token refusal.integrity"
    ),
    FailsOverSignaturesOutsideASCII: _all("signature.malformed"),
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
    KeepsRefusedBets: _all("cancel.refused_betwin refused.then_cancel"),
    CancelsByRound: _all("cancel.one_of_round win.then_cancel"),
    TakesOneBetARound: _all("cancel.one_of_round {betwin,refunded,taken,win}.then_bet"),
    PaysACancelledWinAgain: _all("win.cancelled_again"),
    TakesBackACancelledWin: _all("win.then_cancel"),
    KnowsIdsByCommand: _all("{betwin,cancel,refunded,taken,win}.then_other_command"),
    Remembers100Ids: _all("bet.duplicate_after_many"),
    RefusesABetwinOfTheWholeBalance: _all("betwin.whole_balance"),
    KeepsRoundsAsDoubles: _all("id.rounds"),
    CreatesPlayersByAWin: _all("player.sql player.unknown"),
    RoundsToTwoDigits: _all("amount.cents amount.large_cents signature.numbers"),
    UndoesACancelOfACancel: _all("cancel.then_cancel"),
    RefundsForEachOneIdCancel: _all("{betwin,refunded,taken}.then_cancel_one_id"),
    KeepsTextIdsApart: _all("spelling.ids"),
    BooksHalfOfOtherSpellings: _all("spelling.numbers"),
    BooksRelabelledBodies: _all("signature.relabelled"),
    ClosesRefundedRounds: _all("refunded.then_bet refunded.then_betwin"),
    ClosesRefusedRounds: _all("refused.then_bet refused.then_betwin"),
    TakesOneBetwinARound: _all("cancel.before_betwin {betwin,refunded,refused,taken,win}.then_betwin"),
    PaysNoWinOfABetwinsRound: _all("betwin.then_win"),
    RefusesWinsOfRoundsWithoutAStake: _all("win.without_bet {refunded,refused}.then_win"),
    PaysCancelsWithOneId: _all("{betwin,cancel,new,refunded,refused,taken,win}.then_cancel_one_id"),
    RefundsAgainInOtherSpellings: _all("spelling.booleans spelling.command spelling.missing"),
    BooksOverRefusedIds: _all("refused.then_other_command refused.then_other_content refused.then_same"),
    PaysNoBonusWins: _all("cancel.free_spin signature.relabelled"),
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

LOSE_MONEY = {
    KeepsRefusedBets,
    CancelsByRound,
    TakesOneBetARound,
    PaysACancelledWinAgain,
    KnowsIdsByCommand,
    Remembers100Ids,
    RefusesABetwinOfTheWholeBalance,
    KeepsRoundsAsDoubles,
    CreatesPlayersByAWin,
    RoundsToTwoDigits,
}
"""Wallets whose balance differs from what the documented callbacks give."""

DOCUMENTED_ONLY = {
    BooksRelabelledBodies,
    ForgetsCancelsOfTheUnknown,
    RefusesWinsOfRoundsWithoutAStake,
    SignsParsedNumbers,
    FailsOverMissingFields,
    FailsOverBrokenJSON,
}
"""Wallets that do all that is documented."""
