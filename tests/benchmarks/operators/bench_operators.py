"""What an operator of many agents costs: memory, opening it, and one call for each agent.

`python tests/benchmarks/operators/bench_operators.py [agents]`. The calls go to a sandbox in a process of its
own, so that only the client's processor time is counted, beside as many calls of one agent at 50 in flight.
Each size is measured in a process of its own, and figures of time are the best of several rounds.
"""

import asyncio
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
IN_FLIGHT = 50
ROUNDS = 5
MIB = 1024 * 1024


def token_of(number):
    return f"{number:032x}"


def resident():
    """Memory of this process, in bytes."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def accounts_of(agents):
    from igamingace.operators import Account

    top = Account(name="top", token="f" * 32, currency="USD", level="operator")
    return [
        top,
        *(
            Account(name=f"agent-{number}", token=token_of(number), currency="USD", parent="top")
            for number in range(agents)
        ),
    ]


def opened(agents, url):
    from igamingace import Operator

    return Operator(accounts_of(agents), base_url=url)


def measure_opening(agents, folder):
    """Microseconds for opening, an agent: from code, and from a file; each of them used once."""
    from igamingace import Operator

    path = Path(folder) / f"{agents}.toml"
    tables = [
        f'[[account]]\nname = "agent-{number}"\ncurrency = "USD"\ntoken = "{token_of(number)}"\n'
        for number in range(agents)
    ]
    path.touch(0o600)
    path.write_text("\n".join(tables))
    figures = {"code": [], "file": []}
    for _ in range(max(ROUNDS, 20_000 // agents)):
        for kind, make in (
            ("code", lambda: opened(agents, "http://127.0.0.1:9")),
            ("file", lambda: Operator.from_file(path)),
        ):
            gc.collect()
            before = time.process_time()
            with make() as operator:
                for account in operator.agents(level="agent"):
                    operator.agent(account.name)
            figures[kind].append((time.process_time() - before) / agents * 1e6)
    return {f"open_{kind}": min(values) for kind, values in figures.items()}


def measure_memory(agents, url):
    """Bytes over the import: of an operator, and of one that has called each of its agents."""
    from igamingace import AsyncOperator, Operator

    with Operator(accounts_of(1)[:1]) as operator:
        operator.tree()
    before = resident()
    operator = AsyncOperator(accounts_of(agents), base_url=url)
    made = resident()

    async def use():
        async with operator:
            results = await operator.map(lambda agent: agent.providers.list(), operator.agents(level="agent"))
            results.raise_for_errors()
            del results
            return resident()

    used = asyncio.run(use())
    return {"memory": made - before, "memory_used": used - before}


async def one_agent_async(url, calls):
    from igamingace import AsyncAgent

    async with AsyncAgent(token_of(0), base_url=url) as agent:
        left = iter(range(calls))
        kept = []  # as a map keeps its results

        async def work():
            for _ in left:
                info = await agent.operators.info()
                kept.append(info)

        await asyncio.gather(*(agent.operators.info() for _ in range(IN_FLIGHT)))
        before = time.process_time()
        await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
        return (time.process_time() - before) / calls * 1000


async def gathered(url, calls):
    """As `one_agent_async`, the simplest way: all calls at once, for the budget to put in order."""
    from igamingace import AsyncAgent

    async with AsyncAgent(token_of(0), base_url=url) as agent:
        await asyncio.gather(*(agent.operators.info() for _ in range(IN_FLIGHT)))
        before = time.process_time()
        kept = await asyncio.gather(*(agent.operators.info() for _ in range(calls)))
        spent = time.process_time() - before
    assert len(kept) == calls
    return spent / calls * 1000


async def operator_async(url, agents):
    from igamingace import AsyncOperator

    async with AsyncOperator(accounts_of(agents), base_url=url) as operator:
        chosen = operator.agents(level="agent")
        await operator.map(lambda agent: agent.operators.info(), chosen[:IN_FLIGHT])
        before = time.process_time()
        results = await operator.map(lambda agent: agent.operators.info(), chosen)
        spent = time.process_time() - before
    results.raise_for_errors()
    return spent / agents * 1000


def one_agent_threads(url, calls):
    from igamingace import Agent

    with Agent(token_of(0), base_url=url) as agent, ThreadPoolExecutor(IN_FLIGHT) as pool:
        list(pool.map(lambda _: agent.operators.info(), range(IN_FLIGHT)))
        before = time.process_time()
        list(pool.map(lambda _: agent.operators.info(), range(calls)))
        return (time.process_time() - before) / calls * 1000


def operator_threads(url, agents):
    with opened(agents, url) as operator:
        chosen = operator.agents(level="agent")
        operator.map(lambda agent: agent.operators.info(), chosen[:IN_FLIGHT])
        before = time.process_time()
        results = operator.map(lambda agent: agent.operators.info(), chosen)
        spent = time.process_time() - before
    results.raise_for_errors()
    return spent / agents * 1000


def measure_calls(agents, url):
    """Milliseconds of processor time a call: of an operator's map, and of one agent."""
    best = {}
    for _ in range(max(ROUNDS, 2000 // agents)):
        for name, figure in (
            ("one_async", lambda: asyncio.run(one_agent_async(url, agents))),
            ("map_async", lambda: asyncio.run(operator_async(url, agents))),
            ("gathered", lambda: asyncio.run(gathered(url, agents))),
            ("one_threads", lambda: one_agent_threads(url, agents)),
            ("map_threads", lambda: operator_threads(url, agents)),
        ):
            best[name] = min(figure(), best.get(name, 1e9))
    return best


@contextmanager
def sandbox(agents):
    command = [sys.executable, HERE / "sandbox_of_many.py", str(agents)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


def in_a_process(*arguments):
    done = subprocess.run([sys.executable, __file__, *arguments], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def verdict(value, bound):
    return "" if value <= bound else "  over"


def main(most):
    sizes = [size for size in (100, 1_000, 10_000) if size <= most]
    table = {}
    with sandbox(most) as url, tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            table[size] = {
                **in_a_process("memory", str(size), url),
                **in_a_process("opening", str(size), folder),
                **in_a_process("calls", str(size), url),
            }
    print(f"{'an operator of so many agents':52}" + "".join(f"{size:>10}" for size in sizes))
    for name, label, unit in (
        ("memory", "memory over the import, MiB", MIB),
        ("memory_used", "  once each agent was called, MiB", MIB),
        ("open_code", "opening from code, an agent, us", 1),
        ("open_file", "opening from a file, an agent, us", 1),
        ("map_async", "AsyncOperator.map, processor time a call, ms", 1),
        ("one_async", "  as many calls of one AsyncAgent by 50 tasks, ms", 1),
        ("gathered", "  as many calls of one AsyncAgent, gathered, ms", 1),
        ("map_threads", "Operator.map, processor time a call, ms", 1),
        ("one_threads", "  as many calls of one Agent, ms", 1),
    ):
        print(f"{label:52}" + "".join(f"{table[size][name] / unit:10.3f}" for size in sizes))
    first, last = table[sizes[0]], table[sizes[-1]]
    print()
    for label, value, bound in (
        (f"memory of {sizes[-1]} agents, MiB", last["memory_used"] / MIB, 64),
        ("opening from code, an agent, beside 100 agents", last["open_code"] / first["open_code"], 1.2),
        ("opening from a file, an agent, beside 100 agents", last["open_file"] / first["open_file"], 1.2),
        ("AsyncOperator.map beside one AsyncAgent", last["map_async"] / last["one_async"], 1.15),
        ("Operator.map beside one Agent", last["map_threads"] / last["one_threads"], 1.15),
    ):
        print(f"{label:52}{value:10.2f}   bound {bound:5.2f}{verdict(value, bound)}")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        measure = {"memory": measure_memory, "opening": measure_opening, "calls": measure_calls}[sys.argv[1]]
        print(json.dumps(measure(int(sys.argv[2]), sys.argv[3])))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
