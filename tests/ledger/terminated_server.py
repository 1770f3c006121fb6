"""A ledger behind uvicorn, whose callbacks wait at a gate: `terminated_server.py DATABASE PATIENCE`.

Prints the port; then a line for each callback that has reached the gate, which a line on standard input
opens. PATIENCE: how long uvicorn waits for callbacks under way after SIGTERM, in seconds; 0 for ever.
"""

import os
import signal
import socket
import sys
import threading
from dataclasses import replace

import uvicorn
from igamingace.callbacks import _handler, wallet_app
from igamingace.ledger import Ledger, _ledger
from igamingace_bindings.contract import CALLBACKS

TOKEN = "60349266c8d9487eab7531b1a15d2480"
gate = threading.Event()
# A slow machine must not decide what becomes of a callback: the time limit is no part of the test.
patient = {command: replace(info, answer_within=60.0) for command, info in CALLBACKS.items()}
vars(_handler)["CALLBACKS"] = vars(_ledger)["CALLBACKS"] = patient


def wait_at_gate(player_id):
    os.write(1, b"arrived\n")
    return gate.wait(40)


def main(database, patience):
    ledger = Ledger(database, session=wait_at_gate)
    listener = socket.create_server(("127.0.0.1", 0))
    os.write(1, f"{listener.getsockname()[1]}\n".encode())
    threading.Thread(target=lambda: sys.stdin.readline() and gate.set(), daemon=True).start()
    # uvicorn raises the signal again when it has ended: then the threads under way are to end by themselves.
    signal.signal(signal.SIGTERM, lambda *_: None)
    config = uvicorn.Config(
        wallet_app(ledger, token=TOKEN),
        log_level="critical",
        timeout_graceful_shutdown=patience or None,
    )
    uvicorn.Server(config).run([listener])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
