"""What an operator of many agents costs: memory, opening it, and one call for each agent.

`python tests/benchmarks/operators/bench_operators.py [agents]`. The calls go to a sandbox in a process of its
own, so that only the client's processor time is counted, beside as many calls of one agent at 50 in flight.
What is compared takes turns in one process. Figures of time are the best of several rounds; a ratio is the
median of the rounds' own, since a shared machine is quicker at one time than at another.
"""

import asyncio
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
IN_FLIGHT = 50
ROUNDS = 9
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


def measure_opening(sizes, folder):
    """Microseconds for opening, an agent: from code, and from a file; each of them used once."""
    from igamingace import Operator

    def from_file(agents):
        path = Path(folder) / f"{agents}.toml"
        if not path.exists():
            path.touch(0o600)
            path.write_text(
                "\n".join(
                    f'[[account]]\nname = "agent-{number}"\ncurrency = "USD"\ntoken = "{token_of(number)}"\n'
                    for number in range(agents)
                )
            )
        return Operator.from_file(path)

    def figure(make, agents):
        """The same number of agents whatever the size, so that a round's figures mean the same."""
        spent = 0.0
        for _ in range(sizes[-1] // agents):
            gc.collect()
            before = time.process_time()
            with make(agents) as operator:
                for account in operator.agents(level="agent"):
                    operator.agent(account.name)
            spent += time.process_time() - before
        return spent / sizes[-1] * 1e6

    from_file(sizes[0])
    return [
        {
            f"{name} {size}": figure(make, size)
            for size in sizes
            for name, make in (
                ("open_code", lambda agents: opened(agents, "http://127.0.0.1:9")),
                ("open_file", from_file),
            )
        }
        for _ in range(ROUNDS)
    ]


def measure_memory(agents, url):
    """Bytes over the import: of an operator, and of one that has called each of its agents."""
    from igamingace import AsyncOperator, Operator

    with Operator(accounts_of(1)[:1]) as first:
        first.tree()
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


def measure_calls(sizes, url):
    """Milliseconds of processor time a call: of an operator's map, and of one agent."""
    return [
        {
            f"{name} {size}": min(figure(size) for _ in range(max(1, 1_000 // size)))
            for size in sizes
            for name, figure in (
                ("one_async", lambda calls: asyncio.run(one_agent_async(url, calls))),
                ("map_async", lambda agents: asyncio.run(operator_async(url, agents))),
                ("gathered", lambda calls: asyncio.run(gathered(url, calls))),
                ("one_threads", lambda calls: one_agent_threads(url, calls)),
                ("map_threads", lambda agents: operator_threads(url, agents)),
            )
        }
        for _ in range(ROUNDS)
    ]


@contextmanager
def sandbox(agents):
    command = [sys.executable, str(HERE / "sandbox_of_many.py"), str(agents)]
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


def sizes_up_to(most):
    return [size for size in (100, 1_000, 10_000) if size <= most]


def main(most):
    sizes = sizes_up_to(most)
    smallest, largest = sizes[0], sizes[-1]
    with sandbox(most) as url, tempfile.TemporaryDirectory() as folder:
        memory = {size: in_a_process("memory", str(size), url) for size in sizes}
        rounds = [
            {**opening, **calls}
            for opening, calls in zip(
                in_a_process("opening", str(most), folder), in_a_process("calls", str(most), url), strict=True
            )
        ]
    table = {name: min(one[name] for one in rounds) for name in rounds[0]}
    for size in sizes:
        table |= {f"{name} {size}": value / MIB for name, value in memory[size].items()}

    def beside(name, reference):
        return statistics.median(one[name] / one[reference] for one in rounds)

    print(f"{'an operator of so many agents':52}" + "".join(f"{size:>10}" for size in sizes))
    for name, label in (
        ("memory", "memory over the import, MiB"),
        ("memory_used", "  once each agent was called, MiB"),
        ("open_code", "opening from code, an agent, us"),
        ("open_file", "opening from a file, an agent, us"),
        ("map_async", "AsyncOperator.map, processor time a call, ms"),
        ("one_async", "  as many calls of one AsyncAgent by 50 tasks, ms"),
        ("gathered", "  as many calls of one AsyncAgent, gathered, ms"),
        ("map_threads", "Operator.map, processor time a call, ms"),
        ("one_threads", "  as many calls of one Agent, ms"),
    ):
        print(f"{label:52}" + "".join(f"{table[f'{name} {size}']:10.3f}" for size in sizes))
    print()
    for label, value, bound in (
        (f"memory of {largest} agents, MiB", table[f"memory_used {largest}"], 64),
        *(
            (
                f"opening from {kind}, an agent, beside {smallest} agents",
                beside(f"{name} {largest}", f"{name} {smallest}"),
                1.2,
            )
            for kind, name in (("code", "open_code"), ("a file", "open_file"))
        ),
        *(
            (f"{what} beside {reference}", beside(f"{name} {largest}", f"{other} {largest}"), 1.15)
            for what, name, reference, other in (
                ("AsyncOperator.map", "map_async", "one AsyncAgent, gathered", "gathered"),
                ("AsyncOperator.map", "map_async", "one AsyncAgent by 50 tasks", "one_async"),
                ("Operator.map", "map_threads", "one Agent", "one_threads"),
            )
        ),
    ):
        print(f"{label:52}{value:10.2f}   bound {bound:5.2f}{verdict(value, bound)}")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        kind, size, where = sys.argv[1], int(sys.argv[2]), sys.argv[3]
        if kind == "memory":
            print(json.dumps(measure_memory(size, where)))
        else:
            measure = {"opening": measure_opening, "calls": measure_calls}[kind]
            print(json.dumps(measure(sizes_up_to(size), where)))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
