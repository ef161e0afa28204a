"""Page tokens: opaque, bound to what was asked, refused when they are not ours."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from service.local.errors import AwsError

Item = TypeVar("Item")
DEFAULT_RESULTS = 100
MAX_RESULTS = 1000


class PageTokens:
    """Each engine signs with a key of its own, so a token of another one is invalid here."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(16)

    def issue(self, scope: Sequence[Any], position: int) -> str:
        """A token that continues `scope` (the question asked) after `position`."""
        body = json.dumps(position).encode()
        return base64.urlsafe_b64encode(self._seal(scope, body) + body).decode()

    def position(self, scope: Sequence[Any], token: str) -> int:
        """Raises InvalidToken where the token isn't one of this scope."""
        try:
            sealed = base64.urlsafe_b64decode(token.encode())
        except (binascii.Error, ValueError):
            sealed = b""
        seal, body = sealed[:16], sealed[16:]
        if not hmac.compare_digest(seal, self._seal(scope, body)):
            raise AwsError("InvalidToken", "Invalid Token: 'Invalid token'")
        return int(json.loads(body))

    def _seal(self, scope: Sequence[Any], body: bytes) -> bytes:
        question = json.dumps(scope).encode() + body
        return hmac.digest(self._key, question, hashlib.sha256)[:16]


def page_size(request: Mapping[str, Any]) -> int:
    """maxResults: 0 and absent mean the default. Raises ValidationException past AWS's maximum."""
    asked = request.get("maxResults") or DEFAULT_RESULTS
    if not 0 < asked <= MAX_RESULTS:
        raise AwsError(
            "ValidationException",
            f"1 validation error detected: Value '{asked}' at 'maxResults' failed to satisfy"
            f" constraint: Member must have value less than or equal to {MAX_RESULTS}",
        )
    return int(asked)


def page(
    items: Sequence[tuple[int, Item]], *, size: int, tokens: PageTokens, scope: Sequence[Any]
) -> tuple[list[Item], dict[str, str]]:
    """The first `size` of (position, item), and `{"nextToken": …}` where more follow."""
    first = items[:size]
    more = {"nextToken": tokens.issue(scope, first[-1][0])} if len(items) > size else {}
    return [item for _, item in first], more
