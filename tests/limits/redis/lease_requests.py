"""What Redis hears of a process, and what is pushed to it, with nothing of the package in between."""

from __future__ import annotations

import json

from igamingace.limits.redis._script import lease_script

ACCOUNT = "0123456789abcdef" * 2
KEYS = [f"igamingace:{{{ACCOUNT}}}", "igamingace:store"]
SILENT = {"up": 0, "refused": 0, "good": 0, "draining": False, "over": 0, "drained": 0, "accepted": 0}


class Process:
    """A process as Redis sees it: announcements, and what is pushed."""

    def __init__(self, server, name, lease=10_000, limit=50):
        self.server, self.name = server, name
        self.always = SILENT | {"id": name, "account": ACCOUNT, "lease": lease, "limit": limit}
        self.run = server.client.info("server")["run_id"]
        self.script = server.client.register_script(lease_script())
        self.seq = self.granted = self.store = self.over = 0
        self.pushes = server.client.pubsub(ignore_subscribe_messages=True)
        self.pushes.subscribe(f"igamingace:{name}")
        self.pushes.get_message(timeout=1)

    def say(self, **what):
        """Announce; `hold`, `want` and the rest are what they are in the package."""
        self.seq += 1
        return self.say_again(**what)

    def say_again(self, **what):
        said = {"seq": self.seq, "term": 0, "heard": self.granted, "hold": 0, "want": 0, "run": self.run}
        said |= {"store": self.store, "over": self.over}
        answer = json.loads(self.script(KEYS, [json.dumps(self.always | said | what), "igamingace:"]))
        if "store" in answer:
            self.store = answer["store"]
            self.hear(answer)
        return answer

    def hear(self, news):
        self.new = news["granted"] - self.granted
        self.granted = max(self.granted, news["granted"])

    def pushed(self):
        """The latest message; None when there is none."""
        news = None
        while message := self.pushes.get_message(timeout=0.05):
            news = json.loads(message["data"])
            self.hear(news)
        return news
