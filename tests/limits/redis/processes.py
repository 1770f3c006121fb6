"""The processes of these tests: the server that counts, and those who call it through a RedisLimiter."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from pathlib import Path

HERE = Path(__file__).parent
LIMIT = 50


class API:
    """The counting server."""

    def __init__(self):
        command = [sys.executable, str(HERE / "counting_server.py"), str(LIMIT)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def ask(self, what, account="0" * 32):
        with socket.create_connection(("127.0.0.1", self.port)) as sock, sock.makefile("rwb") as stream:
            stream.write(f"{what} {account}\n".encode())
            stream.flush()
            return json.loads(stream.readline())

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Worker:
    """A process of `worker.py`."""

    def __init__(self, orders):
        command = [sys.executable, str(HERE / "worker.py"), json.dumps(orders)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe, stderr=pipe)

    def wait(self):
        assert self.process.stdout.readline() == "ready\n", self.process.stderr.read()

    def start(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.said = []
        self.reader = threading.Thread(target=lambda: self.said.extend(self.process.communicate()))
        self.reader.start()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def result(self):
        self.reader.join()
        assert self.process.returncode == 0, self.said[1]
        return json.loads(self.said[0])

    def close(self):
        if self.process.poll() is None:
            self.kill()
        if hasattr(self, "reader"):
            self.reader.join()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            pipe.close()


def start_all(workers):
    for worker in workers:
        worker.start()
    return workers


def results_of(workers):
    return [worker.result() for worker in workers]


def total(results, what):
    return sum(result.get(what, 0) for result in results)
