"""Says how long an answer may be kept: not at all, unless what it shows changes with the service's
version alone. That is asked for again each time, and sent again only where it has changed.

Known by its content, not its date: all files of an image, or of a function's zip, have one date."""

import mimetypes
from hashlib import blake2b
from pathlib import Path

from quart import Response, request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join

from handrail.core.protocol.problem import NOT_KEPT

ASKED_AGAIN = "no-cache"


def keep(headers: Headers) -> None:
    """The rule, for what says nothing itself (RFC 9111, 4.2.2: caches guess then)."""
    headers.setdefault("Cache-Control", NOT_KEPT)


async def revalidated(data: bytes, mimetype: str) -> Response:
    """An answer to the running request: 304 where the client has it (`If-None-Match`), or the part
    it asks for. Raises RequestedRangeNotSatisfiable."""
    response = Response(data, mimetype=mimetype, headers={"Cache-Control": ASKED_AGAIN})
    response.set_etag(blake2b(data, digest_size=12).hexdigest())
    return await response.make_conditional(request, accept_ranges=True, complete_length=len(data))


def file_in(folder: Path, name: str) -> tuple[bytes, str]:
    """A file's bytes and its media type. Raises NotFound, also for names that no file can have."""
    path = safe_join(str(folder), name)
    if path is None:
        raise NotFound
    try:
        data = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise NotFound from error
    return data, mimetypes.guess_type(path)[0] or "application/octet-stream"
