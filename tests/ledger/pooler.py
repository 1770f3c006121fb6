"""A PgBouncer of its own in a temporary folder: prints its URL, and ends when its standard input does.

`python tests/ledger/pooler.py URL MODE [name=value ...]`: the URL of a PostgreSQL of `cluster.py`, the
pool_mode, and further settings. Exits with 3, having said why on standard error, where PgBouncer is not
installed.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cluster import MISSING, not_as_root  # type: ignore[import-not-found]  # run as a script

PORT = 6432  # a part of the socket's name; nothing listens on the network


def program():
    """Return the path of PgBouncer; Debian keeps it out of the PATH of users."""
    return shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")


def configuration(folder, server, mode, settings):
    lines = [
        "[databases]",
        f"postgres = host={server} user=postgres dbname=postgres",
        "[pgbouncer]",
        f"pool_mode = {mode}",
        f"unix_socket_dir = {folder}",
        f"listen_port = {PORT}",
        "listen_addr =",
        "auth_type = any",
        "max_client_conn = 400",
        *settings,
    ]
    return "\n".join(lines)


def main(url, mode, *settings):
    pgbouncer = program()
    if pgbouncer is None:
        sys.stderr.write("PgBouncer is not installed (on Debian: apt-get install pgbouncer)\n")
        return MISSING
    identity = not_as_root()
    with tempfile.TemporaryDirectory(prefix="pgb", dir="/tmp") as name:
        folder = Path(name)
        if identity:
            shutil.chown(folder, identity["user"], identity["group"])
        ini = folder / "pgbouncer.ini"
        ini.write_text(configuration(folder, url.partition("host=")[2], mode, settings))
        ini.chmod(0o644)
        log = (folder / "log").open("wb")
        server = subprocess.Popen(
            [pgbouncer, str(ini)], cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **identity
        )
        try:
            wait_for(server, folder)
            sys.stdout.write(f"postgresql://postgres@/postgres?host={folder}&port={PORT}\n")
            sys.stdout.flush()
            sys.stdin.read()
        finally:
            server.kill()  # not SIGQUIT, which is ignored in what a shell starts in the background
            server.wait()
            log.close()
    return 0


def wait_for(server, folder):
    while not (folder / f".s.PGSQL.{PORT}").exists():
        if server.poll() is not None:
            raise RuntimeError((folder / "log").read_text())
        time.sleep(0.02)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
