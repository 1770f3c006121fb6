"""Every task of the project is a session here; CI calls these and nothing else. `nox -l` lists them."""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree as ET

import nox
import nox.command
import nox.virtualenv

PYTHONS = ["3.14", "3.13", "3.12", "3.11"]
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
ROOT = Path(__file__).resolve().parent
LOCK = ROOT / "requirements.lock"
DOCS_LOCK = ROOT / "docs" / "requirements.lock"
SITE = Path("dist", "docs")
SKIPPED = ROOT / ".nox" / "tests.xml"  # the report of the last tests, for the summary
PYTHON_CODE = [
    "noxfile.py",
    "docs",
    "overlay",
    "spec/codegen",
    "spec/lint",
    "spec/publish",
    "spec/vectors",
    "tests",
]
PACKAGES = Path("dist", "packages")
LICENCES = "Apache;BSD;ISC;LGPL;MIT;PSF;Python Software Foundation"


# A file of tests stays in one process: its servers start once, and tests that share state keep their order.
def in_parallel(more: int) -> list[str]:
    """Return the options for so many processes more than processors, since some tests mostly wait."""
    return [f"--numprocesses={min(8, more + (os.cpu_count() or 1))}", "--dist=loadfile"]


PARALLEL = in_parallel(1)
# schemathesis takes seconds in each process to make its tests, all of them proofs.
ORDINARY = [*in_parallel(2), "-m", "not proof", "--ignore=tests/fuzz"]

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "none"  # most sessions share an environment: see `run`
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = True
nox.options.sessions = ["lint", "check", "spec-diff", "typecheck", "tests", "summary"]

# What installs something of its own gets an environment of its own.
own_environment = functools.partial(nox.session, venv_backend="uv|virtualenv")

# nox and uv look for Pythons on PATH; pyenv keeps there only those that are switched on.
PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
os.environ["PATH"] = os.pathsep.join([os.environ["PATH"], *map(str, PYENV.glob("versions/3.*/bin"))])
# The tests start hundreds of programs: each would compile all modules again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def run(session: nox.Session, program: str, *arguments: str | Path, python: str = HERE) -> None:
    """Run a program of the environment `.nox/pyX.Y`; with `--no-venv`, of the one at hand."""
    if "--no-venv" in sys.argv:
        session.run(program, *arguments)
        return
    programs = shared_environment(session, python) / ("Scripts" if os.name == "nt" else "bin")
    path = os.pathsep.join([str(programs), os.environ["PATH"]])
    session.run(str(programs / program), *arguments, env={"PATH": path, "VIRTUAL_ENV": str(programs.parent)})


def shared_environment(session: nox.Session, version: str) -> Path:
    """Return the environment of all that need only the lock; make it where it is missing or out of date."""
    folder = ROOT / ".nox" / f"py{version}"
    stamp = folder / "made-from"
    content = b"".join([LOCK.read_bytes(), (ROOT / "pyproject.toml").read_bytes(), bytes(ROOT)])
    made_from = hashlib.sha256(content).hexdigest()
    if stamp.exists() and stamp.read_text() == made_from:
        return folder
    interpreter = find_python(version)
    if interpreter is None:
        session.error(f"there is no Python {version} here; pyenv install {version} gets it")
    uv = nox.virtualenv.UV
    install = [uv, "pip", "install", "--quiet", "--python", str(folder)]
    session.run(uv, "venv", "--quiet", "--clear", "--no-project", "--python", interpreter, str(folder))
    session.run(*install, "--require-hashes", "-r", str(LOCK))
    session.run(*install, "--no-deps", "-e", str(ROOT))
    stamp.write_text(made_from)
    return folder


@functools.cache
def find_python(version: str) -> str | None:
    """Return the path of a Python that the machine has; none is downloaded."""
    if version == HERE:
        return sys.executable
    command = [nox.virtualenv.UV, "python", "find", "--no-python-downloads", "--no-project", version]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() or None


def other_pythons() -> list[str]:
    """Return the versions that the machine has beside the one at hand, the newest first."""
    return [version for version in PYTHONS if version != HERE and find_python(version)]


def install(session: nox.Session) -> None:
    """Install the locked dependencies, by hash, and the project, in an environment of the session's own."""
    if isinstance(session.virtualenv, nox.virtualenv.PassthroughEnv):
        return
    session.install("--require-hashes", "-r", str(LOCK))
    session.install("--no-deps", "-e", ".")


@nox.session
def demo(session: nox.Session) -> None:
    """Start the sandbox and run a client against it: 500 calls at once, with the limit and without."""
    run(session, "igamingace", "demo", *session.posargs)


@nox.session
def generate(session: nox.Session) -> None:
    """Generate bindings and conformance vectors from the contract, and each _sync.py from its _async.py."""
    lint_contract(session)  # generators say less of what a contract lacks
    codegen(session, "generate")


@nox.session
def check(session: nox.Session) -> None:
    """Lint the contract, then fail where generated code is not what its source generates."""
    lint_contract(session)
    codegen(session, "check")


def lint_contract(session: nox.Session) -> None:
    """Say what the contract's operations, codes and schemas lack."""
    with session.chdir("spec"):
        run(session, "python", "-m", "lint")


def codegen(session: nox.Session, command: str) -> None:
    """Run a command of spec/codegen, and of spec/vectors."""
    with session.chdir("spec"):
        run(session, "python", "-m", "codegen", command, *session.posargs)
        run(session, "python", "-m", "vectors", command)


@nox.session(name="publish-spec")
def publish_spec(session: nox.Session) -> None:
    """Make what partners get, in dist/spec/VERSION/ (needs npm); `-- --record` keeps it as published."""
    publish(session, "build")


@nox.session(name="spec-diff")
def spec_diff(session: nox.Session) -> None:
    """Compare the contract with the last published one; fail where version or changelog do not say it."""
    publish(session, "diff")


@nox.session(name="bindings-diff")
def bindings_diff(session: nox.Session) -> None:
    """Show what regeneration would change in generated/, and fail where it would."""
    publish(session, "bindings")


@nox.session(name="push-generated")
def push_generated(session: nox.Session) -> None:
    """Regenerate, and push the result to the branch that is named; for CI, when somebody asks for it."""
    (branch,) = session.posargs
    with session.chdir("spec"):
        run(session, "python", "-m", "codegen", "generate")
    author = ["-c", "user.name=github-actions[bot]", "-c", "user.email=actions@users.noreply.github.com"]
    session.run("git", "switch", "--create", branch, external=True)
    session.run("git", "add", "generated", "overlay", external=True)
    session.run("git", *author, "commit", "--message", "Regenerate the bindings", external=True)
    session.run("gh", "auth", "setup-git", external=True)
    session.run("git", "push", "origin", branch, external=True)


@nox.session(name="release-check")
def release_check(session: nox.Session) -> None:
    """Fail unless version, changelogs and published contract are ready for the tag that is named."""
    with session.chdir("spec"):
        run(session, "python", "-m", "publish.release", *session.posargs)


def publish(session: nox.Session, command: str) -> None:
    """Run a command of spec/publish."""
    with session.chdir("spec"):
        run(session, "python", "-m", "publish", command, *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and form of what is written by hand, workflows included; `-- --fix` mends what it can."""
    fix = "--fix" in session.posargs
    run(session, "ruff", "check", *(["--fix"] if fix else []), *PYTHON_CODE)
    run(session, "ruff", "format", *([] if fix else ["--check"]), *PYTHON_CODE)
    run(session, "zizmor", "--offline", "--pedantic", ".github")


@nox.session
def typecheck(session: nox.Session) -> None:
    """Check types with mypy and pyright, both strict, generated code and the pages' examples included."""
    if "--no-venv" not in sys.argv:
        shared_environment(session, HERE)  # once, and not by both at the same time
    with ThreadPoolExecutor() as both:  # each keeps one processor busy for half a minute
        for done in [both.submit(run, session, program) for program in ("mypy", "pyright")]:
            done.result()
    run(session, "python", "tests/docs/check_types.py")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the ordinary tests on the Python at hand; `tests-3.12` and the like run them on another."""
    ordinary_tests(session, HERE)


@nox.session(name="tests-oldest")
def tests_oldest(session: nox.Session) -> None:
    """Run the ordinary tests on the oldest Python that is here beside the one at hand."""
    others = other_pythons()
    if not others:
        session.skip(f"there is no other Python here; the project supports {', '.join(PYTHONS)}")
    ordinary_tests(session, others[-1])


def ordinary_tests(session: nox.Session, version: str) -> None:
    """Run the tests on one Python, all but the proofs."""
    SKIPPED.unlink(missing_ok=True)
    report = f"--junit-xml={SKIPPED}"
    run(session, "pytest", *ORDINARY, report, *session.posargs, python=version)


for each in PYTHONS:
    on_that_python = functools.partial(ordinary_tests, version=each)
    on_that_python.__doc__ = f"Run the ordinary tests on Python {each}."
    nox.session(name=f"tests-{each}")(on_that_python)


@nox.session
def summary(session: nox.Session) -> None:
    """Say what a plain `nox` leaves out and how to run that, and why tests were skipped."""
    others = other_pythons()
    missing = [version for version in PYTHONS if version not in {HERE, *others}]
    session.log(f"This was Python {HERE}. Left out, and run by:")
    session.log("  nox -s proofs: the long proofs (killed processes, fuzzing, browsers)")
    session.log("  nox -s soak: the same with their full counts, for a night")
    session.log("  nox -s build: sdist and wheel, built twice and tried")
    for version in others:
        session.log(f"  nox -s tests-{version}: another Python that is here")
    if missing:
        session.log(f"Not on this machine: Python {', '.join(missing)}.")
    for reason, count in skip_reasons().items():
        session.log(f"Skipped, {count} test{'s' if count > 1 else ''}: {reason}")


def skip_reasons() -> Counter[str]:
    """Return why the last tests were skipped, and how many for each reason."""
    if not SKIPPED.exists():
        return Counter()
    return Counter(str(each.get("message")).strip() for each in ET.parse(SKIPPED).iter("skipped"))


@nox.session
def proofs(session: nox.Session) -> None:
    """Run the long proofs: killed processes, fuzzing, browsers, and what is made from the contract."""
    # Without the option files with many tests begin first; the longest proofs stand alone in theirs.
    run(session, "pytest", *PARALLEL, "--no-loadscope-reorder", "-m", "proof and not soak", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """Run the proofs with their full counts, for a night or before a release."""
    run(session, "pytest", *PARALLEL, "-m", "soak", "--timeout=3600", *session.posargs)


@own_environment
def interop(session: nox.Session) -> None:
    """Feed the published contract to other tools (needs npm, Java, PHP, curl); their clients must work."""
    install(session)
    session.install("--require-hashes", "-r", "tests/publish/interop/requirements.txt")
    session.run("pytest", "--timeout=300", "tests/publish/interop/interop.py", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Fuzz the sandbox over real HTTP, longer than the tests do; `-- --seed N` repeats a run."""
    run(session, "python", "tests/fuzz/over_http.py", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure speed, each figure beside its reference in the same run; name scripts to run only those."""
    scripts = session.posargs or sorted(map(str, Path("tests/benchmarks").rglob("bench_*.py")))
    for script in scripts:
        run(session, "python", script)


@own_environment
def build(session: nox.Session) -> None:
    """Build sdist and wheel twice, check them, and try the wheel without extras and with."""
    install(session)
    empty = Path(session.create_tmp()).resolve()
    again = empty / "again"
    for folder in (PACKAGES, again):
        shutil.rmtree(folder, ignore_errors=True)
    make = ("python", "-m", "build", "--outdir")
    session.run(*make, str(PACKAGES))  # the wheel from the sdist
    session.run(*make, str(again), "--sdist", "--wheel")  # the wheel from the tree
    session.run("python", "tests/publish/package/built.py", str(PACKAGES), str(again))
    (wheel,) = PACKAGES.glob("*.whl")
    session.run("twine", "check", "--strict", *sorted(map(str, PACKAGES.iterdir())))
    session.run("check-wheel-contents", str(wheel))
    for extra, script in (("", "tests/publish/package/bare.py"), ("[sandbox]", "tests/smoke.py")):
        session.run("python", "-m", "venv", "--clear", str(empty / "venv"))
        python = str(empty / "venv" / "bin" / "python")
        session.run(python, "-m", "pip", "install", "--quiet", f"{wheel.resolve()}{extra}", external=True)
        path = str(Path(script).resolve())
        with session.chdir(empty):
            session.run(python, "-I", "-W", "error", path, external=True)


@nox.session
def image(session: nox.Session) -> None:
    """Build the sandbox's container, as partners do, from a wheel of the tree (needs Docker)."""
    if shutil.which("docker") is None:
        session.error("there is no Docker here: install it")
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        session.error("Docker's service does not answer: start it; `docker info` says more")
    folder = Path(session.create_tmp()).resolve() / "image"
    shutil.rmtree(folder, ignore_errors=True)
    run(session, "python", "-m", "build", "--wheel", "--outdir", folder)
    (wheel,) = folder.glob("*.whl")
    tag = "igamingace-sandbox"
    package = f"PACKAGE=/build/{wheel.name}[sandbox]"
    options = ["--file", "spec/publish/kit/Dockerfile", "--build-arg", package, "--tag", tag]
    session.run("docker", "build", *options, str(folder), external=True)
    session.run("docker", "run", "--rm", tag, "igamingace", "sandbox", "--help", external=True)


@own_environment
def docs(session: nox.Session) -> None:
    """Build the documentation's site in dist/docs/, warnings as errors, and look at it (with Chromium)."""
    session.install("--require-hashes", "-r", str(DOCS_LOCK))
    session.install("--no-deps", "-e", ".")
    session.run("check-jsonschema", "--builtin-schema=vendor.compose-spec", "docs/examples/compose.yaml")
    shutil.rmtree(SITE, ignore_errors=True)
    doctrees = str(Path(session.create_tmp()) / "doctrees")
    session.run("sphinx-build", "-q", "-W", "--keep-going", "-d", doctrees, "docs", str(SITE))
    # Not by pyproject.toml, whose plugins are not in this environment.
    plain = ["-c", os.devnull, "--rootdir=.", "--noconftest", "-p", "no:cacheprovider"]
    session.run("pytest", *plain, "tests/docs/built_site.py", *session.posargs)
    session.log(f"open {SITE}/index.html")


@own_environment
def smoke(session: nox.Session) -> None:
    """Install the package as users do, and try it: import, sandbox up, one call each way."""
    session.install(".[sandbox]")
    session.run("python", "-I", "-W", "error", "tests/smoke.py")


@nox.session
def coverage(session: nox.Session) -> None:
    """Print which lines and branches of the package no ordinary test reaches, the worst modules first.

    What pytest itself loads does not count: pytest_plugin.py, and the first lines of what that imports.
    """
    run(session, "pytest", *ORDINARY, "--cov", "--cov-report=term", *session.posargs)


@own_environment
def mutants(session: nox.Session) -> None:
    """Change the code that must not be wrong, piece by piece, and list the changes that no test notices.

    `-- "igamingace._client.retry*"` takes the mutants of one module.
    """
    install(session)
    session.install("mutmut==3.8.1")
    work = Path(session.create_tmp()).resolve()
    for name in ("src", "tests", "spec", "mutants"):
        shutil.rmtree(work / name, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__")
    for source, name in (("overlay", "src"), ("generated", "src"), ("tests", "tests"), ("spec", "spec")):
        shutil.copytree(source, work / name, ignore=ignored, dirs_exist_ok=True)
    shutil.copy("pyproject.toml", work)
    changed = work / "mutants" / "src"
    changed.mkdir(parents=True)
    with session.chdir(work):
        # With a pattern, mutmut first runs the tests by their ids and stops where pytest does not find one;
        # without, such a mutant would count as killed.
        session.run("mutmut", "run", *(session.posargs or ["*"]), env={"PYTHONPATH": str(changed)})
        session.run("mutmut", "results")


@own_environment(python="3.11")
def minimum(session: nox.Session) -> None:
    """Run the tests with the oldest dependencies that pyproject.toml allows, on the oldest Python."""
    install(session)
    session.install("uv")
    oldest = str(Path(session.create_tmp()) / "oldest.txt")
    options = ["--resolution=lowest-direct", "--all-extras", "--no-header", "--quiet"]
    session.run("uv", "pip", "compile", *options, "pyproject.toml", "-o", oldest)
    session.install("-r", oldest, "opentelemetry-sdk")  # the tests' sdk is of the api's own version
    session.run("pytest", *ORDINARY, *session.posargs)


@own_environment
def newest(session: nox.Session) -> None:
    """Run the tests with the newest dependencies there are, outside the lock: private parts are in use."""
    extras = ",".join(nox.project.load_toml("pyproject.toml")["project"]["optional-dependencies"])
    session.install("--upgrade", "--group=test", "-e", f".[{extras}]")
    session.run("pytest", *ORDINARY, *session.posargs)


@own_environment
def licences(session: nox.Session) -> None:
    """List the licences of all that the package can bring along; fail on one that was not thought of."""
    session.install("pip-licenses>=5.5")
    extras = ",".join(nox.project.load_toml("pyproject.toml")["project"]["optional-dependencies"])
    session.run("python", "-m", "venv", "--clear", str(Path(session.create_tmp()) / "venv"))
    python = str(Path(session.create_tmp()) / "venv" / "bin" / "python")
    session.run(python, "-m", "pip", "install", "--quiet", f".[{extras}]", external=True)
    session.run("pip-licenses", f"--python={python}", "--partial-match", f"--allow-only={LICENCES}")


@nox.session
def audit(session: nox.Session) -> None:
    """Look for known weaknesses in what is locked; `-- --vulnerability-service osv` asks another service."""
    options = ["--strict", "--disable-pip", "--require-hashes", *session.posargs]
    try:
        run(session, "pip-audit", *options, "-r", LOCK)
    except nox.command.CommandFailed:
        session.error(
            "a package listed above has a known weakness: raise it in pyproject.toml, then nox -s lock. "
            "Where it says 'not found on PyPI', the index in use has no advisories and nothing was looked for"
        )


@own_environment
def renew(session: nox.Session) -> None:
    """Pin the newest generators and lock them; show what they change in the generated code."""
    session.install("--upgrade", "datamodel-code-generator[ruff]", "openapi-python-client", "ruff")
    session.install("ruamel.yaml")
    with session.chdir("spec"):
        session.run("python", "-m", "publish.renew")
    lock(session)
    session.log("Next: `nox -s generate`, `nox`, and commit the pins, the lock and generated/ together.")


@nox.session
def renderer(session: nox.Session) -> None:
    """Renew the renderer of the reference page from npm; `-- VERSION` names one, else the newest."""
    with session.chdir("spec"):
        run(session, "python", "-m", "codegen.renderer", *session.posargs)


@own_environment
def lock(session: nox.Session) -> None:
    """Pin what the sessions install, with hashes, to the newest versions that pyproject.toml allows."""
    session.install("uv")
    options = ["--universal", "--generate-hashes", "--no-header", "--quiet", "--python-version=3.11"]
    compile_lock = ["uv", "pip", "compile", *options, *session.posargs, "--all-extras", "pyproject.toml"]
    session.run(*compile_lock, "--group=dev", "-o", LOCK.name)
    # Sphinx wants an older docutils than twine does; all else is the same in both.
    versions = [line.rstrip(" \\") for line in LOCK.read_text().splitlines() if line[:1].isalnum()]
    same = Path(session.create_tmp()) / "constraints.txt"
    same.write_text("\n".join(each for each in versions if not each.startswith("docutils==")))
    session.run(*compile_lock, "--group=docs", "-c", str(same), "-o", str(DOCS_LOCK.relative_to(ROOT)))
