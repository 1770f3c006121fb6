"""Makes the Postman collection, which other tools import too, with Postman's own converter."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any, cast

from .collection_run import make_runnable
from .npm import run

if TYPE_CHECKING:
    from pathlib import Path

    from .document import Object

_OPTIONS = (
    "folderStrategy=Tags",
    "parametersResolution=Example",
    "enableOptionalParameters=false",
    "keepImplicitHeaders=true",
)
_NAMES = uuid.UUID("6f0d8c1e-3b0f-5d0e-9a54-6c1f5f3c8a11")  # any constant: ids follow from it and the place


def collection(document: Object, openapi: Path, modules: Path, scratch: Path) -> Object:
    """Return the collection of `openapi`, the file of `document`; the same one for the same contract.

    Callbacks are left out: they are requests to partners, not of partners.

    Raises:
        PublishError: the converter failed.
    """
    made = scratch / "collection.json"
    converter = modules / "openapi-to-postmanv2" / "bin" / "openapi2postmanv2.js"
    run("node", str(converter), "-s", str(openapi), "-o", str(made), "-O", ",".join(_OPTIONS), cwd=scratch)
    content: Object = json.loads(made.read_text(encoding="utf-8"))
    content["item"] = [folder for folder in content["item"] if folder.get("item")]
    headers = {header["name"]: header["value"] for header in document["x-required-headers"]}
    headers.pop("Authorization", None)  # the collection's own authentication sends it
    for request in _requests(content):
        sent = {header["key"].lower() for header in request.setdefault("header", [])}
        request["header"] += [
            {"key": name, "value": value} for name, value in headers.items() if name.lower() not in sent
        ]
    make_runnable(content, document)
    _fix_ids(content, document["info"]["version"])
    return content


def _requests(item: Object) -> list[Object]:
    found = [item["request"]] if "request" in item else []
    for inner in item.get("item", []):
        found += _requests(inner)
    return found


def _fix_ids(node: Any, place: str) -> None:
    """Replace random ids by ones that follow from the place, so that one contract makes one collection."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            _fix_ids(item, f"{place}/{index}")
    elif isinstance(node, dict):
        mapping = cast("Object", node)
        for key, value in mapping.items():
            if key in {"id", "_postman_id"} and isinstance(value, str):
                mapping[key] = str(uuid.uuid5(_NAMES, place))
            else:
                _fix_ids(value, f"{place}/{key}")
