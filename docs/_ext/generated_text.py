"""Markdown that is made from the contract and from the program, so that pages never repeat them by hand."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer
from igamingace import errors
from igamingace.__main__ import COMMANDS, program
from igamingace.operators import DOCTOR_CHECKS
from igamingace.sandbox.faults import KINDS, Fault
from igamingace_bindings import contract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["TEXTS", "api_text", "class_text"]

_RESEND = {
    "done": "it succeeded",
    "never": "no",
    "reads": "reads only",
    "later": "later, not at once",
    "drained": "yes, once what is in flight has ended",
}


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a table in Markdown."""
    names = list(head)
    lines = [names, ["---"] * len(names), *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: object) -> str:
    return re.sub(r"\s+", " ", str(value)).replace("|", "\\|").strip()


def operations() -> str:
    """Return a table of the operations: method, request, what it does, how well it is known."""
    rows = [
        (f"`agent.{name}()`", f"`{each.method} {each.path}`", each.summary, each.standing)
        for name, each in contract.OPERATIONS.items()
    ]
    return table(("call", "request", "what it does", "standing"), rows)


def codes() -> str:
    """Return a table of the response codes."""
    rows = [
        (
            code,
            f"`{each.name}`",
            each.meaning,
            each.http_status,
            _error_class(code),
            _RESEND[each.resend],
            each.standing,
        )
        for code, each in contract.CODES.items()
    ]
    head = ("code", "name", "meaning", "HTTP status", "raises", "sent again?", "standing")
    return table(head, rows)


def _error_class(code: int) -> str:
    kind = contract.CODES[code].kind
    return "" if kind == "ok" else f"`{errors.api_error_class(kind).__name__}`"


def operation_codes() -> str:
    """Return a table of the codes that each operation can meet."""
    rows = [
        (f"`{name}`", ", ".join(f"{code} `{contract.CODES[code].name}`" for code in each.error_codes))
        for name, each in contract.OPERATIONS.items()
    ]
    return table(("operation", "codes"), rows)


def callbacks() -> str:
    """Return a table of the callbacks, and one of each callback's fields."""
    rows = [
        (
            f"`{name}`",
            f"{each.answer_within:g} s" if each.answer_within else "not stated",
            {
                "none": "nothing",
                "retry": f"sent up to {each.retries} more times",
                "cancel": "a cancel follows",
            }[each.then],
            ", ".join(f"`{code}`" for code in each.status_codes),
        )
        for name, each in contract.CALLBACKS.items()
    ]
    parts = [table(("command", "answer within", "when late or failed", "status codes"), rows)]
    for name, each in contract.CALLBACKS.items():
        fields = [
            (
                f"`{field.name}`",
                field.type,
                "always" if field.required else "",
                "yes" if field.needed else "",
                field.standing,
            )
            for field in each.fields
        ]
        parts += [
            f"**Fields of `{name}`**",
            table(("field", "type", "there", "cannot be read without it", "standing"), fields),
        ]
    return "\n\n".join(parts)


def faults() -> str:
    """Return a table of the faults' kinds, and one of what a fault takes, both from its docstring."""
    attributes = dict(re.findall(r"^ {4}(\w+): (.+(?:\n {8}.+)*)", inspect.getdoc(Fault) or "", re.MULTILINE))
    kinds = re.findall(r"`(\w+)`: ([^`]+)\.(?= |$)", re.sub(r"\s+", " ", attributes.pop("kind")))
    told = [
        (f"`{kind}`", text.removesuffix(" Of callbacks to wallets:")) for kind, text in kinds if kind in KINDS
    ]
    if missing := set(KINDS) - {kind for kind, _ in kinds}:
        raise LookupError(f"the docstring of Fault does not tell of {', '.join(sorted(missing))}")
    options = [(f"`{name}`", text) for name, text in attributes.items() if name not in {"id", "met"}]
    return "\n\n".join((table(("kind", "what happens"), told), table(("option", "meaning"), options)))


def doctor_checks() -> str:
    """Return a table of what `igamingace doctor` checks."""
    return table(("check", "in order when"), DOCTOR_CHECKS.items())


def commands() -> str:
    """Return the reference of the program: each command with its arguments and options."""
    return "\n\n".join(part for name in COMMANDS for part in _command(name))


def _command(name: str) -> Iterator[str]:
    root: Any = typer.main.get_command(program([name]))  # a group of click's, which typer brings
    command = root.get_command(None, name)
    yield from _described(f"igamingace {name}", command)
    for inner in getattr(command, "commands", {}):
        yield from _described(f"igamingace {name} {inner}", command.commands[inner])


def _described(name: str, command: Any) -> Iterator[str]:  # noqa: ANN401 -- of click, which typer brings
    yield f"## {name}"
    text = inspect.cleandoc(command.help or "").replace("\b\n", "")
    yield re.sub(r"^Example: (.+)$", r"Example: `\1`", text, flags=re.MULTILINE)
    context = command.make_context(name, [], resilient_parsing=True)
    records = [each.get_help_record(context) for each in command.params]
    rows = [(f"`{names}`", meaning) for names, meaning in filter(None, records)]
    if rows and not hasattr(command, "commands"):
        yield table(("argument or option", "meaning"), rows)


def api_text(module_name: str) -> str:
    """Return the reference of a module in Markdown, for readers that take the pages as text."""
    module = import_module(module_name)
    parts = [inspect.getdoc(module) or ""]
    for name in module.__all__:
        value = getattr(module, name)
        if inspect.ismodule(value) or isinstance(value, str):
            continue
        parts.append(_member(f"{module_name}.{name}", value, "##"))
        if inspect.isclass(value):
            parts += [
                _member(f"{name}.{inner}", each, "###")
                for inner, each in vars(value).items()
                if not inner.startswith("_") and (callable(each) or isinstance(each, property | classmethod))
            ]
    return "\n\n".join(part for part in parts if part)


def class_text(path: str) -> str:
    """Return the reference of one class in Markdown."""
    module_name, _, name = path.rpartition(".")
    value = getattr(import_module(module_name), name)
    methods = [(inner, each) for inner, each in vars(value).items() if not inner.startswith("_")]
    members = [_member(f"{name}.{inner}", each, "###") for inner, each in methods if callable(each)]
    return "\n\n".join([f"## `{name}`\n\n{inspect.getdoc(value) or ''}", *members])


def _member(name: str, value: Any, head: str) -> str:  # noqa: ANN401 -- any object of a module
    value = value.__func__ if isinstance(value, classmethod) else value
    try:
        signature = str(inspect.signature(value)) if callable(value) else ""
    except (TypeError, ValueError):
        signature = ""
    code = f"```text\n{name}{signature}\n```\n\n" if signature else ""
    return f"{head} `{name}`\n\n{code}{inspect.getdoc(value) or ''}"


TEXTS: dict[str, Callable[[], str]] = {
    "callbacks": callbacks,
    "codes": codes,
    "commands": commands,
    "doctor-checks": doctor_checks,
    "faults": faults,
    "operation-codes": operation_codes,
    "operations": operations,
}
"""What a page may have made, by the name that it gives to the directive `generated`."""
