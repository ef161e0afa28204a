"""Reads and writes the page token of a list of executions, which carries each state machine's
position: no process has to remember a list that somebody pages through.

The token isn't signed: it leads nowhere that its bearer may not go by naming the state machines.
"""

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NoBase64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Annotated, Self

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import to_json

from .errors import FieldError, InvalidRequest
from .models import Execution, ExecutionStatus, to_ms

LONGEST_TOKEN = 7_168
"""As text. API Gateway takes 10,240 bytes of address and headers together, and many proxies 8 KiB
of address."""

LARGEST_TOKEN = 512 * 1024
"""Unpacked: a short text may unpack to gigabytes."""

NOT_OURS = "No `next_page` of this list."


@dataclass(frozen=True, slots=True)
class MachinePosition:
    """How far one state machine's executions were shown: through the one of the digest `last`, that
    started at `last_ms`, on AWS's page that begins at `token` (None: its first)."""

    token: Annotated[str, Field(min_length=1)] | None = None
    last: str | None = None
    last_ms: Annotated[int, Field(ge=0, lt=10**14)] | None = None

    def behind(self, execution: Execution) -> Self:
        """The position once this one was shown, of the same page."""
        return type(self)(self.token, digest(execution.arn), to_ms(execution.started_at))


@dataclass(frozen=True, slots=True)
class ListPosition:
    """`machines` are those that have more to show, by reference; `unlisted` those that were left
    out when the list began, and stay so. `asked` and `status` tell whose token it is."""

    asked: str
    status: ExecutionStatus | None = None
    machines: Mapping[str, MachinePosition] = field(default_factory=dict)
    unlisted: tuple[str, ...] = ()

    @staticmethod
    def parse(text: str, *, asked: str, status: ExecutionStatus | None) -> "ListPosition":
        """Raises InvalidRequest where the token is another list's, or none."""
        try:
            packed = urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
            unpacking = zlib.decompressobj()
            data = unpacking.decompress(packed, LARGEST_TOKEN)
            position = _positions.validate_json(data)
        except (ValidationError, NoBase64, ValueError, zlib.error):
            raise not_ours() from None
        if position.asked != asked or position.status is not status:
            raise not_ours()
        return position

    def text(self) -> str | None:
        """The token, None where no more is left. Where it would be too long for a URL, the state
        machines whose positions are the longest are left out from here on."""
        machines, unlisted = dict(self.machines), self.unlisted
        while machines:
            text = type(self)(self.asked, self.status, machines, unlisted)._packed()
            if len(text) <= LONGEST_TOKEN:
                return text
            longest = max(machines, key=lambda name: len(machines[name].token or "") + len(name))
            del machines[longest]
            unlisted = (*unlisted, longest)
        return None

    def _packed(self) -> str:
        packed = zlib.compress(to_json(self, exclude_none=True))
        return urlsafe_b64encode(packed).rstrip(b"=").decode()


_positions = TypeAdapter(ListPosition)


def digest(*texts: str) -> str:
    return blake2b("\n".join(texts).encode(errors="surrogatepass"), digest_size=6).hexdigest()


def asked_for(references: Iterable[str]) -> str:
    """Tells lists apart by what was named; empty where nothing was."""
    return digest(*sorted(references)) if (references := tuple(references)) else ""


def not_ours() -> InvalidRequest:
    return InvalidRequest(NOT_OURS, errors=[FieldError("page", NOT_OURS)])
