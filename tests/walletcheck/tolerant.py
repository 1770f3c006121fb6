"""A right wallet that also reads what a sister deployment sends: other spellings, cancels with one id."""

from decimal import Decimal

from .wallets import UNKNOWN, Literal, Refused, RightWallet

BOOLEANS = ("1", "true", "0", "false")
OPTIONAL = {"roundId", "timestamp", "isBonusBusy", "isRoundFinished"}


class TolerantWallet(RightWallet):
    """Reads any spelling that loses nothing, and refuses a signature that came before with something else."""

    def __init__(self, balance="1000.00"):
        super().__init__(balance)
        self.signatures = {}  # signature -> what decided about money when it came first

    def command(self, fields):
        if isinstance(fields.get("command"), str):
            fields["command"] = fields["command"].lower()
        return super().command(fields)

    def validate(self, fields):
        super().validate(fields)
        self.claim(fields)

    def claim(self, fields):
        names = ("command", "transactionId", "referenceId", "playerId", "amount", "betAmount", "winAmount")
        content = tuple(fields.get(name) for name in names)
        if self.signatures.setdefault(self.sign_again(fields), content) != content:
            raise Refused("ERR_INTEGRITY_CHECK_FAILED")

    def verify(self, fields, signature):
        super().verify(fields, signature)
        fields["signature"] = signature

    def sign_again(self, fields):
        return fields["signature"]

    def field(self, name, kind, fields):
        value = fields.get(name)
        if value is None and name in OPTIONAL:
            return
        if name == "referenceId" and value is None:
            fields[name] = fields["transactionId"]
            fields["transactionId"] = ("cancel of", fields[name])
            return
        if kind in (int, Decimal) and isinstance(value, str):
            fields[name] = Literal(value)
        if kind is bool and value in BOOLEANS:
            fields[name] = value in BOOLEANS[:2]
        super().field(name, kind, fields)

    def amount(self, literal):
        try:
            return super().amount(literal)
        except ArithmeticError:
            raise Refused(UNKNOWN) from None
