"""Every task of the project is a session here; CI calls these and nothing else. `nox -l` lists them."""

from __future__ import annotations

import shutil
from pathlib import Path

import nox

PYTHONS = ["3.13", "3.12", "3.11"]
LOCK = "requirements.lock"
PYTHON_CODE = ["noxfile.py", "overlay", "spec/codegen", "tests"]
DIST = Path("dist")

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.error_on_missing_interpreters = False  # `tests` runs on the Pythons that are there
nox.options.sessions = ["check", "lint", "typecheck", "build", "proofs", "tests"]


def install(session: nox.Session) -> None:
    """Install the locked dependencies, by hash, and the project itself, editable."""
    session.install("--require-hashes", "-r", LOCK)
    session.install("--no-deps", "-e", ".")


@nox.session
def demo(session: nox.Session) -> None:
    """Start the sandbox and run a client against it: 500 calls at once, with the limit and without."""
    install(session)
    session.run("igamingace", "demo", *session.posargs)


@nox.session
def generate(session: nox.Session) -> None:
    """Generate the bindings in generated/ from the contract in spec/."""
    install(session)
    codegen(session, "generate")


@nox.session
def check(session: nox.Session) -> None:
    """Fail where generated/ is not what the contract generates: stale, missing or orphaned files."""
    install(session)
    codegen(session, "check")


def codegen(session: nox.Session, command: str) -> None:
    """Run a command of spec/codegen."""
    with session.chdir("spec"):
        session.run("python", "-m", "codegen", command, *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and form of all that is written by hand; `nox -s lint -- --fix` mends what it can."""
    install(session)
    fix = "--fix" in session.posargs
    session.run("ruff", "check", *(["--fix"] if fix else []), *PYTHON_CODE)
    session.run("ruff", "format", *([] if fix else ["--check"]), *PYTHON_CODE)


@nox.session
def typecheck(session: nox.Session) -> None:
    """Check types with mypy and pyright, both strict, generated code included."""
    install(session)
    session.run("mypy")
    session.run("pyright")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the tests on each Python that is there; all but the long proofs."""
    install(session)
    session.run("pytest", "-m", "not proof", *session.posargs)


@nox.session
def proofs(session: nox.Session) -> None:
    """Run the long proofs: killed processes, fuzzing, browsers, and what is made from the contract."""
    install(session)
    session.run("pytest", "-m", "proof", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Fuzz the sandbox over real HTTP, longer than the tests do; `-- --seed N` repeats a run."""
    install(session)
    session.run("python", "tests/fuzz/over_http.py", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure speed, each figure beside its reference in the same run; name scripts to run only those."""
    install(session)
    scripts = session.posargs or sorted(map(str, Path("tests/benchmarks").rglob("bench_*.py")))
    for script in scripts:
        session.run("python", script)


@nox.session
def build(session: nox.Session) -> None:
    """Build sdist and wheel, install the wheel into an empty environment and try it there."""
    install(session)
    shutil.rmtree(DIST, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(DIST))
    (wheel,) = DIST.glob("*.whl")
    empty = Path(session.create_tmp()).resolve()
    session.run("python", "-m", "venv", "--clear", str(empty / "venv"))
    python = str(empty / "venv" / "bin" / "python")
    session.run(python, "-m", "pip", "install", "--quiet", f"{wheel.resolve()}[sandbox]", external=True)
    smoke = Path("tests/smoke.py").resolve()
    with session.chdir(empty):
        session.run(python, "-I", "-W", "error", str(smoke), external=True)


@nox.session
def lock(session: nox.Session) -> None:
    """Pin what the sessions install, with hashes, to the newest versions that pyproject.toml allows."""
    session.install("uv")
    options = ["--universal", "--generate-hashes", "--no-header", "--quiet", "--python-version=3.11"]
    sources = ["--all-extras", "--group=dev", "pyproject.toml"]
    session.run("uv", "pip", "compile", *options, *session.posargs, *sources, "-o", LOCK)
