"""What the package costs to have and to import, beside httpx2: installed size, and time of the import.

The exit status is 1 where an import takes longer than LIMITS allows.
"""

import subprocess
import sys
import time
from importlib.metadata import distribution, requires
from pathlib import Path

from packaging.requirements import Requirement

LIMITS = {"igamingace": 1.5, "igamingace.Agent": 1.5, "igamingace.callbacks": 2.0}
"""How many times as long as `import httpx2` an import may take."""
RUNS = 15
STATEMENTS = {
    "nothing": "pass",
    "httpx2": "import httpx2",
    "igamingace": "import igamingace",
    "igamingace.Agent": "from igamingace import Agent",
    "igamingace, an Agent made": "import igamingace; igamingace.Agent('0' * 32)",
    "igamingace.callbacks": "import igamingace.callbacks",
    "igamingace.callbacks.wallet_app": "from igamingace.callbacks import wallet_app",
    "igamingace.sandbox": "import igamingace.sandbox",
}


def seconds(statement: str) -> float:
    """Return how long an interpreter takes that runs the statement and ends."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - start


def import_times() -> dict[str, float]:
    """Return the least seconds of each statement over runs that take turns, without the interpreter's."""
    least = dict.fromkeys(STATEMENTS, float("inf"))
    for _ in range(RUNS):
        for name, statement in STATEMENTS.items():
            least[name] = min(least[name], seconds(statement))
    return {name: took - least["nothing"] for name, took in least.items() if name != "nothing"}


def installed_size(name: str) -> int:
    """Return the bytes of a distribution's files; of one that is installed editable, of its folders here."""
    files = [Path(str(file.locate())) for file in distribution(name).files or ()]
    if name == "igamingace" and any(file.suffix == ".pth" for file in files):
        root = Path(__file__).parents[3]
        files = [file for folder in ("overlay", "generated") for file in (root / folder).rglob("*")]
    return sum(file.stat().st_size for file in files if file.is_file() and "__pycache__" not in file.parts)


def needed(name: str, seen: set[str]) -> set[str]:
    """Return the distributions that `name` needs without extras, itself included."""
    if name not in seen:
        seen.add(name)
        for requirement in map(Requirement, requires(name) or ()):
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                needed(requirement.name, seen)
    return seen


def main() -> int:
    """Print the table."""
    print(f"{'installed':<28}{'KiB':>10}{'with what it needs':>22}")
    for name in ("httpx2", "igamingace"):
        whole = sum(installed_size(other) for other in needed(name, set()))
        print(f"{name:<28}{installed_size(name) / 1024:>10,.0f}{whole / 1024:>22,.0f}")
    times = import_times()
    print(f"\n{'import':<32}{'ms':>10}{'of httpx2':>14}{'at most':>10}")
    for name, took in times.items():
        print(f"{name:<32}{took * 1000:>10.1f}{took / times['httpx2']:>14.2f}{LIMITS.get(name, ''):>10}")
    return 0 if all(times[name] <= limit * times["httpx2"] for name, limit in LIMITS.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
