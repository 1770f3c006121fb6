"""The documentation's pages: their code runs, their commands, files and links are understood.

How a page marks a block is told in pages.py.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import re
import sqlite3
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import typer
from generated_text import TEXTS
from igamingace.__main__ import program
from igamingace.callbacks import WalletApp, WalletWSGI
from igamingace.operators import Operator
from igamingace.sandbox import read_casino
from igamingace.sandbox.control import router
from ruamel.yaml import YAML
from sqlalchemy import Engine

from .pages import LANGUAGES, ROOT, all_pages, commands

PAGES = all_pages()
READS = {
    "agents check",
    "balances",
    "contract standing",
    "doctor",
    "games",
    "providers",
    "report",
    "transactions",
    "tree",
}
"""Commands that change nothing, so that pages run them."""
READING_OPTIONS = {"--help", "--version", "--list", "--dry-run"}
EXTRAS = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"])


def with_blocks(*languages):
    pages = [page for page in PAGES if page.blocks(*languages)]
    return pytest.mark.parametrize("page", pages, ids=[page.path for page in pages])


def each_page(test):
    return pytest.mark.parametrize("page", PAGES, ids=[page.path for page in PAGES])(test)


def test_there_are_pages_with_code_to_run():
    assert "README.md" in [page.path for page in PAGES]
    assert sum(len(page.blocks("python")) for page in PAGES) > 10


@each_page
def test_a_page_names_the_language_of_each_block_and_the_reason_of_each_mark(page):
    blocks = page.blocks()

    directives = re.compile(r"\{[\w-]+\}.*")
    assert [
        b.line for b in blocks if b.language not in LANGUAGES and not directives.fullmatch(b.language)
    ] == []
    assert [b.line for b in blocks if any(len(reason.split()) < 2 for reason in b.marks.values())] == []


@with_blocks("python")
def test_the_python_of_a_page_runs_in_order(page, sandbox, tmp_path, request):
    if "REDIS_URL" in page.text:
        request.getfixturevalue("redis_url")
    names = {"__name__": page.slug}
    write_files(page, tmp_path)
    try:
        for block in page.blocks("python"):
            code = compile(block.padded, page.path, "exec")
            if "not run" in block.marks:
                continue
            if block.file:
                names.update(vars(importlib.import_module(Path(block.file).stem)))
            else:
                exec(code, names)
            run_tests(names, request)
    finally:
        close(names.values())


def write_files(page, folder):
    """Write the blocks that are files, with line numbers as on the page."""
    for block in page.blocks("python", "toml", "json"):
        if block.file:
            path = folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.padded if block.language == "python" else block.code)
            path.chmod(0o600)


def run_tests(names, request):
    """Run the tests that a block defines, each once, with fixtures by name as pytest has them."""
    for name in [name for name in names if name.startswith("test_")]:
        test = names.pop(name)
        fixtures = {each: request.getfixturevalue(each) for each in inspect.signature(test).parameters}
        if inspect.iscoroutinefunction(test):
            asyncio.run(test(**fixtures))
        else:
            test(**fixtures)


def close(values):
    """Close what the page's programs would hold as long as they run: agents, limiters, ledgers, wallets."""
    for value in {id(value): value for value in values}.values():
        ours = type(value).__module__.startswith("igamingace.")
        if isinstance(value, Engine):
            value.dispose()
        elif isinstance(value, WalletApp | WalletWSGI | sqlite3.Connection) or (
            ours and hasattr(value, "close")
        ):
            value.close()


@with_blocks("toml")
def test_the_toml_of_a_page_can_be_loaded(page, sandbox, tmp_path):
    for number, block in enumerate(page.blocks("toml")):
        content = tomllib.loads(block.code)
        path = tmp_path / f"{number}.toml"
        path.write_text(block.code)
        path.chmod(0o600)
        if "account" in content:
            Operator.from_file(path).close()
        elif "accounts" in content or "providers" in content:
            read_casino(path)


@with_blocks("json", "yaml")
def test_the_json_and_yaml_of_a_page_can_be_read(page):
    for block in page.blocks("json"):
        json.loads(block.code)
    for block in page.blocks("yaml"):
        YAML(typ="safe", pure=True).load(block.code)


@with_blocks("console")
def test_the_commands_of_a_page_are_understood(page, sandbox, tmp_path, nox_sessions, capsys):
    write_files(page, tmp_path)
    for block in page.blocks("console"):
        for words in commands(block):
            for command in split_commands(words):
                understand(command, nox_sessions["all"], run="not run" not in block.marks)


def split_commands(words):
    """Split at `&&`, `||`, `|` and `&`; leave out redirections, and variables set for one command."""
    found = [[]]
    for word in words:
        if word in {"&&", "||", "|", "&", ";"}:
            found.append([])
        else:
            found[-1].append(word)
    for command in found:
        while command and command[0] != "export" and re.match(r"[A-Z_]+=", command[0]):
            command.pop(0)
        redirect = next((i for i, word in enumerate(command) if re.fullmatch(r"\d?>{1,2}|<", word)), None)
        yield command[:redirect]


def understand(command, sessions, *, run):
    match command:
        case ["igamingace", *arguments]:
            context = parse(arguments)
            if run and (context in READS or READING_OPTIONS & set(arguments)):
                run_command(arguments)
        case ["nox", *arguments]:
            named = arguments[arguments.index("-s") + 1 :] if "-s" in arguments else []
            named = named[: named.index("--")] if "--" in named else named
            assert set(named) <= set(sessions), command
        case ["pip" | "python", *_] if "install" in command:
            named = re.findall(r"igamingace\[([\w,]+)\]|\.\[([\w,]+)\]", " ".join(command))
            assert {each for pair in named for part in pair for each in part.split(",") if each} <= EXTRAS, (
                command
            )
        case ["curl", *arguments]:
            understand_curl(arguments)


def understand_curl(arguments):
    """Check that a request to a sandbox names a route that it has, and a body that is JSON."""
    (url,) = [word for word in arguments if re.match(r"(https?://)?(localhost|127\.0\.0\.1|:)", word)] or [
        None
    ]
    if url is None or "/_sandbox/" not in url:
        return
    path = urlsplit(url if "//" in url else f"//{url}").path
    body = next((arguments[i + 1] for i, word in enumerate(arguments) if word in {"-d", "--data"}), None)
    method = next(
        (arguments[i + 1] for i, word in enumerate(arguments) if word == "-X"), "POST" if body else "GET"
    )
    router.find(path.encode(), method)
    json.loads(body or "{}")


def parse(arguments):
    """Let the program parse the arguments; return the names of the command and of its groups."""
    command = typer.main.get_command(program(arguments))
    context = command.make_context("igamingace", list(arguments), resilient_parsing=has_help(arguments))
    while hasattr(command, "resolve_command"):
        rest = [*getattr(context, "_protected_args", []), *context.args]
        if not rest:
            break
        _, command, rest = command.resolve_command(context, rest)
        assert command is not None, arguments
        context = command.make_context(
            command.name, rest, parent=context, resilient_parsing=has_help(arguments)
        )
    return context.command_path.removeprefix("igamingace").strip()


def has_help(arguments):
    return bool({"--help", "--version"} & set(arguments))


def run_command(arguments):
    """Run a command that only reads: it must not say that it cannot; 1 may be what it found."""
    try:
        status = typer.main.get_command(program(arguments)).main(
            args=list(arguments), prog_name="igamingace", standalone_mode=False
        )
    except SystemExit as error:
        status = error.code
    assert status in {None, 0, 1}, arguments


@each_page
def test_the_links_of_a_page_lead_to_files_and_headings_that_there_are(page):
    text = re.sub(r"```.*?^ *```", "", page.text, flags=re.DOTALL | re.MULTILINE)
    targets = re.findall(r"\]\(<?([^)\s>]+)>?\)", text)
    local = [target for target in targets if not re.match(r"[a-z]+:", target)]

    assert [target for target in local if not leads_somewhere(page, target)] == []


def leads_somewhere(page, target):
    path, _, anchor = target.partition("#")
    file = (ROOT / page.path).parent / path if path else ROOT / page.path
    return file.exists() and (not anchor or anchor in anchors(file))


def anchors(file):
    """The anchors of a page's headings, as GitHub and MyST make them."""
    if file.suffix != ".md":
        return set()
    text = file.read_text()
    text = re.sub(r"^```\{generated\} (\S+)\n```", lambda found: TEXTS[found[1]](), text, flags=re.MULTILINE)
    text = re.sub(r"^```\{include\} (\S+)\n```", lambda found: (file.parent / found[1]).read_text(), text)
    text = re.sub(r"```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#{1,6} +(.+?) *$", text, re.MULTILINE)
    explicit = re.findall(r"^\(([\w-]+)\)=$", text, re.MULTILINE)
    plain = [re.sub(r"\[([^]]+)\]\([^)]*\)", r"\1", heading) for heading in headings]
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in plain} | set(explicit)
