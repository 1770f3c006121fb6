"""A wallet served by forked processes that are killed in mid-transaction, and replaced, as a server does.

`wallet_server.py DATABASE PREFIX SOCKET PROCESSES KILLS WORDS`: DATABASE is a URL; after the word `engine`
and a space, one for an application's engine. One callback a connection, a line of JSON with `body` and
`signature`; the answer is the wallet's, or nothing when the process died. WORDS, with commas, begin
statements; each process has one of them in turn, after which it kills itself with SIGKILL with the
probability KILLS, and says so on standard output. Ends with its standard input.
"""

import io
import json
import os
import random
import select
import signal
import socket
import sys
from collections import deque

from igamingace.callbacks import wallet_wsgi
from igamingace.ledger import Ledger
from sqlalchemy import create_engine
from watching import watch

TOKEN = "60349266c8d9487eab7531b1a15d2480"


def die_at_times(ledger, probability, deadly):
    """Let SIGKILL strike after some statements: nothing is rolled back, closed or answered."""

    def after(statement):
        word = statement.split()[0].rstrip(";")
        if word == deadly[0] and random.random() < probability:
            os.write(1, f"killed after {word}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)

    watch(ledger.engine, after)


def serve(app, listener):
    while True:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as lines:
            sent = json.loads(lines.readline())
            body = sent["body"].encode()
            environ = {
                "REQUEST_METHOD": "POST",
                "CONTENT_LENGTH": str(len(body)),
                "wsgi.input": io.BytesIO(body),
                "HTTP_X_REQUEST_SIGNATURE": sent["signature"],
            }
            connection.sendall(b"".join(app(environ, lambda status, headers: None)))


def start(app, listener, deadly):
    """Return the number of a process that serves; the next one will have the next deadly word."""
    process = os.fork()
    if process:
        deadly.rotate(-1)
        return process
    random.seed()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        serve(app, listener)
    finally:
        os._exit(1)


def main(database, prefix, path, *how):
    processes, kills, words = how
    kind, _, url = database.rpartition(" ")
    ledger = Ledger(create_engine(url.replace(":", "+psycopg:", 1)) if kind else url, prefix=prefix)
    deadly = deque(words.split(","))
    die_at_times(ledger, float(kills), deadly)
    app = wallet_wsgi(ledger, token=TOKEN)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(256)
    serving = {start(app, listener, deadly) for _ in range(int(processes))}
    os.write(1, b"ready\n")
    while not select.select([sys.stdin], [], [], 0.01)[0]:
        ended, _ = os.waitpid(-1, os.WNOHANG)
        if ended:
            serving.remove(ended)
            serving.add(start(app, listener, deadly))
    for process in serving:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
