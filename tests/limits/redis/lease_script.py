"""`lease.lua` once more, in Python: for the simulation, and to compare the two. The comments are there.

Every function is the twin of the script's function of that name; the rules of back-pressure are `Rules`.
Only `one_each` has none: with it a thousand processes are simulated in seconds, and not in minutes.
"""

from __future__ import annotations

import json
import math
from copy import deepcopy
from typing import Any

from igamingace.limits._backpressure import RULES
from igamingace.limits.redis._script import script_constants

CONSTANTS = script_constants()
RECONNECT_TIME, TURN, KEEP = (CONSTANTS[name] for name in ("RECONNECT_TIME", "TURN", "KEEP"))
MAX_GRACE = CONSTANTS["MAX_GRACE"]
RULES_MS = RULES.in_ms()

Json = dict[str, Any]
WAITS, HAD_TURN, IN_TURN = 1, 2, 0


def fair_share_of(needs: list[int], total: int, limit: int) -> tuple[int, int]:
    """The fair share of so many permits, and how many are left over when each process has that."""
    rest = total
    for i, need in enumerate(sorted(needs)):
        remaining = len(needs) - i
        if need * remaining > rest:
            return divmod(rest, remaining)
        rest -= need
    return limit, 0


def rank_of(claim: Json, fair_share: int, now: int) -> int:
    if claim["held"] <= fair_share:
        return WAITS
    return IN_TURN if fair_share > 0 and now < claim["turn"] + TURN else HAD_TURN


def by_rank(claim: Json) -> tuple[int, int, str]:
    return claim["rank"], -claim["turn"] if claim["rank"] == HAD_TURN else claim["turn"], claim["id"]


def allocate(claims: list[Json], total: int, limit: int, now: int) -> None:
    """Add given, usable, contended, recheck_in and a new turn to the claims on `total` permits."""
    free = total - sum(claim["held"] for claim in claims)
    lacking = 0
    needs = [claim["held"] + claim["wanted"] for claim in claims]
    fair_share, left_over = fair_share_of(needs, total, limit)
    for claim in claims:
        claim["rank"] = rank_of(claim, fair_share, now)
    claims.sort(key=by_rank)
    for claim in claims:
        need = claim["held"] + claim["wanted"]
        claim["share"] = min(need, fair_share)
        if need > fair_share and left_over > 0:
            claim["share"], left_over = fair_share + 1, left_over - 1
        claim["given"] = max(0, min(claim["wanted"], claim["share"] - claim["held"], free))
        free -= claim["given"]
        if claim["given"] > 0 and claim["held"] + claim["given"] > fair_share:
            claim["turn"] = now
        elif claim["given"] > 0 and claim["given"] == claim["wanted"]:
            claim["turn"] = 0
        lacking += claim["wanted"] > claim["given"]
    for claim in claims:
        held, lacks = claim["held"] + claim["given"], claim["wanted"] > claim["given"]
        claim["contended"] = lacking - lacks > 0
        if (claim["contended"] and fair_share == 0) or free < 0:
            claim["share"] = 0
        claim["usable"] = claim["share"] if held > claim["share"] else limit
        in_turn = fair_share > 0 and claim["contended"] and held > fair_share and now < claim["turn"] + TURN
        claim["recheck_in"] = claim["turn"] + TURN - now if in_turn else -1


class LeaseScript:
    """A Redis with the script, on a clock of its own; `publish` sends a message and returns who listens."""

    def __init__(self, prefix: str = "igamingace:") -> None:
        self.prefix = prefix
        self.now = 0
        self.jitter = 0.0
        self.calls = 0
        self.mark: Json = {}
        self.accounts: dict[str, tuple[Json, int]] = {}  # with the time until which they are kept

    def publish(self, channel: str, message: str) -> int:
        raise NotImplementedError

    def listeners(self, channel: str) -> int:
        raise NotImplementedError

    def state(self, account: str) -> Json | None:
        """What is kept of an account at this time."""
        kept, until = self.accounts.get(account, (None, 0))
        return kept if self.now < until else None

    def run(self, request: Json) -> Json:
        """Handle one request; the response."""
        self.calls += 1
        store, settled_at, registered_until = self.read_epoch(request)
        account, lost = self.load_account(request, registered_until)
        epoch = f"{store}:{account.get('lost_at', 0)}"
        if request["epoch"] != epoch and (request["epoch"] or request["held"]):
            if lost:
                self.accounts[request["account"]] = account, self.now + KEEP
            response = {"store": store, "epoch": epoch, "recheck_in": 0}
        else:
            response = self.apply(request, account, (store, settled_at, registered_until), epoch)
        if lost and "store" in response:
            response["lost"] = True
        return response

    def apply(self, request: Json, account: Json, present: tuple[int, int, int], epoch: str) -> Json:
        """The part of `handle` that follows once it is sure that the request is about the present data."""
        store, settled_at, registered_until = present
        self.put_back(account, request)
        settled_at = max(settled_at, account.get("settled_at", 0))
        account["call"] += 1
        self.drop_expired(account, request)
        if account["limit"] != request["limit"]:
            if account["members"]:
                return {"limit": account["limit"]}
            kept = {name: account[name] for name in ("lost_at", "settled_at") if name in account}
            account = new_account(request, account["call"]) | kept
        account["drain"] = max(account["drain"], request["finished_drain"] + is_closed(account))
        self.settle(account, store, settled_at)
        self.advance_drain(account)
        member = self.renew_lease(account, request)
        self.advance_drain(account)
        if not (is_closed(account) or "reported" in account):
            members = account["members"]
            for name in [name for name, each in members.items() if not (each["held"] or each["wanted"])]:
                del members[name]

        while True:
            unreachable, own = self.notify(account, request, self.grant(account, request["process"]))
            if not unreachable:
                break
        own = own or {"contended": False, "usable": account["limit"], "recheck_in": -1}

        self.store_account(account, request, registered_until)
        response = update_for(account, request, member, own)
        response |= {"seq": request["seq"], "store": store, "epoch": epoch, "leased": not is_idle(member)}
        response["recheck_in"] = self.recheck_in(account, request, member, settled_at, own["recheck_in"])
        if self.now < settled_at:
            response["settles_in"] = math.ceil(settled_at - self.now)
        return response

    def read_epoch(self, request: Json) -> tuple[int, int, int]:
        mark = self.mark
        run_id, created, settled_at = mark.get("run_id"), mark.get("created"), mark.get("settled_at", 0)
        other_server = created and run_id and request["run_id"] and run_id != request["run_id"]
        if not created or other_server:
            lost = other_server or request["store"] != 0 or self.listeners(self.prefix + "all") > 0
            wait = max(0, min(request["lease"], RECONNECT_TIME) - request["uptime"])
            created, settled_at = self.now, self.now + (request["lease"] if lost else wait)
            mark |= {"run_id": request["run_id"], "created": created, "settled_at": settled_at}
            if lost:
                self.publish(self.prefix + "all", "announce")
        elif request["store"] not in {0, created} and settled_at < created + request["lease"]:
            settled_at = mark["settled_at"] = created + request["lease"]
        if settled_at > self.now + request["lease"]:
            settled_at = mark["settled_at"] = self.now + request["lease"]
        return created, settled_at, mark.get("account:" + request["account"], 0)

    def load_account(self, request: Json, registered_until: int) -> tuple[Json, bool]:
        account, kept_until = self.accounts.get(request["account"], ({}, 0))
        if self.now < kept_until:
            same_limit = account["limit"] == request["limit"]
            return account if same_limit else deepcopy(account), False  # a request may be rejected
        account = new_account(request, 0)
        lost = self.now < registered_until
        if lost:
            account |= {"lost_at": self.now, "settled_at": self.now + request["lease"]}
            self.publish(self.prefix + "all", "announce " + request["account"])
        return account, lost

    def settle(self, account: Json, store: int, settled_at: int) -> None:
        if self.now >= settled_at:
            account.pop("reported", None)
        elif "reported" not in account or account.get("store") != store:
            account |= {"reported": 0, "store": store}
            for member in account["members"].values():
                member.pop("reported", None)

    def put_back(self, account: Json, request: Json) -> None:
        for name in ("drain_start", "first_success", "storm_start", "last_refusal"):
            if name in account:
                account[name] = min(account[name], self.now)
        latest = self.now + request["lease"]
        members = account["members"].values()
        for member in [m for m in members if m["expires"] > latest]:
            member["expires"] = latest
        for member in [m for m in members if "turn" in m and m["turn"] > self.now]:
            member["turn"] = self.now
        if "opened_at" in account:
            account["opened_at"] = min(account["opened_at"], self.now + RULES_MS.max_pause)
        if "settled_at" in account:
            account["settled_at"] = min(account["settled_at"], self.now + request["lease"])

    def drop_expired(self, account: Json, request: Json) -> None:
        now, process = self.now, request["process"]
        for name in [name for name, member in account["members"].items() if member["expires"] < now]:
            if name != process:
                member = account["members"][name]
                if not member.get("asked") and self.listeners(self.prefix + name) > 0:
                    member["asked"] = True
                    member["expires"] = self.now + min(request["lease"] // 4, MAX_GRACE)
                    update = {"account": request["account"], "term": member["term"]}
                    update |= {"granted": member["granted"], "recheck_in": 0}
                    self.publish(self.prefix + name, json.dumps(update))
                else:
                    del account["members"][name]

    def start_drain(self, account: Json) -> None:
        if self.now >= account.get("storm_end", 0):
            account["storm_start"] = self.now
        account |= {
            "drain": account["drain"] + 1,
            "phase": "draining",
            "drain_start": self.now,
            "accepted": 0,
        }
        account["last_refusal"] = self.now
        account.pop("first_success", None)
        account.pop("storm_end", None)

    def advance_drain(self, account: Json) -> None:
        phase = account.get("phase")
        trouble = account["last_refusal"] - account["storm_start"] if "last_refusal" in account else 0
        if phase == "draining" and (
            is_drained(account) or self.now - account["drain_start"] >= RULES_MS.max_drain
        ):
            in_use = total_held(account)
            account["floor"] = account["working_limit"] = RULES_MS.limit_after_drain(
                account["accepted"], account["working_limit"], in_use, account["limit"]
            )
            phase = account["phase"] = "paused"
            pause = 0 if account["accepted"] > 0 else math.ceil(RULES_MS.pause(trouble, self.jitter))
            account["opened_at"] = self.now + pause
            account["storm_end"] = RULES_MS.storm_end(account["opened_at"], None, trouble)
        if phase == "paused" and self.now >= account["opened_at"]:
            phase = account["phase"] = "probing"
        if phase == "recovering":
            account["working_limit"] = RULES_MS.recovered_limit(
                account["floor"],
                account["limit"],
                self.now - account["first_success"],
                RULES_MS.recovery_time(trouble),
            )
        if not is_closed(account):
            if "storm_end" in account and self.now >= account["storm_end"]:
                account["working_limit"] = account["limit"]
            if account["working_limit"] == account["limit"]:
                account.pop("phase", None)

    def next_transition(self, account: Json, *, lacks: bool) -> float:
        phase = account.get("phase")
        if phase == "draining":
            return account["drain_start"] + RULES_MS.max_drain
        if phase == "paused":
            return account["opened_at"]
        if phase != "recovering":
            return math.inf
        duration = RULES_MS.recovery_time(account["last_refusal"] - account["storm_start"])
        return self.now + duration / RULES_MS.recovery_steps if lacks else account["first_success"] + duration

    def apply_request(self, account: Json, member: Json, request: Json) -> None:
        before, unseen = member["held"], member["granted"] - request["granted_seen"]
        member["seq"], member["held"] = request["seq"], request["held"] + unseen
        member["wanted"] = max(0, request["wanted"] - unseen)
        if "reported" in account:
            account["reported"] += max(0, member["held"] - (before if member.get("reported") else 0))
            member["reported"] = True
        if member["wanted"] == 0:
            member.pop("turn", None)
        else:
            member.setdefault("turn", self.now)
        if request["draining"] and not is_closed(account) and account["drain"] <= request["finished_drain"]:
            self.start_drain(account)
        phase = account.get("phase")
        if request["refused"] > 0:
            if phase == "draining":
                account["last_refusal"] = self.now
            if "turn" in member:
                member["turn"] = 0
        if (
            phase == "draining"
            and request["drained"] == account["drain"]
            and member["drained"] != account["drain"]
        ):
            member["drained"] = account["drain"]
            account["accepted"] += request["accepted"]
        if request["succeeded"] and phase == "probing":
            account |= {"phase": "recovering", "first_success": self.now}
            trouble = account["last_refusal"] - account["storm_start"]
            account["storm_end"] = RULES_MS.storm_end(account["opened_at"], self.now, trouble)

    def renew_lease(self, account: Json, request: Json) -> Json:
        member = account["members"].get(request["process"])
        member = member or {"term": -1, "seq": 0, "held": 0, "wanted": 0, "drained": 0}
        if member["term"] < request["term"]:
            member |= {"term": request["term"], "granted": request["granted_seen"]}
            member.pop("turn", None)
        account["members"][request["process"]] = member
        member["expires"] = self.now + request["lease"]
        member.pop("asked", None)
        if request["seq"] > member["seq"]:
            member["granted"] = max(member["granted"], request["granted_seen"])
            self.apply_request(account, member, request)
        return member

    def grant(self, account: Json, process: str) -> list[Json]:
        total = min(account["working_limit"], account.get("reported", account["limit"]))
        if is_closed(account):
            names = [name for name, m in account["members"].items() if m["held"] or m["wanted"]]
            return told_anew(account, process, names, given=0, contended=False, usable=account["limit"])
        if (claims := self.one_each(account, process, total)) is not None:
            return claims
        claims = [
            {"id": name, "held": m["held"], "wanted": m["wanted"], "turn": m.get("turn", 0), "given": 0}
            for name, m in account["members"].items()
            if m["held"] or m["wanted"]
        ]
        allocate(claims, total, account["limit"], self.now)
        for claim in claims:
            if claim["given"] > 0:
                member = account["members"][claim["id"]]
                member["held"] += claim["given"]
                member["wanted"] -= claim["given"]
                member["granted"] += claim["given"]
                member["turn"] = claim["turn"]
                if not (member["wanted"] > 0 or claim["turn"] > 0):
                    del member["turn"]
        return claims

    def one_each(self, account: Json, process: str, total: int) -> list[Json] | None:
        """What `allocate` comes to where there are more processes than permits, and some go without.

        The fair share is 0: whoever holds one gives it back after one request, and those who have waited
        longest get one each. Returns the claims to which that is new; None where it is not so.
        """
        members = account["members"]
        waiting = [(m.get("turn", 0), name) for name, m in members.items() if m["wanted"] and not m["held"]]
        holding = [(-m.get("turn", 0), name) for name, m in members.items() if m["held"]]
        free = max(0, total - total_held(account))
        if len(waiting) + len(holding) <= total or len(waiting) < free + 2:
            return None
        in_line, holders = ([name for _, name in sorted(each)] for each in (waiting, holding))
        for name in in_line[:free]:
            member = members[name]
            member["held"], member["wanted"] = 1, member["wanted"] - 1
            member["granted"], member["turn"] = member["granted"] + 1, self.now
        return [
            *told_anew(account, process, in_line[:free], given=1, contended=True, usable=0),
            *told_anew(account, process, in_line[free:], given=0, contended=True, usable=account["limit"]),
            *told_anew(account, process, holders, given=0, contended=True, usable=0),
        ]

    def notify(self, account: Json, request: Json, claims: list[Json]) -> tuple[bool, Json | None]:
        unreachable, own = False, None
        for claim in claims:
            member, told = account["members"][claim["id"]], told_to(account, claim)
            if claim["id"] == request["process"]:
                own = claim
            elif claim["given"] > 0 or told != member.get("told"):
                update = update_for(account, request, member, claim)
                if not self.publish(self.prefix + claim["id"], json.dumps(update)) and claim["given"] > 0:
                    member["held"] -= claim["given"]
                    member["granted"] -= claim["given"]
                    member["wanted"], unreachable = 0, True
                    member.pop("turn", None)
            member["told"] = told
        return unreachable, own

    def store_account(self, account: Json, request: Json, registered_until: int) -> None:
        field, keep = "account:" + request["account"], float(KEEP)
        if not account["members"]:
            self.mark.pop(field, None)
            keep_until = max(account.get("storm_end", 0), account.get("settled_at", 0))
            keep = RULES_MS.max_drain if is_closed(account) else keep_until - self.now
        elif registered_until < self.now + KEEP / 2:
            self.mark[field] = self.now + KEEP
        if keep > 0:
            self.accounts[request["account"]] = account, self.now + math.ceil(keep)
        else:
            self.accounts.pop(request["account"], None)

    def recheck_in(
        self, account: Json, request: Json, member: Json, settled_at: int, recheck_in_turn: int
    ) -> int:
        at = math.inf if recheck_in_turn < 0 else self.now + recheck_in_turn
        lacks = member["wanted"] > 0
        if lacks or "phase" in account:
            at = min(at, self.next_transition(account, lacks=lacks))
        if lacks or is_closed(account):
            members = account["members"].values()
            ends = [m["expires"] for m in members if (m["held"] or m["wanted"]) and m is not member]
            at = min(at, min(ends, default=math.inf) + 1)
            if self.now < settled_at:
                at = min(at, settled_at)
        return -1 if at == math.inf else max(1, math.ceil(at - self.now))


def new_account(request: Json, call: int) -> Json:
    limit = request["limit"]
    return {"limit": limit, "working_limit": limit, "call": call, "members": {}, "drain": 0}


def total_held(account: Json) -> int:
    return sum([member["held"] for member in account["members"].values()])


def is_idle(member: Json) -> bool:
    return not (member["held"] or member["wanted"])


def is_closed(account: Json) -> bool:
    return account.get("phase") in {"draining", "paused"}


def is_drained(account: Json) -> bool:
    drain, members = account["drain"], account["members"].values()
    return not [m for m in members if m["drained"] != drain and (m["held"] or m["wanted"])]


def told_to(account: Json, claim: Json) -> str:
    turn = 0 if claim["recheck_in"] < 0 else claim["turn"]
    phase = "closed" if is_closed(account) else "probing" if account.get("phase") == "probing" else ""
    return f"{claim['contended']:d}:{claim['usable']}:{turn}:{account['drain']}:{phase}"


def told_anew(account: Json, process: str, names: list[str], **what: int) -> list[Json]:
    """The claims of those processes that have not been told the same; that of `process` is among them."""
    what["recheck_in"] = -1
    told, members = told_to(account, what), account["members"]
    if not what["given"]:
        names = [name for name in names if members[name].get("told") != told or name == process]
    return [what | {"id": name} for name in names]


def update_for(account: Json, request: Json, member: Json, claim: Json) -> Json:
    return {
        "account": request["account"],
        "call": account["call"],
        "term": member["term"],
        "granted": member["granted"],
        "working_limit": account["working_limit"],
        "contended": claim["contended"],
        "usable": claim["usable"],
        "drain": account["drain"],
        "draining": is_closed(account),
        "probing": account.get("phase") == "probing",
        "recheck_in": claim["recheck_in"],
    }
