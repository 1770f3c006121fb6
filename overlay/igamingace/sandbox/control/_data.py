"""`/_sandbox/export` and `/_sandbox/import`: the state in one JSON document, tokens included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from igamingace.sandbox._asgi import Answer
from igamingace.sandbox._json import encode
from igamingace.sandbox._own import own
from igamingace.sandbox._refusal import Refusal
from igamingace.sandbox.control._view import show_world
from igamingace.sandbox.data import DataError, as_json, parse_casino

if TYPE_CHECKING:
    from igamingace.sandbox._own import OwnRequest

LARGEST_IMPORT: Final = 64 * 1024 * 1024
"""How many bytes a document to import may have."""


@own("GET", "export")
async def export_state(request: OwnRequest) -> Answer:
    """Give the state; who has it has every token."""
    return Answer(200, encode(as_json(request.world.save())), headers=((b"cache-control", b"no-store"),))


@own("POST", "import")
async def import_state(request: OwnRequest) -> Answer:
    """Go on from a state that was exported, or from data of the same form."""
    raw = await request.raw_body(LARGEST_IMPORT)
    try:
        schemas = request.contract.schemas
        request.world.load(parse_casino(raw.decode(), "body", is_json=True, contract=schemas))
    except UnicodeDecodeError:
        raise Refusal("VALIDATION_ERROR", "body: is not UTF-8") from None
    except (DataError, ValueError) as error:
        raise Refusal("VALIDATION_ERROR", str(error)) from None
    return Answer(200, encode(show_world(request.world, request.contract)))
