"""Uses the package as on Windows, without what only POSIX has: `without_posix.py FOLDER`, run by its test."""

import asyncio
import ctypes
import functools
import importlib
import os
import pkgutil
import select
import selectors
import signal
import socket
import sys
import time
from pathlib import Path
from types import ModuleType

POSIX_MODULES = ("fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty")
POSIX_NAMES: dict[ModuleType, str] = {
    os: "fork forkpty register_at_fork getuid geteuid getgid getegid fchmod fchown chown uname getpgid "
    "setsid killpg sched_getaffinity sysconf getloadavg mkfifo pread pwrite writev sendfile WNOHANG nice "
    "O_NOFOLLOW O_CLOEXEC O_DIRECTORY O_NONBLOCK",
    signal: "SIGHUP SIGUSR1 SIGUSR2 SIGKILL SIGALRM SIGQUIT SIGCHLD SIGPIPE SIGSTOP SIGCONT pthread_sigmask "
    "pthread_kill setitimer sigwait alarm pause",
    socket: "AF_UNIX SO_REUSEPORT MSG_DONTWAIT MSG_NOSIGNAL",
    select: "poll epoll",
    selectors: "PollSelector EpollSelector",
    time: "clock_gettime CLOCK_BOOTTIME CLOCK_MONOTONIC tzset",
}


def import_all() -> int:
    """Import every module of the package; return how many there are."""
    names = [
        module.name
        for name in ("igamingace", "igamingace_bindings")
        for module in pkgutil.walk_packages(importlib.import_module(name).__path__, f"{name}.")
        if not module.name.endswith("__main__")
    ]
    for name in names:
        importlib.import_module(name)
    return len(names)


def become_windows() -> None:
    """Take away what Windows lacks; other people's modules stay as they were imported."""
    for name in [name for name in sys.modules if name.partition(".")[0].startswith("igamingace")]:
        del sys.modules[name]
    socket.socketpair = functools.partial(socket.socketpair, socket.AF_UNIX)  # asyncio's own
    for name in POSIX_MODULES:
        sys.modules[name] = None  # type: ignore[assignment]
    for module, posix_names in POSIX_NAMES.items():
        for name in posix_names.split():
            if hasattr(module, name):
                delattr(module, name)
    for name in ("add_reader", "add_writer", "add_signal_handler"):  # the loop of Windows has none of these
        setattr(asyncio.SelectorEventLoop, name, None)
    asyncio.ProactorEventLoop = asyncio.SelectorEventLoop  # type: ignore[attr-defined]
    ctypes.WinError = lambda code: OSError(code, "as Windows says it")  # type: ignore[attr-defined]
    sys.modules["msvcrt"] = msvcrt = ModuleType("msvcrt")
    vars(msvcrt).update(LK_NBLCK=2, locking=lock)
    sys.platform = "win32"


locked: list[int] = []


def lock(file: int, _mode: int, _length: int) -> None:
    """Note which byte Windows would lock, for all other descriptors: of this process too."""
    locked.append(os.lseek(file, 0, os.SEEK_CUR))


def use_a_journal(folder: Path) -> None:
    """A journal is read through another descriptor than the one that locks it."""
    from igamingace.operators._transfers.journal import Journal

    for _ in range(2):
        with Journal(folder / "journal") as journal:
            journal.write(kind="plan")
    assert len(journal.entries) == 1
    assert min(locked) > (folder / "journal").stat().st_size


def meet_a_refusal() -> None:
    """Windows' own words say why there is no connection: os.strerror does not know its codes."""
    import igamingace

    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))  # nobody listens there
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        refused = ""
        try:
            igamingace.Agent("t" * 20, base_url=url, max_retries=0).providers.list()
        except igamingace.errors.TransportError as error:
            refused = str(error)
    assert "as Windows says it" in refused


def listen() -> None:
    """With SO_REUSEADDR Windows lets a second server listen on the same port."""
    from igamingace.sandbox.server import bind

    listener, _ = bind("127.0.0.1", 0)
    with listener:
        assert not listener.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)


def main() -> None:
    """Fail loudly, or say what worked."""
    import_all()
    become_windows()
    count = import_all()
    import smoke

    smoke.call_each_way()
    meet_a_refusal()
    listen()
    use_a_journal(Path(sys.argv[1]))
    print(f"{count} modules")  # noqa: T201 -- the test reads it


if __name__ == "__main__":
    main()
