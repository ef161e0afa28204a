"""Says how long an answer may be kept: not at all, unless what it shows changes with the service's
version alone. That is asked for again each time, and sent again only where it has changed; but for
files that are asked for by the version of their content, which are kept. Each is compressed once,
as well as it can be, on a thread: that takes a tenth of a second for a big one.

Known by its content, not its date: all files of an image, or of a function's zip, have one date."""

import asyncio
import gzip
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

import brotli
from quart import Response, request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join

from handrail.core.protocol.problem import NOT_KEPT

from .site import media_type

ASKED_AGAIN = "no-cache"
FOR_EVER = "public, max-age=31536000, immutable"
SMALLEST = 512  # bytes: below, a compressed answer isn't worth it
COMPRESSED = ("text/", "application/json", "application/javascript", "image/svg+xml")


def keep(headers: Headers) -> None:
    """The rule, for what says nothing itself (RFC 9111, 4.2.2: caches guess then)."""
    headers.setdefault("Cache-Control", NOT_KEPT)


async def revalidated(data: bytes, mimetype: str, kept: str = ASKED_AGAIN) -> Response:
    """An answer to the running request: 304 where the client has it (`If-None-Match`), or the part
    it asks for; compressed where it takes that, unless it is a part. Raises
    RequestedRangeNotSatisfiable."""
    response = Response(data, mimetype=mimetype, headers={"Cache-Control": kept})
    digest = blake2b(data, digest_size=12).hexdigest()
    if len(data) >= SMALLEST and mimetype.startswith(COMPRESSED):
        response.vary.add("Accept-Encoding")
        if (coding := _coding()) and "Range" not in request.headers:
            data = await asyncio.to_thread(_compressed, data, coding)
            digest = f"{digest}-{coding}"
            response.set_data(data)
            response.content_encoding = coding
    response.set_etag(digest)
    return await response.make_conditional(request, accept_ranges=True, complete_length=len(data))


def _coding() -> str | None:
    """The best of those that the running request takes; brotli's answers are a tenth shorter."""
    return next((coding for coding in ("br", "gzip") if request.accept_encodings[coding]), None)


@lru_cache(maxsize=512)
def _compressed(data: bytes, coding: str) -> bytes:
    if coding == "br":
        return bytes(brotli.compress(data, mode=brotli.MODE_TEXT))
    return gzip.compress(data, compresslevel=9, mtime=0)


def file_in(folder: Path, name: str) -> tuple[bytes, str]:
    """A file's bytes and its media type. Raises NotFound, also for names that no file can have."""
    path = safe_join(str(folder), name)
    if path is None:
        raise NotFound
    try:
        data = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise NotFound from error
    return data, media_type(path)
