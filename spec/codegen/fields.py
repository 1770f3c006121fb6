"""Says for each property and parameter of the contract what its Python types are, and what reads and writes it.

openapi-python-client knows types, but not the markers of this contract (`x-opaque-id`, `x-enum-name`, `x-time-zone`,
`x-text-in`). So its templates look up here, by the names of the contract, whatever depends on a schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, cast

from .prune import COMPONENT


class FieldError(Exception):
    """The contract holds a schema for which there is no Python type; the message names it and says what to do."""


@dataclass(frozen=True)
class FieldFacts:
    """What the templates need of one property, parameter or item.

    Attributes:
        value: The Python type of a value that is there, in an answer.
        argument: The Python type as which it is given.
        type: The expression of the object that reads and writes it.
        imports: What the three need beside the types of every module: pairs of module and name.
        models: The models that it needs.
        extra: The further arguments of its `Field`, as source.
    """

    value: str
    argument: str
    type: str
    imports: tuple[tuple[str, str], ...] = ()
    models: tuple[str, ...] = ()
    extra: str = ""


@dataclass(frozen=True)
class EnumFacts:
    """An open enum: its class, and its members by name."""

    name: str
    members: dict[str, int]


@dataclass(frozen=True)
class WalkFacts:
    """How all items of an operation are read (`x-walk`), with the names of the contract.

    Attributes:
        method: The name of the method that walks.
        item: The model of an item.
        imports: What its name needs: pairs of module and name.
        start: The parameter of a window's start.
        end: That of its end.
        longest: Seconds of the longest window.
        offset: The parameter of how many items stand before a page.
        limit: That of how many items a page may hold.
        largest: The most that it may hold.
        pause: Seconds between two windows.
        items: The property of a page that has its items.
        total: The property of a page that has the number of all items in the window.
        key: The properties of an item that together tell it from all others.
        time: The property of an item that has its time.
        retention: Seconds after which items may be gone; None: they stay.
        standings: How well each part is known, the parts in the contract's order.
    """

    method: str
    item: str
    imports: tuple[tuple[str, str], ...]
    start: str
    end: str
    longest: int
    offset: str
    limit: str
    largest: int
    pause: int
    items: str
    total: str
    key: tuple[str, ...]
    time: str
    retention: int | None
    standings: dict[str, str]


@dataclass
class Facts:
    """Everything that the templates look up.

    Attributes:
        schemas: By the name of an object schema, then of a property.
        parameters: By operationId, then by the name of a parameter.
        data: By operationId: what its data is; None for nothing.
        bodies: By operationId: the name of its body's schema.
        models: The models that are public: those of answers, and of objects within arguments.
        enums: The open enums.
        walks: By operationId: how its items are walked, for operations that say so.
    """

    schemas: dict[str, dict[str, FieldFacts]] = field(default_factory=dict[str, dict[str, FieldFacts]])
    parameters: dict[str, dict[str, FieldFacts]] = field(default_factory=dict[str, dict[str, FieldFacts]])
    data: dict[str, FieldFacts | None] = field(default_factory=dict[str, "FieldFacts | None"])
    bodies: dict[str, str] = field(default_factory=dict[str, str])
    models: list[str] = field(default_factory=list[str])
    enums: list[EnumFacts] = field(default_factory=list[EnumFacts])
    walks: dict[str, WalkFacts] = field(default_factory=dict[str, WalkFacts])

    def template(self) -> str:
        """Return a Jinja template that sets the variable FACTS."""
        return "{% set FACTS = " + repr(asdict(self)) + " %}\n"


def facts_of(document: Mapping[str, Any]) -> Facts:
    """Return the facts of a document of operations.

    Raises:
        FieldError: a schema has no Python type.
    """
    return _Reader(document).read()


@dataclass
class _Reader:
    document: Mapping[str, Any]
    facts: Facts = field(default_factory=Facts)
    enums: dict[str, EnumFacts] = field(default_factory=dict[str, EnumFacts])

    def read(self) -> Facts:
        for name, schema in self.document["components"].get("schemas", {}).items():
            if schema.get("type") == "object":
                self.facts.schemas[name] = {
                    key: self.field(value, f"{name}.{key}")
                    for key, value in schema.get("properties", {}).items()
                }
        reached: set[str] = set()
        for operation in _operations(self.document):
            reached |= self.operation(operation)
        self.facts.models = sorted(self.within(reached))
        self.facts.enums = [self.enums[name] for name in sorted(self.enums)]
        return self.facts

    def operation(self, operation: Mapping[str, Any]) -> set[str]:
        """Take the facts of an operation; return the models that its data and arguments are made of."""
        name = operation["operationId"]
        parameters = [self.resolved(parameter) for parameter in operation.get("parameters", [])]
        self.facts.parameters[name] = {
            parameter["name"]: self.field(
                {**parameter.get("schema", {}), **_standing(parameter)},
                f"{name}, parameter {parameter['name']}",
            )
            for parameter in parameters
        }
        data = self.data_of(operation, name)
        self.facts.data[name] = data
        if "x-walk" in operation:
            self.facts.walks[name] = self.walk(operation, parameters, data)
        reached = set(data.models if data else ())
        if "requestBody" in operation:
            body = _name_of(_content(operation["requestBody"], where := f"{name}, its request body"), where)
            self.facts.bodies[name] = body
            reached |= {model for facts in self.facts.schemas[body].values() for model in facts.models}
        return reached

    def data_of(self, operation: Mapping[str, Any], name: str) -> FieldFacts | None:
        """Return what the envelope of a success holds."""
        status = min((status for status in operation["responses"] if status.startswith("2")), default=None)
        if status is None:
            raise FieldError(f"{name}: it needs the response of a success, such as '200'")
        envelope = self.resolved(
            _content(self.resolved(operation["responses"][status]), f"{name}, its {status}")
        )
        data = envelope.get("properties", {}).get("data")
        return None if data is None else self.field(data, f"{name}, its data")

    def walk(
        self,
        operation: Mapping[str, Any],
        parameters: list[Mapping[str, Any]],
        data: FieldFacts | None,
    ) -> WalkFacts:
        """Return how an operation's items are walked."""
        walk, name = operation["x-walk"], operation["operationId"]
        pages = self.document["components"]["schemas"][data.models[0]] if data and data.models else {}
        items = self.facts.schemas.get(data.value if data else "", {}).get(walk["items"]["property"])
        limit = next((each for each in parameters if each["name"] == walk["page"]["limit"]), None)
        if not pages or items is None or not items.models or limit is None:
            raise FieldError(
                f"{name}: x-walk does not fit the operation; `python -m lint` says what is wrong"
            )
        verb = name.partition(".")[2]
        return WalkFacts(
            method="iterate" + ("" if verb == "list" else f"_{verb.removeprefix('list_')}"),
            item=items.models[0],
            imports=items.imports,
            start=walk["window"]["start"],
            end=walk["window"]["end"],
            longest=walk["window"]["longestSeconds"],
            offset=walk["page"]["offset"],
            limit=walk["page"]["limit"],
            largest=limit["schema"]["maximum"],
            pause=walk.get("pause", {}).get("seconds", 0),
            items=walk["items"]["property"],
            total=walk["total"]["property"],
            key=tuple(walk["key"]["properties"]),
            time=walk["time"]["property"],
            retention=walk.get("retention", {}).get("seconds"),
            standings={part: walk[part]["standing"] for part in walk},
        )

    def within(self, names: set[str]) -> set[str]:
        """Return these models and all that they are made of."""
        found: set[str] = set()
        pending = set(names)
        while pending:
            found |= pending
            inner = {
                model
                for name in pending
                for facts in self.facts.schemas[name].values()
                for model in facts.models
            }
            pending = inner - found
        return found

    def resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what a reference refers to."""
        if "$ref" not in node:
            return node
        kind, _, name = node["$ref"].removeprefix(COMPONENT).partition("/")
        return cast("Mapping[str, Any]", self.document["components"][kind][name])

    def field(self, schema: Mapping[str, Any], where: str) -> FieldFacts:
        """Return the facts of a property or parameter."""
        facts = self.type(schema, where)
        extra = "".join(
            f", {argument}"
            for argument, holds in (
                ("secret=True", schema.get("format") == "password"),
                (f"standing={schema.get('x-standing')!r}", "x-standing" in schema),
            )
            if holds
        )
        return FieldFacts(facts.value, facts.argument, facts.type, facts.imports, facts.models, extra)

    def type(self, schema: Mapping[str, Any], where: str) -> FieldFacts:
        """Return the type of a schema."""
        if "x-text-in" in schema:
            return FieldFacts("str", "str", f"TextIn({schema['x-text-in']!r})")
        if "$ref" in schema:
            return self.reference(schema, where)
        if "x-opaque-id" in schema:
            number = "number=True" if schema["x-opaque-id"] == "number" else ""
            return FieldFacts("str", "str | int", f"OpaqueId({number})")
        if "x-enum-name" in schema:
            return self.enum(schema, where)
        if "x-time-zone" in schema:
            return _time(schema, where)
        kind = schema.get("type")
        if isinstance(kind, list):
            return self.either(
                [self.type({**schema, "type": each}, where) for each in cast("list[str]", kind)]
            )
        if kind == "array":
            return self.array(schema, where)
        if "enum" in schema and kind == "string":
            values = ", ".join(map(repr, schema["enum"]))
            return FieldFacts(f"Literal[{values}]", f"Literal[{values}]", f"Literals({values})")
        plain = _PLAIN.get(str(kind))
        if plain is None:
            raise FieldError(
                f"{where}: there is no Python type for its schema. Give an object a file of its own under spec/schemas, "
                "and anything else a type: string, integer, number, boolean or array"
            )
        return plain

    def reference(self, schema: Mapping[str, Any], where: str) -> FieldFacts:
        """Return the type of what a reference refers to."""
        target = self.resolved(schema)
        if target.get("type") != "object":
            return self.type(
                {**target, **{key: value for key, value in schema.items() if key != "$ref"}}, where
            )
        name = _name_of(schema, where)
        return FieldFacts(
            name,
            f"{name} | Mapping[str, object]",
            f"Object({name!r})",
            ((f"rest.models.{_snake(name)}", name),),
            (name,),
        )

    def array(self, schema: Mapping[str, Any], where: str) -> FieldFacts:
        """Return the type of an array."""
        item = self.type(schema.get("items", {}), f"{where}, its items")
        return FieldFacts(
            f"list[{item.value}]",
            f"Sequence[{item.argument}]",
            f"Array({item.type})",
            item.imports,
            item.models,
        )

    def either(self, types: list[FieldFacts]) -> FieldFacts:
        """Return the type of a value that may be of several types."""
        return FieldFacts(
            " | ".join(each.value for each in types),
            " | ".join(each.argument for each in types),
            f"Either({', '.join(each.type for each in types)})",
        )

    def enum(self, schema: Mapping[str, Any], where: str) -> FieldFacts:
        """Return the type of an open enum, and keep it."""
        name, known = schema["x-enum-name"], schema.get("x-known-values", {})
        if not known or not all(re.fullmatch(r"-?[0-9]+", str(value)) for value in known):
            raise FieldError(f"{where}: x-enum-name needs x-known-values, whose keys are integers in quotes")
        members = {_constant(label): int(value) for value, label in known.items()}
        if len(members) != len(known):
            raise FieldError(f"{where}: two of the x-known-values make the same name; name them otherwise")
        facts = self.enums.setdefault(name, EnumFacts(name, members))
        if facts.members != members:
            raise FieldError(f"{where}: {name} has other x-known-values elsewhere; make them the same")
        return FieldFacts(name, f"{name} | int", f"Enumeration({name})", (("enums", name),))


_PLAIN: Mapping[str, FieldFacts] = {
    "string": FieldFacts("str", "str", "STRING"),
    "integer": FieldFacts("int", "int", "INTEGER"),
    "number": FieldFacts("Decimal", "Decimal | int", "NUMBER"),
    "boolean": FieldFacts("bool", "bool", "BOOLEAN"),
    "None": FieldFacts("Any", "Any", "ANYTHING"),
}


def _time(schema: Mapping[str, Any], where: str) -> FieldFacts:
    zone = schema["x-time-zone"]
    found = re.fullmatch(r"([+-])([0-9]{2}):([0-9]{2})", str(zone.get("offset")))
    if found is None or "standing" not in zone:
        raise FieldError(f"{where}: x-time-zone needs an offset, such as '+09:00', and a standing")
    sign, hours, minutes = found.groups()
    offset = ", ".join(
        f"{sign.strip('+')}{int(part)}" for part in ((hours, minutes) if int(minutes) else (hours,))
    )
    # Its pattern tells in which form it is written; it is read in either.
    iso = ", iso=True" if "T[" in schema.get("pattern", "") else ""
    return FieldFacts("datetime", "datetime", f"Time(offset({offset}), {zone['standing']!r}{iso})")


def _operations(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for item in document["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict) and "operationId" in operation:
                yield cast("Mapping[str, Any]", operation)


def _content(node: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    schema = node.get("content", {}).get("application/json", {}).get("schema")
    if schema is None:
        raise FieldError(f"{where}: it needs a schema under content, application/json")
    return cast("Mapping[str, Any]", schema)


def _standing(parameter: Mapping[str, Any]) -> dict[str, Any]:
    return {"x-standing": parameter["x-standing"]} if "x-standing" in parameter else {}


def _name_of(schema: Mapping[str, Any], where: str) -> str:
    if "$ref" not in schema:
        raise FieldError(f"{where}: its schema needs a file of its own under spec/schemas")
    return str(schema["$ref"]).rpartition("/")[2]


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _constant(label: str) -> str:
    """Return the name of an enum's member: `BetCancel` and `bet cancel` become BET_CANCEL."""
    return re.sub(r"[^A-Z0-9]+", "_", _snake(label).upper()).strip("_")
