"""Where news goes: a URL that takes webhooks, a topic, an event bus, a queue, or an execution that
is started. What is secret of a target never shows: `shown` names it in documents and log lines."""

import re
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from handrail.core.models import Json
from handrail.core.partitions import url_suffix

_TOPIC = re.compile(r"arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?")
_BUS = re.compile(
    r"(arn:[a-z-]+:events:[a-z0-9-]+:[0-9]{12}:event-bus/)?[A-Za-z0-9_./-]{1,256}", re.ASCII
)
_QUEUE_ARN = re.compile(
    r"arn:([a-z-]+):sqs:([a-z0-9-]+):([0-9]{12}):([A-Za-z0-9_-]{1,80}(?:\.fifo)?)"
)
_QUEUE_URL = re.compile(r"https?://[A-Za-z0-9._:-]+/[0-9]{12}/[A-Za-z0-9_-]{1,80}(\.fifo)?")
_IN_URLS = re.compile(r"[!-~]+")


class _Omitted:
    """A type of its own: null is an input too."""

    def __repr__(self) -> str:
        return "THE_NEWS"


THE_NEWS: Final = _Omitted()
"""The input of a start that says none: the news' own document."""


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """`url` may hold a token of the receiver's in its path; `secret` (`whsec_…`) signs as Standard
    Webhooks has it."""

    url: str = field(repr=False)
    secret: str = field(repr=False)

    @property
    def shown(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.lower()}"

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""


@dataclass(frozen=True, slots=True)
class TopicTarget:
    arn: str

    @property
    def shown(self) -> str:
        return f"sns:{self.arn.rpartition(':')[2]}"


@dataclass(frozen=True, slots=True)
class EventBusTarget:
    """An event bus, by its name or its ARN."""

    name: str

    @property
    def shown(self) -> str:
        return f"eventbridge:{self.name.rpartition(':event-bus/')[2]}"


@dataclass(frozen=True, slots=True)
class QueueTarget:
    url: str

    @property
    def shown(self) -> str:
        return f"sqs:{self.url.rpartition('/')[2]}"


@dataclass(frozen=True, slots=True)
class StartTarget:
    """`input` is JSON with `{% JSONata %}` in its strings, or THE_NEWS."""

    machine: str
    input: Json = field(default=THE_NEWS, repr=False)

    @property
    def shown(self) -> str:
        return f"start:{self.machine}"


SentTarget: TypeAlias = WebhookTarget | TopicTarget | EventBusTarget | QueueTarget
Target: TypeAlias = SentTarget | StartTarget


def parse_target(url: str, secret: str | None) -> SentTarget:
    """Read a `url`; `secret` is whatever stands beside it, a name of a variable too. Raises
    ValueError, which quotes neither."""
    kind, _, rest = url.partition(":")
    if kind in {"https", "http"}:
        _check_url(url)
        if secret is None:
            raise ValueError("a webhook needs a secret: its receiver couldn't know who speaks")
        return WebhookTarget(url, secret)
    if kind not in _FORMS:
        raise ValueError("a url begins with https:, sns:, eventbridge: or sqs:")
    if secret is not None:
        raise ValueError(f"{kind}: takes no secret, AWS's own signature tells who speaks")
    match kind:
        case "sns" if _TOPIC.fullmatch(rest):
            return TopicTarget(rest)
        case "eventbridge" if _BUS.fullmatch(rest):
            return EventBusTarget(rest)
        case "sqs" if found := _QUEUE_ARN.fullmatch(rest):
            partition, region, account_id, name = found.groups()
            return QueueTarget(f"https://sqs.{region}.{url_suffix(partition)}/{account_id}/{name}")
        case "sqs" if _QUEUE_URL.fullmatch(rest):
            return QueueTarget(rest)
    raise ValueError(_FORMS[kind])


_FORMS = {
    "sns": "sns: is followed by the ARN of a topic",
    "eventbridge": "eventbridge: is followed by the name or the ARN of an event bus",
    "sqs": "sqs: is followed by the URL or the ARN of a queue",
}


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        raise ValueError("is no URL") from None
    if not _IN_URLS.fullmatch(url) or "\\" in url or not host or port == 0:
        raise ValueError("is no URL of a host: write other characters percent-encoded")
    if "@" in parts.netloc:
        raise ValueError("a URL holds no user or password: the secret signs what is sent")
    if "#" in url:
        raise ValueError("a URL ends before its #, which is never sent")
