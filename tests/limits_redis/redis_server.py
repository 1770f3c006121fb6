"""A real Redis on a free port."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time

import redis

PROGRAM = shutil.which("redis-server") or shutil.which("valkey-server")


class Server:
    """A redis-server that keeps nothing on disk unless told to."""

    def __init__(self, directory, *options, file=None):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.directory = directory
        self.file = [str(file)] if file else []
        self.options = options or ("--save", "", "--appendonly", "no")
        self.client = redis.Redis(port=self.port)
        self.process = None
        self.start()

    def start(self):
        where = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.directory)]
        log = (self.directory / "log").open("ab")
        self.process = subprocess.Popen([PROGRAM, *self.file, *where, *self.options], stdout=log, stderr=log)
        log.close()
        deadline = time.monotonic() + 10
        while True:
            try:
                self.client.ping()
            except redis.ConnectionError:
                assert time.monotonic() < deadline, (self.directory / "log").read_text()
                time.sleep(0.01)
            else:
                return

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
