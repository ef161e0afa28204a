"""Finds the base path of the service: what a gateway puts before its paths, and what clients see.
Pure.

What an event's path begins with, by AWS's guides and what others met in the field:

- HTTP API, format 2.0: its stage, unless that is `$default`; never a custom domain's mapping key.
- HTTP API, format 1.0: the same, and the mapping key.
- REST API: nothing at its own address, where its context alone shows the stage. At a custom domain
  the base path; and the stage, where the mapping names none.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
https://github.com/CodeGenieApp/serverless-express/issues/465
https://github.com/localstack/localstack/pull/12296
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from service.core.origins import host_name

from .shapes import Event

DEFAULT_STAGE = "$default"
OURS = "/v1"
"""How the service's own paths begin."""


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
    stage = _stage_of(context)
    hidden = stage if stage and _shown(context) == stage + path else ""
    carried, own = _split(path, public.root, "" if hidden else stage)
    if _may_be_ours(stage, context) and carried == stage and not _begins(own, OURS):
        carried, own = "", path
    root = public.root if public.is_asked(hosts) else hidden + carried
    return root, root + own


def _stage_of(context: Mapping[str, Any]) -> str:
    stage = context.get("stage")
    return f"/{stage}" if stage and stage != DEFAULT_STAGE else ""


def _shown(context: Mapping[str, Any]) -> str | None:
    """Reads the path as the client sent it; format 2.0 doesn't say."""
    shown = context.get("path")
    return unquote(shown) if isinstance(shown, str) else None


def _may_be_ours(stage: str, context: Mapping[str, Any]) -> bool:
    """True where a path that begins like the stage may be without it: a mapping may have taken it
    off, except from format 2.0."""
    return stage == OURS and _shown(context) is not None


def _split(path: str, *prefixes: str) -> tuple[str, str]:
    """Splits off what the path begins with of these, each once, in any order."""
    left, own = [prefix for prefix in prefixes if prefix], path
    while (found := next((each for each in left if _begins(own, each)), None)) is not None:
        left.remove(found)
        own = own[len(found) :]
    return path[: len(path) - len(own)], own or "/"


def _begins(path: str, root: str) -> bool:
    return path == root or path.startswith(f"{root}/")
