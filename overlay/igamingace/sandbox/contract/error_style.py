"""How errors are written: the vendor does not say (api-facts section 1), so there are several styles."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from igamingace.sandbox._json import members

if TYPE_CHECKING:
    from igamingace.sandbox._json import JSON, Object

StatusStyle: TypeAlias = Literal["status", "envelope"]
CodeField: TypeAlias = Literal["all", "code", "name", "errorCode", "message"]

CODE_FIELDS: Final[tuple[CodeField, ...]] = get_args(CodeField)

_OK: Final = 200
_METHODS: Final = ("delete", "get", "head", "options", "patch", "post", "put", "trace")


@dataclass(frozen=True, slots=True)
class ErrorStyle:
    """One reading of what an error is.

    Attributes:
        style: `status`: under the response code's own HTTP status, 4xx or 5xx. `envelope`: under 200. What
            HTTP itself refuses (an unknown path, a method, a media type) keeps its status in both.
        field: Where the code stands: its number in `code` and its name in `errorCode` (`all`), the number in
            `code`, the name in `code` (`name`), the name in `errorCode`, or the name in `message`.
    """

    style: StatusStyle = "status"
    field: CodeField = "all"

    def __post_init__(self) -> None:
        """Validate both.

        Raises:
            ValueError: it is unknown.
        """
        if self.style not in get_args(StatusStyle):
            raise ValueError(f"error_style: {self.style!r} is invalid; use status or envelope")
        if self.field not in CODE_FIELDS:
            raise ValueError(f"code_field: {self.field!r} is invalid; use one of {', '.join(CODE_FIELDS)}")

    def status(self, of_code: int) -> int:
        """Return the HTTP status of an error whose response code has the status `of_code`."""
        return of_code if self.style == "status" else _OK

    def body(self, number: int, name: str, message: str) -> Object:
        """Return the body of an error; `message` is for people."""
        body: Object = {"success": False, "message": name if self.field == "message" else message}
        if self.field in {"all", "code"}:
            body["code"] = number
        if self.field == "name":
            body["code"] = name
        if self.field in {"all", "errorCode"}:
            body["errorCode"] = name
        return body

    def read_into(self, document: Object) -> Object:
        """Return the contract as this reading has it; `document` itself when that is the contract's own.

        The schema of errors asks for the field of this style, and in the style `envelope` each 200 may be an
        error instead of its own answer.
        """
        if self.style == "status" and self.field in {"all", "code"}:
            return document
        read = copy.deepcopy(document)
        error = members(members(members(read.get("components")).get("schemas")).get("Error"))
        if error:
            self._read_error(error)
        if error and self.style == "envelope":
            for item in members(read.get("paths")).values():
                for method in _METHODS:
                    _admit_error(members(members(members(item).get(method)).get("responses")).get(str(_OK)))
        return read

    def _read_error(self, error: Object) -> None:
        name = {"type": "string", "pattern": "^[A-Z][A-Z0-9_]*$"}
        properties: Object = error["properties"]
        # Else a success of the wrong shape would be taken for an error, where a 200 may be either.
        properties["success"] = {**members(properties.get("success")), "const": False}
        if self.field == "name":
            properties["code"] = name
        elif self.field in {"errorCode", "message"}:
            properties.pop("code", None)
            properties[self.field] = name
        code = self.field if self.field in {"errorCode", "message"} else "code"
        error["required"] = list(dict.fromkeys(["success", "message", code]))


def _admit_error(response: JSON) -> None:
    for media in members(members(response).get("content")).values():
        if "schema" in members(media):
            media["schema"] = {"anyOf": [media["schema"], {"$ref": "#/components/schemas/Error"}]}
