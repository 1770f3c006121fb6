"""What a call costs: processor time of AsyncAgent and Agent at 50 in flight, beside what they replace.

`python tests/benchmarks/calls/bench_calls.py [calls]`; the server runs in a process of its own, so that only
the client's time is counted. Figures are medians of rounds that take turns, ratios medians of each round's.
"""

import asyncio
import importlib
import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from statistics import median

import aiohttp
import httpx2
from igamingace import Agent, AsyncAgent

HERE = Path(__file__).parent
TOKEN = "60349266c8d9487eab7531b1a15d2480"
JSON = "application/json"
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Accept": JSON, "Content-Type": JSON}
IN_FLIGHT = 50
ROUNDS = 5


@contextmanager
def server():
    command = [sys.executable, str(HERE / "constant_server.py")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.communicate()


def stock_client(folder):
    """Generate the stock client of this contract, with the generator's own templates, and import it."""
    contract = Path(str(files("igamingace_bindings") / "openapi.json"))
    generator = [sys.executable, "-m", "openapi_python_client", "generate", "--meta=none"]
    places = [f"--path={contract}", f"--output-path={folder}/stock"]
    subprocess.run([*generator, *places], check=True, capture_output=True)
    sys.path.insert(0, str(folder))
    return importlib.import_module("stock"), importlib.import_module("stock.api.providers.providers_list")


async def at_once(call, calls):
    """Make the calls with 50 workers; return the processor time of one, in milliseconds."""
    left = iter(range(calls))

    async def work():
        for _ in left:
            await call()

    await asyncio.gather(*(call() for _ in range(IN_FLIGHT)))  # connections open, imports done
    before = time.process_time()
    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
    return (time.process_time() - before) / calls * 1000


def in_threads(call, calls):
    """The same with 50 threads."""
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        list(pool.map(lambda _: call(), range(IN_FLIGHT)))
        before = time.process_time()
        list(pool.map(lambda _: [call() for _ in range(calls // IN_FLIGHT)], range(IN_FLIGHT)))
        return (time.process_time() - before) / calls * 1000


async def ours_async(url, calls):
    async with AsyncAgent(TOKEN, base_url=url) as agent:
        return await at_once(agent.providers.list, calls)


async def bare_aiohttp(url, calls):
    async with aiohttp.ClientSession(headers=HEADERS) as session:

        async def call():
            async with session.get(f"{url}/v1/provider/list") as response:
                return json.loads(await response.read())

        return await at_once(call, calls)


async def stock_async(url, calls, stock):
    package, operation = stock
    async with package.AuthenticatedClient(base_url=url, token=TOKEN) as client:
        return await at_once(lambda: operation.asyncio(client=client), calls)


def ours_threads(url, calls):
    with Agent(TOKEN, base_url=url) as agent:
        return in_threads(agent.providers.list, calls)


def bare_httpx2(url, calls):
    with httpx2.Client(headers=HEADERS) as client:
        return in_threads(lambda: client.get(f"{url}/v1/provider/list").json(), calls)


def stock_threads(url, calls, stock):
    package, operation = stock
    with package.AuthenticatedClient(base_url=url, token=TOKEN) as client:
        operation.sync(client=client)  # makes its HTTP client, once and not in 50 threads at a time
        return in_threads(lambda: operation.sync(client=client), calls)


def main(calls):
    rounds = []
    with tempfile.TemporaryDirectory() as folder, server() as url:
        stock = stock_client(Path(folder))
        for _ in range(ROUNDS):
            figures = {
                "AsyncAgent": asyncio.run(ours_async(url, calls)),
                "bare aiohttp": asyncio.run(bare_aiohttp(url, calls)),
                "stock async": asyncio.run(stock_async(url, calls // 4, stock)),
                "Agent": ours_threads(url, calls),
                "bare httpx2": bare_httpx2(url, calls),
                "stock sync": stock_threads(url, calls // 2, stock),
            }
            rounds.append(figures)
    print(f"{'processor time a call, 50 in flight':38} {'ms':>7} {'reference':>10} {'ratio':>6} {'bound':>6}")
    for name, reference, bound in (
        ("AsyncAgent", "bare aiohttp", 1.2),
        ("AsyncAgent", "stock async", 0.25),
        ("Agent", "bare httpx2", 0.7),
        ("Agent", "stock sync", 0.7),
    ):
        ours, theirs = (median(figures[one] for figures in rounds) for one in (name, reference))
        ratio = median(figures[name] / figures[reference] for figures in rounds)
        verdict = "" if ratio <= bound else "  over"
        label = f"{name} beside {reference}"
        print(f"{label:38} {ours:7.3f} {theirs:10.3f} {ratio:6.2f} {bound:6.2f}{verdict}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3000)
