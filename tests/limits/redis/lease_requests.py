"""What Redis hears of a process, and what is pushed to it, with nothing of the package in between."""

from __future__ import annotations

import json
import time
from typing import Any

from igamingace.limits.redis._script import lease_script

ACCOUNT = "0123456789abcdef" * 2
KEYS = [f"igamingace:{{{ACCOUNT}}}", "igamingace:store"]
SILENT = {"uptime": 0, "refused": 0, "succeeded": False, "draining": False, "drained": 0, "accepted": 0}


class Process:
    """A process as Redis sees it: announcements, and what is pushed."""

    def __init__(self, server, name, lease=10_000, limit=50):
        self.server, self.name = server, name
        self.always = SILENT | {"process": name, "account": ACCOUNT, "lease": lease, "limit": limit}
        self.run = server.client.info("server")["run_id"]
        self.script = server.client.register_script(lease_script())
        self.seq = self.granted = self.store = self.finished_drain = 0
        self.epoch = ""
        self.pushes = server.client.pubsub(ignore_subscribe_messages=True)
        self.pushes.subscribe(f"igamingace:{name}")
        self.pushes.get_message(timeout=1)

    def die(self):
        """Listen no longer, as a process that was killed."""
        self.pushes.close()
        channel = f"igamingace:{self.name}"
        while self.server.client.pubsub_numsub(channel)[0][1]:
            time.sleep(0.001)

    def say(self, **what):
        """Announce; `hold`, `want` and the rest are what they are in the package."""
        self.seq += 1
        return self.say_again(**what)

    def say_again(self, **what):
        answer = self.send(**what)
        if "store" in answer:
            self.store, self.epoch = answer["store"], answer["epoch"]
            if "seq" not in answer:  # data was lost since it was said
                answer = self.send(**what | {"store": self.store, "epoch": self.epoch})
            if not answer["leased"]:
                self.epoch = ""
            self.hear(answer)
        return answer

    def send(self, **what):
        """Send a request, and do nothing about the response."""
        said: dict[str, Any] = {
            "seq": self.seq,
            "term": 0,
            "granted_seen": self.granted,
            "held": 0,
            "wanted": 0,
        }
        said |= {"run_id": self.run, "store": self.store, "epoch": self.epoch}
        said |= {"finished_drain": self.finished_drain}
        return json.loads(self.script(KEYS, [json.dumps(self.always | said | what), "igamingace:"]))

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
