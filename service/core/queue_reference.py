"""Reads how a setting names an SQS queue: by its URL, its ARN or its name alone."""

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

NAME = r"[0-9A-Za-z_-]{1,80}(?:\.fifo)?"
QUEUE = rf"^(?:https?://[^\s?#]+/|arn:[a-z-]+:sqs:[0-9a-z-]+:[0-9]{{12}}:)?{NAME}$"
"""What names one; https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html"""

_REGION = re.compile(r"(?:^|\.)sqs(?:-fips)?\.([a-z]{2}(?:-[a-z]+)+-[0-9]+)\.")
_ACCOUNT = re.compile(r"[0-9]{12}")


@dataclass(frozen=True, slots=True)
class QueueReference:
    """`region`, `account` and `url` are None where the setting doesn't say them."""

    name: str
    region: str | None = None
    account: str | None = None
    url: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError for what names no queue; it doesn't repeat the text."""
        if not re.fullmatch(QUEUE, text):
            raise ValueError("An SQS queue is named by its URL, its ARN or its name.")
        if text.startswith("arn:"):
            *_, region, account, name = text.split(":")
            return cls(name, region, account)
        if "://" not in text:
            return cls(text)
        parts = urlsplit(text)
        *_, owner, name = f"/{parts.path}".split("/")
        found = _REGION.search(parts.hostname or "")
        known = owner if _ACCOUNT.fullmatch(owner) else None
        return cls(name, found[1] if found else None, known, text)

    @property
    def fifo(self) -> bool:
        return self.name.endswith(".fifo")

    def is_at(self, arn: str) -> bool:
        """Whether this ARN is the queue's, as far as the setting says."""
        try:
            other = type(self).parse(arn)
        except ValueError:
            return False
        same_region = self.region in {None, other.region}
        return self.name == other.name and same_region and self.account in {None, other.account}
