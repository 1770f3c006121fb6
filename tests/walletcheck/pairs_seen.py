"""Reads from callbacks and their answers which pairs of a state and an arrival were sent to a wallet."""

import json

from igamingace.walletcheck.checks._pairs import Arrival, State

IN_ROUND = {"bet": Arrival.BET, "win": Arrival.WIN, "betwin": Arrival.BETWIN}
BOOKED = {"bet": State.TAKEN, "win": State.WIN, "betwin": State.BETWIN, "cancel": State.CANCEL}


class PairsSeen:
    """A wallet that notes the pairs that come to another one."""

    def __init__(self, wallet):
        self.wallet = wallet
        self.pairs = set()
        self.commands = []
        self.known = {}  # id -> [state, fields]
        self.rounds = {}  # roundId -> ids

    async def __call__(self, scope, receive, send):
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        fields = self.arrived(body)

        async def noted(message):
            if message["type"] == "http.response.body":
                self.answered(fields, json.loads(message["body"])["statusCode"] == "OK")
            await send(message)

        async def replayed():
            return {"type": "http.request", "body": body, "more_body": False}

        await self.wallet(scope, replayed, noted)

    def arrived(self, body):
        try:
            fields = json.loads(body)
        except (ValueError, RecursionError):
            return {}
        if not isinstance(fields, dict) or str(fields.get("command")).lower() not in BOOKED:
            return {}
        ids = ("transactionId", "referenceId", "roundId")
        fields |= {name: str(fields[name]) for name in ids if fields.get(name) is not None}
        fields["command"] = fields["command"].lower()
        self.commands.append(fields["command"])
        self.pairs |= set(self.of(fields))
        return fields

    def of(self, fields):
        known_by, command = fields.get("transactionId"), fields["command"]
        if command == "cancel" and fields.get("referenceId") is None:
            yield self.state(known_by), Arrival.CANCEL_ONE_ID
        elif known_by in self.known:
            yield self.state(known_by), self.again(fields, self.known[known_by][1])
        elif command == "cancel":
            yield self.state(fields["referenceId"]), Arrival.CANCEL
        else:
            others = self.rounds.get(fields.get("roundId"), set())
            states = {self.state(other) for other in others} or {State.NEW}
            yield from ((state, IN_ROUND[command]) for state in states)

    def state(self, known_by):
        return self.known[known_by][0] if known_by in self.known else State.NEW

    def again(self, fields, before):
        if fields["command"] != before["command"]:
            return Arrival.OTHER_COMMAND
        differs = {name for name in fields.keys() | before.keys() if fields.get(name) != before.get(name)}
        return Arrival.OTHER_CONTENT if differs - {"timestamp"} else Arrival.SAME

    def answered(self, fields, ok):
        if not fields or (fields["command"] == "cancel" and fields.get("referenceId") is None):
            return
        known_by, command = fields.get("transactionId"), fields["command"]
        if ok and known_by not in self.known:
            self.known[known_by] = [BOOKED[command], fields]
            if command == "cancel":
                self.known[fields["referenceId"]][0] = State.REFUNDED
        elif command in ("bet", "betwin") and known_by not in self.known:
            self.known[known_by] = [State.REFUSED, fields]
        if command != "cancel" and known_by in self.known:
            self.rounds.setdefault(fields.get("roundId"), set()).add(known_by)
