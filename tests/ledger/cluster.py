"""A PostgreSQL of its own in a temporary folder: prints its URL, and ends when its standard input does.

`python tests/ledger/cluster.py [--standby-of FOLDER] [name=value ...]`: each a setting of the server; FOLDER
is the `host` in the URL of another one, whose changes this one follows. Exits with 3, having said why on
standard error, where PostgreSQL is not installed.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MISSING = 3
READY = re.compile("ready to accept (read-only )?connections")


def programs():
    """Return the folder of PostgreSQL's programs; Debian keeps them out of the PATH."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda bin_: float(bin_.parent.name))
    return next((folder for folder in reversed(folders) if (folder / "initdb").exists()), None)


def not_as_root():
    """PostgreSQL refuses to run as root: its own user takes over, which Debian's package makes."""
    if os.geteuid() != 0:
        return {}
    return {"user": "postgres", "group": "postgres", "extra_groups": []}


def data_from(bin_, data, primary):
    """Return the command that makes a data directory: a new one, or a standby's."""
    if primary is None:
        make = [bin_ / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8"]
        return [*make, "--no-locale"]
    copy = [bin_ / "pg_basebackup", "-D", data, "-h", primary, "-U", "postgres", "--no-sync"]
    return [*copy, "--write-recovery-conf", "--checkpoint=fast"]


def main(settings):
    primary = None
    if settings[:1] == ["--standby-of"]:
        _, primary, *settings = settings
    bin_ = programs()
    if bin_ is None:
        sys.stderr.write("PostgreSQL is not installed (on Debian: apt-get install postgresql)\n")
        return MISSING
    identity = not_as_root()
    with tempfile.TemporaryDirectory(prefix="pg", dir="/tmp") as name:
        folder = Path(name)
        if identity:
            shutil.chown(folder, identity["user"], identity["group"])
        common = {"cwd": folder, "stdout": subprocess.DEVNULL, **identity}
        data = folder / "data"
        subprocess.run(data_from(bin_, data, primary), check=True, **common)
        options = [f"-c{setting}" for setting in (f"unix_socket_directories={folder}", *settings)]
        start = [bin_ / "postgres", "-D", data, "-clisten_addresses=", *options]
        log = (folder / "log").open("wb")
        server = subprocess.Popen(start, stderr=log, **common)
        try:
            wait_for(server, folder)
            sys.stdout.write(f"postgresql://postgres@/postgres?host={folder}\n")
            sys.stdout.flush()
            sys.stdin.read()
        finally:
            server.send_signal(signal.SIGQUIT)  # at once: nobody reads the files any more
            server.wait()
            log.close()
    return 0


def wait_for(server, folder):
    while not READY.search((folder / "log").read_text()):
        if server.poll() is not None:
            raise RuntimeError((folder / "log").read_text())
        time.sleep(0.02)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
