"""Makes six threads use a type of msgspec for the first time at once, again and again.

`python first_use.py snapshot|casino ROUNDS`. Each round loads the modules anew: a type is prepared once.
"""

import importlib
import sys
import threading
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files

import igamingace.lobby._snapshot as snapshot
from igamingace.sandbox.data import model, read

THREADS = 6


def read_snapshot():
    importlib.reload(snapshot)
    game = snapshot.CatalogueGame(provider_id=1, game_id="655")
    provider = snapshot.CatalogueProvider(provider_id=1, games=(game,))
    text = snapshot.CatalogueSnapshot(fetched_at=datetime.now(UTC), providers=(provider,)).to_json()
    return partial(snapshot.CatalogueSnapshot.from_json, text)


def read_casino():
    importlib.reload(model)
    importlib.reload(read)
    name = "casino.toml"
    text = files("igamingace.sandbox.data").joinpath(name).read_text(encoding="utf-8")
    return partial(read.parse_casino, text, name)


def at_once(action):
    """Return what went wrong in one of the threads."""
    start, errors = threading.Barrier(THREADS), []

    def use():
        start.wait()
        try:
            action()
        except Exception as error:  # noqa: BLE001 -- told by the main thread
            errors.append(error)

    threads = [threading.Thread(target=use) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def main(what, rounds):
    sys.setswitchinterval(1e-6)
    prepare = {"snapshot": read_snapshot, "casino": read_casino}[what]
    for _ in range(int(rounds)):
        for error in at_once(prepare()):
            raise error


if __name__ == "__main__":
    main(*sys.argv[1:])
