"""Signs and reads links that let whoever has one settle one task, until it expires. All is in the
signed text, and HMAC-SHA256 (RFC 2104) vouches for it:

    base64url(key id ":" event id ":" expiry ":" outcomes ":" execution) "." base64url(signature)

with `=` base64url(whom the link is for) behind the outcomes, where it names anybody.

The same keys sign other things, each for a purpose of its own that is signed along: what is signed
for one is nothing for another.
"""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from pydantic import SecretBytes

from handrail.core.errors import LinkExpired, LinkInvalid, LinksUnavailable, ServiceError
from handrail.core.history.outcomes import Outcome
from handrail.core.models import ExecutionId, rfc3339

MAX_TTL_S = 90 * 86_400  # an execution's name can be taken again then: no link may outlive it
MAX_MEANT_FOR = 120  # characters: a link stays short
LONGEST = 2048  # characters, whatever a link names
MIN_SECRET = 32
_GIVEN = re.compile(r"([0-9A-Za-z_-]+\.[0-9A-Za-z_-]{43})(?:&[a-z]+;|\W|_)*")
"""A signed text as `sign` gives it, and what text around it adds: `.` `>` `),` `&gt;` a space …"""

_PURPOSE = b"handrail link 1\n"  # so that a key shared with something else signs no link there
_NUMBER = re.compile(r"[1-9][0-9]{0,10}")
_LETTERS = {Outcome.SUCCESS: "s", Outcome.FAILURE: "f"}
_INVALID = (
    "Its address was changed on its way here: cut off, or altered as mail programs do."
    " Copy it whole, or ask for it again."
)


@dataclass(frozen=True, slots=True)
class Link:
    """`actions` is SUCCESS, FAILURE or both, in this order; `expires_at` is a whole second;
    `meant_for` is whom its maker made it for, if that was said."""

    execution: ExecutionId
    event_id: int
    actions: tuple[Outcome, ...]
    expires_at: datetime
    meant_for: str | None = None


class Keyring:
    """The active keys: the first signs, all verify. So a new key is put in front, and the old one
    taken away once its last link has expired. An empty ring makes and accepts no link."""

    def __init__(self, secrets: Mapping[str, SecretBytes] | None = None) -> None:
        self._secrets = dict(secrets or {})

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `id:secret,id:secret`. Raises ValueError, which never quotes a secret."""
        secrets: dict[str, SecretBytes] = {}
        for number, entry in enumerate(text.split(","), start=1):
            id, colon, secret = entry.strip().partition(":")
            if not colon or not re.fullmatch(r"[0-9A-Za-z_-]{1,32}", id):
                raise ValueError(
                    f"key {number} must read id:secret, the id being 1-32 of 0-9 A-Z a-z - and _"
                )
            if len(secret) < MIN_SECRET:
                raise ValueError(f"the secret of key {id} needs at least {MIN_SECRET} characters")
            if id in secrets:
                raise ValueError(f"the key id {id} stands there twice")
            secrets[id] = SecretBytes(secret.encode())
        return cls(secrets)

    def __bool__(self) -> bool:
        return bool(self._secrets)

    def sign(self, link: Link) -> str:
        """The link as URL-safe text. Raises LinksUnavailable where there is no key."""
        if not self:
            raise LinksUnavailable("Signed links need a key: set HANDRAIL_LINK_KEYS.")
        return self.seal(_PURPOSE, _content(link))

    def seal(self, purpose: bytes, content: str) -> str:
        """Signs any text by the first key, as URL-safe text. The ring must not be empty."""
        key_id, secret = next(iter(self._secrets.items()))
        return _sealed(key_id, secret, purpose, content)

    def unseal(self, purpose: bytes, sealed: str) -> str:
        """The text that an active key signed for this purpose. Raises ValueError for another."""
        encoded = sealed.partition(".")[0]
        whole = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
        key_id, _, content = whole.partition(":")
        if (secret := self._secrets.get(key_id)) is None:
            raise ValueError
        # The whole text is compared, not the decoded signature: base64 has several spellings of
        # the same bytes, and only the one given out is good.
        good = _sealed(key_id, secret, purpose, content).encode()
        if not hmac.compare_digest(good, sealed.encode("utf-8", "replace")):
            raise ValueError
        return content

    def read(self, signed: str, now: datetime) -> Link:
        """The link, also with the punctuation behind it that a mail program took for its end.
        Raises LinkInvalid (not signed by an active key, or wrong otherwise) and LinkExpired."""
        if (given := _GIVEN.fullmatch(signed)) is not None:
            signed = given[1]
        try:
            if len(signed) > LONGEST or not signed.isascii():
                raise ValueError
            link = _link_in(self.unseal(_PURPOSE, signed))
        except (ValueError, OverflowError, ServiceError):
            raise LinkInvalid(_INVALID) from None
        if now >= link.expires_at:
            facts = {"expired_at": rfc3339(link.expires_at)}
            raise LinkExpired("Ask whoever sent it for a new one.", facts=facts)
        return link


def expiry(since: datetime, ttl_s: float, timeout_at: datetime | None) -> datetime:
    """After `ttl_s`, but never beyond the task's own timeout: a whole second, rounded down."""
    ends_at = since + timedelta(seconds=min(ttl_s, MAX_TTL_S))
    return min(ends_at, timeout_at or ends_at).astimezone(UTC).replace(microsecond=0)


def ordered(actions: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """Each once, success first."""
    wanted = frozenset(actions)
    return tuple(action for action in _LETTERS if action in wanted)


def _sealed(key_id: str, secret: SecretBytes, purpose: bytes, content: str) -> str:
    payload = f"{key_id}:{content}".encode()
    signature = hmac.digest(secret.get_secret_value(), purpose + payload, "sha256")
    return ".".join(urlsafe_b64encode(b).rstrip(b"=").decode() for b in (payload, signature))


def _content(link: Link) -> str:
    letters = "".join(_LETTERS[action] for action in link.actions)
    if link.meant_for is not None:
        letters += f"={urlsafe_b64encode(link.meant_for.encode()).decode()}"
    return f"{link.event_id}:{int(link.expires_at.timestamp())}:{letters}:{link.execution}"


def _link_in(content: str) -> Link:
    """Raises ValueError, OverflowError, ExecutionNotFound."""
    event_id, expires, allowed, execution = content.split(":", 3)
    letters, named, meant_for = allowed.partition("=")
    actions = tuple(action for action, letter in _LETTERS.items() if letter in letters)
    if not (_NUMBER.fullmatch(event_id) and _NUMBER.fullmatch(expires) and actions):
        raise ValueError
    expires_at = datetime.fromtimestamp(int(expires), UTC)
    name = urlsafe_b64decode(meant_for).decode() if named else None
    return Link(ExecutionId.parse(execution), int(event_id), actions, expires_at, name)
