"""Names deliveries and dead letters in addresses and page tokens."""

from collections.abc import Iterable, Sequence
from urllib.parse import unquote

from handrail.core.errors import ExecutionNotFound, NewsNotFound
from handrail.core.models import ExecutionId
from handrail.core.page_tokens import page_position, page_token

from .deliveries import DeliveryKey, message_id

LETTERS = "news"
LONGEST_MS = 15  # digits
UNKNOWN = "There is no such news."

Place = tuple[int, str]
"""When a letter was given up (ms), and its text."""


def key_text(key: DeliveryKey) -> str:
    """`<subscription>:<ms>:<execution>:<event id>`, as a person may type it."""
    return f"{key.subscription}:{key.at_ms}:{key.id}"


def read_key(text: str) -> DeliveryKey:
    """Also where an address's percents were taken out of it. Raises NewsNotFound: what isn't a key
    names nothing."""
    subscription, _, rest = text.partition(":")
    ms, _, id = rest.partition(":")
    if not (subscription.isalnum() and ms.isdecimal() and ms.isascii() and len(ms) <= LONGEST_MS):
        raise NewsNotFound(UNKNOWN)
    key = DeliveryKey(subscription, id, int(ms))
    return key._replace(id=message_id(execution_of(key), event_id_of(key)))


def execution_of(key: DeliveryKey) -> ExecutionId:
    """The execution whose news it is. Raises NewsNotFound."""
    try:
        return ExecutionId.parse(unquote(key.id.rpartition(":")[0]))
    except ExecutionNotFound:
        raise NewsNotFound(UNKNOWN) from None


def event_id_of(key: DeliveryKey) -> int:
    """Raises NewsNotFound."""
    event_id = key.id.rpartition(":")[2]
    if event_id.isdecimal() and event_id.isascii() and len(event_id) <= LONGEST_MS:
        return int(event_id)
    raise NewsNotFound(UNKNOWN)


def letters_page(
    found: Iterable[Place], limit: int, after: Place | None
) -> tuple[Sequence[Place], str | None]:
    """Of all those found (`limit` at least behind `after`, one more if there is one, and all that
    were given up at the same time as the last of them) the page, newest first, and the token of
    what follows."""
    behind = sorted({place for place in found if after is None or place < after}, reverse=True)
    page = behind[:limit]
    if len(behind) <= limit:
        return page, None
    at_ms, text = page[-1]
    return page, page_token(LETTERS, {"at": at_ms, "key": text})


def letters_place(page: str | None) -> Place | None:
    """Raises InvalidRequest for what is no token of `letters_page`."""
    if page is None:
        return None
    position = page_position(page, LETTERS, {"at": (int,), "key": (str,)})
    return position["at"], position["key"]
