"""A Redis of a benchmark's own."""

from __future__ import annotations

import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "limits" / "redis"))
from redis_server import PROGRAM, Server


@contextmanager
def own_redis():
    """Start a Redis, and stop it afterwards; without the program, say so and exit with 1."""
    if PROGRAM is None:
        sys.exit("no redis-server here: apt-get install redis-server")
    with tempfile.TemporaryDirectory() as directory:
        server = Server(Path(directory))
        server.settle()
        try:
            yield server
        finally:
            server.stop()
