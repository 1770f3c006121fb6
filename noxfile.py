"""Every task of the project is a session here; CI calls these and nothing else. `nox -l` lists them."""

from __future__ import annotations

import shutil
from pathlib import Path

import nox
from nox.virtualenv import PassthroughEnv

PYTHONS = ["3.13", "3.12", "3.11"]
LOCK = "requirements.lock"
PYTHON_CODE = ["noxfile.py", "overlay", "spec/codegen", "spec/publish", "tests"]
PACKAGES = Path("dist", "packages")
LICENCES = "Apache;BSD;ISC;LGPL;MIT;PSF;Python Software Foundation"

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.error_on_missing_interpreters = False  # `tests` runs on the Pythons that are there
nox.options.sessions = ["check", "spec-diff", "lint", "typecheck", "build", "proofs", "tests"]


def install(session: nox.Session) -> None:
    """Install the locked dependencies, by hash, and the project, editable; nothing with `--no-venv`."""
    if isinstance(session.virtualenv, PassthroughEnv):
        return
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


@nox.session(name="publish-spec")
def publish_spec(session: nox.Session) -> None:
    """Make what partners get, in dist/spec/VERSION/ (needs npm); `-- --record` keeps it as published."""
    install(session)
    publish(session, "build")


@nox.session(name="spec-diff")
def spec_diff(session: nox.Session) -> None:
    """Compare the contract with the last published one; fail where version or changelog do not say it."""
    install(session)
    publish(session, "diff")


@nox.session(name="bindings-diff")
def bindings_diff(session: nox.Session) -> None:
    """Show what regeneration would change in generated/, and fail where it would."""
    install(session)
    publish(session, "bindings")


@nox.session(name="push-generated")
def push_generated(session: nox.Session) -> None:
    """Regenerate, and push the result to the branch that is named; for CI, when somebody asks for it."""
    (branch,) = session.posargs
    install(session)
    with session.chdir("spec"):
        session.run("python", "-m", "codegen", "generate")
    author = ["-c", "user.name=github-actions[bot]", "-c", "user.email=actions@users.noreply.github.com"]
    session.run("git", "switch", "--create", branch, external=True)
    session.run("git", "add", "generated", external=True)
    session.run("git", *author, "commit", "--message", "Regenerate the bindings", external=True)
    session.run("gh", "auth", "setup-git", external=True)
    session.run("git", "push", "origin", branch, external=True)


@nox.session(name="release-check")
def release_check(session: nox.Session) -> None:
    """Fail unless version, changelogs and published contract are ready for the tag that is named."""
    install(session)
    with session.chdir("spec"):
        session.run("python", "-m", "publish.release", *session.posargs)


def publish(session: nox.Session, command: str) -> None:
    """Run a command of spec/publish."""
    with session.chdir("spec"):
        session.run("python", "-m", "publish", command, *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and form of what is written by hand, workflows included; `-- --fix` mends what it can."""
    install(session)
    fix = "--fix" in session.posargs
    session.run("ruff", "check", *(["--fix"] if fix else []), *PYTHON_CODE)
    session.run("ruff", "format", *([] if fix else ["--check"]), *PYTHON_CODE)
    session.run("zizmor", "--offline", "--pedantic", ".github")


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
    session.run("pytest", "-m", "proof and not soak", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """Run the proofs that have a longer form with their full count; takes the better part of an hour."""
    install(session)
    session.run("pytest", "-m", "soak", *session.posargs)


@nox.session
def interop(session: nox.Session) -> None:
    """Feed the published contract to other tools (needs npm, Java, curl); their clients must work."""
    install(session)
    session.install("--require-hashes", "-r", "tests/publish/interop/requirements.txt")
    session.run("pytest", "--timeout=300", "tests/publish/interop/interop.py", *session.posargs)


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


@nox.session(python="3.11")
def minimum(session: nox.Session) -> None:
    """Run the tests with the oldest dependencies that pyproject.toml allows, on the oldest Python."""
    install(session)
    session.install("uv")
    oldest = str(Path(session.create_tmp()) / "oldest.txt")
    options = ["--resolution=lowest-direct", "--all-extras", "--no-header", "--quiet"]
    session.run("uv", "pip", "compile", *options, "pyproject.toml", "-o", oldest)
    session.install("-r", oldest, "opentelemetry-sdk")  # the tests' sdk is of the api's own version
    session.run("pytest", "-m", "not proof", *session.posargs)


@nox.session
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
    """Look for known weaknesses in what is locked; needs the advisories of the package index."""
    install(session)
    session.run("pip-audit", "--strict", "--disable-pip", "--require-hashes", "-r", LOCK)


@nox.session
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
    install(session)
    with session.chdir("spec"):
        session.run("python", "-m", "codegen.renderer", *session.posargs)


@nox.session
def lock(session: nox.Session) -> None:
    """Pin what the sessions install, with hashes, to the newest versions that pyproject.toml allows."""
    session.install("uv")
    options = ["--universal", "--generate-hashes", "--no-header", "--quiet", "--python-version=3.11"]
    sources = ["--all-extras", "--group=dev", "pyproject.toml"]
    session.run("uv", "pip", "compile", *options, *session.posargs, *sources, "-o", LOCK)
