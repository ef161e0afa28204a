"""Finds the base path of the service: what a gateway puts before its paths, and what clients see.

What an event's path begins with, by AWS's guides and what others met in the field:

- HTTP API, format 2.0: its stage, unless that is `$default`; never a custom domain's mapping key.
- HTTP API, format 1.0: the same, and the mapping key.
- REST API: nothing at its own address, where its context alone shows the stage. At a custom domain
  the base path; and the stage, where the mapping names none.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
https://github.com/CodeGenieApp/serverless-express/issues/465
https://github.com/localstack/localstack/pull/12296
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from handrail.core.access.origins import host_name
from handrail.web.quart_patches.root_path import OURS, begins

from .invocation import Event

DEFAULT_STAGE = "$default"


@dataclass(frozen=True, slots=True)
class PublicAddress:
    """Host and base path of the public URL; `""` for what it doesn't name."""

    host: str = ""
    root: str = ""
    """The path that clients find the service under."""

    @classmethod
    def of(cls, url: str | None) -> "PublicAddress":
        parts = urlsplit(url or "")
        return cls(parts.hostname or "", parts.path.rstrip("/"))

    def is_asked(self, hosts: Iterable[str]) -> bool:
        """True where one of these, each a host with or without a port, is the public one."""
        return bool(self.host) and self.host in map(host_name, hosts)


def based(event: Event, path: str, hosts: Iterable[str], public: PublicAddress) -> tuple[str, str]:
    """Answers `root_path` and `path` as ASGI has them: the path begins with the root path.

    `hosts` are what the request says it was sent to. One that is the public URL's has that URL's
    path for a root, whatever the event's path carries or lacks; any other what the gateway shows.
    """
    context = event["requestContext"]
    named, sent = context.get("stage"), context.get("path")  # format 2.0 doesn't say what was sent
    stage = f"/{named}" if named and named != DEFAULT_STAGE else ""
    shown = unquote(sent) if isinstance(sent, str) else None
    hidden = stage if stage and shown == stage + path else ""
    carried, rest = _split(path, public.root, "" if hidden else stage)
    # A mapping may have taken the stage off a path that begins like it, except from format 2.0.
    ambiguous = stage == OURS == carried and shown is not None
    if ambiguous and not begins(rest, OURS):
        carried, rest = "", path
    root = public.root if public.is_asked(hosts) else hidden + carried
    return root, root + rest


def _split(path: str, *prefixes: str) -> tuple[str, str]:
    """Splits off what the path begins with of these, each once, in any order."""
    left, rest = [prefix for prefix in prefixes if prefix], path
    while (found := next((each for each in left if begins(rest, each)), None)) is not None:
        left.remove(found)
        rest = rest[len(found) :]
    return path[: len(path) - len(rest)], rest or "/"
