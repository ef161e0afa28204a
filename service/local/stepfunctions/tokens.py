"""Pages of lists. A page token is opaque, bound to what was asked, refused when it is not ours."""

import base64
import binascii
import hmac
import json
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from service.local.errors import AwsError

from . import rules

Listed = TypeVar("Listed")
DEFAULT_RESULTS = 100
MAX_RESULTS = 1000


class PageTokens:
    """Each engine signs with a key of its own, so a token of another one is invalid here."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(16)

    def page(
        self,
        request: Mapping[str, Any],
        scope: Sequence[Any],
        items: Iterable[tuple[int, Listed]],
        show: Callable[[Listed], Any],
    ) -> tuple[list[Any], dict[str, str]]:
        """The items of the page that `request` asks for, shown, and `{"nextToken": …}` where more
        follow. `items` are (position, item) in the order of rising positions, `scope` is the
        question asked. Raises InvalidToken, ValidationException."""
        token = request.get("nextToken")
        after = self._position(scope, token) if token else None
        size = request.get("maxResults") or DEFAULT_RESULTS
        if not 0 < size <= MAX_RESULTS:
            rule = f"must have value less than or equal to {MAX_RESULTS}"
            raise rules.invalid(f"Value '{size}' at 'maxResults'", rule)
        rest = (item for item in items if after is None or item[0] > after)
        found = list(islice(rest, size + 1))
        more = {}
        if len(found) > size:
            body = json.dumps(found[size - 1][0]).encode()
            sealed = self._seal(scope, body) + body
            more["nextToken"] = base64.urlsafe_b64encode(sealed).decode()
        return [show(item) for _, item in found[:size]], more

    def _position(self, scope: Sequence[Any], token: str) -> int:
        try:
            sealed = base64.urlsafe_b64decode(token.encode())
        except (binascii.Error, ValueError):
            sealed = b""
        seal, body = sealed[:16], sealed[16:]
        if not hmac.compare_digest(seal, self._seal(scope, body)):
            raise AwsError("InvalidToken", "Invalid Token: 'Invalid token'")
        return int(json.loads(body))

    def _seal(self, scope: Sequence[Any], body: bytes) -> bytes:
        return hmac.digest(self._key, json.dumps(scope).encode() + body, "sha256")[:16]
