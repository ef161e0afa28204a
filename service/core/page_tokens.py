"""Writes and reads the `next_page` of lists that the service makes itself: a position in what only
grows, so that pages hold still while the list does not. Opaque to clients, and no secret."""

import base64
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

from pydantic_core import from_json, to_json

from .errors import FieldError, InvalidRequest


def page_token(of: str, position: Mapping[str, int | str | None]) -> str:
    """`of` says what is listed, and all that the list depends on."""
    return base64.urlsafe_b64encode(to_json([of, position])).decode().rstrip("=")


def page_position(token: str, of: str, shape: Mapping[str, Collection[type]]) -> Mapping[str, Any]:
    """The position in a token of this very list; each member is of one of its types in `shape`.
    Raises InvalidRequest for whatever is no token of it."""
    with suppress(ValueError, TypeError, AttributeError):
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        said, position = from_json(base64.b64decode(padded, altchars=b"-_", validate=True))
        right = said == of and position.keys() == shape.keys()
        if right and all(type(position[name]) in types for name, types in shape.items()):
            return dict(position)
    message = "No `next_page` of this list."
    raise InvalidRequest(message, errors=[FieldError("page", message)])
