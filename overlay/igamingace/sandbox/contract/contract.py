"""The contract, compiled once: routes, validators of requests and answers, response codes, limits."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from http import HTTPStatus
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from igamingace.sandbox.contract.document import ContractError, Document, Node, Validator, violations
from igamingace.sandbox.contract.examples import example_answer, success_status
from igamingace.sandbox.contract.headers import RequiredHeaders
from igamingace.sandbox.contract.parameters import Location, compile_locations
from igamingace.sandbox.contract.router import Router

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from igamingace.sandbox._json import JSON, Object
    from igamingace.sandbox.contract.error_style import ErrorStyle

METHODS: Final = ("delete", "get", "head", "options", "patch", "post", "put", "trace")
_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Code:
    """A response code: its number, its name, the HTTP status it comes with."""

    number: int
    name: str
    http_status: int


@dataclass(frozen=True)
class Operation:
    """One operation, ready to be executed.

    Attributes:
        id: The operationId; method and path when the contract gives none.
        locations: Its path, query and header parameters by place.
        body: The validator of its JSON body, or None when it takes none.
        body_required: Whether a request without a body is refused.
        secured: Whether it wants a token.
        answers: The validator of the answer by status, or by `default`; None where no JSON is described.
        error_codes: The numbers of the codes that a caller can meet here; None when the contract names none.
    """

    id: str
    locations: Mapping[str, Location]
    body: Validator | None
    body_required: bool
    secured: bool
    answers: Mapping[str, Validator | None]
    error_codes: frozenset[int] | None
    node: Node

    @cached_property
    def success(self) -> int:
        """The HTTP status of its success."""
        return success_status(self.node)

    @cached_property
    def example(self) -> tuple[int, JSON]:
        """Status and body of its success, taken from the contract's example or its schema."""
        return example_answer(self.node)

    def breaches(self, status: int, body: JSON, code: Code | None) -> list[str]:
        """Return in what an answer, an error of `code` if given, differs from the contract."""
        key = str(status)
        if code is not None and status == self.success:  # an error in an envelope, described by no status
            key = "default"
        if key not in self.answers:
            key = f"{key[0]}XX" if f"{key[0]}XX" in self.answers else "default"
        if key not in self.answers:
            return [f"answer: the contract has no response {status}"]
        validator = self.answers[key]
        found = violations(validator, body, "answer") if validator is not None else []
        if code is not None and self.error_codes is not None and code.number not in self.error_codes:
            found.append(f"answer.code: {code.number} ({code.name}) is not among x-error-codes")
        return found


class Contract:
    """The compiled contract.

    Attributes:
        document: The OpenAPI document it was made from.
        router: Finds the operations of a path, by upper-case method.
        limit: How many requests of one agent may be in flight at once; None when the contract sets no limit.
        busy: The name of the code that refuses one more.
        operation_ids: The ids of all operations.
    """

    def __init__(self, document: Object) -> None:
        """Compile a bundled contract.

        Raises:
            ContractError: it is not an OpenAPI 3.1 document, or something in it cannot be served.
        """
        if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3.1"):  # pyright: ignore[reportUnnecessaryIsInstance] -- callers pass anything
            raise ContractError("contract /openapi: an OpenAPI 3.1 document is needed, bundled into one file")
        self.document = document
        self.schemas = Document(document)
        root = self.schemas.node()
        self.required_headers = RequiredHeaders(root)
        self._codes = _codes(root)
        self.operation_ids: set[str] = set()
        self.limit, self.busy = self._concurrency(root)
        self.router = Router[dict[str, Operation]]()
        paths = root.get("paths")
        for path, item in paths.children() if paths is not None else ():
            operations = _operations(path, item, root)
            self.operation_ids.update(operation.id for operation in operations.values())
            self.router.add(path, operations)

    @property
    def error_names(self) -> Collection[str]:
        """The names of the response codes that are errors."""
        return [code.name for code in self._codes.values() if code.http_status >= HTTPStatus.BAD_REQUEST]

    def code(self, name: str) -> Code:
        """Return the response code called `name`.

        Raises:
            ContractError: `x-response-codes` has no such name.
        """
        try:
            return self._codes[name]
        except KeyError:
            raise ContractError(f"contract /x-response-codes: no response code is called {name}") from None

    def _concurrency(self, root: Node) -> tuple[int | None, str]:
        rule = root.get("x-concurrency-limit")
        if rule is None:
            return None, ""
        number = rule.need("refusedWith").value
        for code in self._codes.values():
            if code.number == number:
                return rule.need("limit").value, code.name
        raise ContractError(f"contract /x-concurrency-limit: no response code has the number {number}")


@lru_cache(maxsize=16)
def compiled_contract(errors: ErrorStyle) -> Contract:
    """Return the contract that the package ships, as `errors` reads it; compiled when it is first asked for.

    Raises:
        ContractError: as `bundled_contract`.
    """
    return Contract(errors.read_into(shipped_contract().root))


@lru_cache(maxsize=1)
def shipped_contract() -> Document:
    """Return the contract that the package ships, not compiled yet; do not change it.

    Raises:
        ContractError: as `bundled_contract`.
    """
    return Document(bundled_contract())


def bundled_contract() -> Object:
    """Return the contract that the package ships.

    Raises:
        ContractError: it is not there, since nothing has been generated yet.
    """
    try:
        text = files("igamingace_bindings").joinpath("openapi.json").read_text(encoding="utf-8")
    except (FileNotFoundError, ModuleNotFoundError) as error:
        raise ContractError("the bundled contract is missing: run `nox -s generate`") from error
    document: Object = json.loads(text)
    return document


def _codes(root: Node) -> dict[str, Code]:
    listed = root.get("x-response-codes")
    if listed is None:
        raise ContractError("contract: x-response-codes is missing; without it no refusal has a number")
    try:
        codes = [Code(entry["code"], entry["name"], entry["httpStatus"]) for entry in listed.value]
    except (KeyError, TypeError) as error:
        raise ContractError(f"contract: an entry of x-response-codes lacks {error}") from error
    return {code.name: code for code in codes}


def _operations(path: str, item: Node, root: Node) -> dict[str, Operation]:
    found: dict[str, Operation] = {}
    for method in METHODS:
        node = item.get(method)
        if node is not None:
            found[method.upper()] = _operation(f"{method.upper()} {path}", node, item, root)
    return found


def _operation(label: str, node: Node, item: Node, root: Node) -> Operation:
    request = node.get("requestBody")
    schema = request.at("content", _JSON, "schema") if request is not None else None
    security = node.get("security") or root.get("security")
    responses = node.get("responses")
    return Operation(
        id=node.value.get("operationId", label),
        locations=compile_locations(node, item),
        body=schema.document.validator(schema) if schema is not None else None,
        body_required=request is not None and bool(request.value.get("required")),
        secured=security is not None and bool(security.value) and {} not in security.value,
        answers=dict(_answers(responses)) if responses is not None else {},
        error_codes=frozenset(node.value["x-error-codes"]) if "x-error-codes" in node.value else None,
        node=node,
    )


def _answers(responses: Node) -> Iterator[tuple[str, Validator | None]]:
    for status, response in responses.children():
        schema = response.at("content", _JSON, "schema")
        key = status if status == "default" else status.upper()
        yield key, schema.document.validator(schema) if schema is not None else None
