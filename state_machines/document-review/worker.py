"""Reviews documents: `handrail worker state_machines/document-review/worker.py:worker`.

It reads as slowly as a person; HANDLER_PACE=0 takes no time. Reviewing twice changes nothing, so a
task that comes a second time may simply be done again.
"""

import asyncio
import os
import re
from typing import Any

from handrail.worker import Task, Worker

Json = dict[str, Any]

WORDS_PER_S = 5
ENOUGH_WORDS = 10

worker = Worker()


class UnreadableDocument(Exception):
    """There is nothing to review. Not worth a retry."""


@worker.activity("document-review${SUFFIX}", heartbeat_s=15)
async def review(document: Json, task: Task) -> Json:
    """`{"verdict": "publish" | "revise", "words", "remarks"}`. Raises UnreadableDocument."""
    words = re.findall(r"\w+", document["text"])
    if not words:
        raise UnreadableDocument("There is no word in it.")
    await asyncio.sleep(len(words) / WORDS_PER_S * float(os.environ.get("HANDLER_PACE", "1")))
    remarks = _remarks(document["text"], words)
    return {"verdict": "revise" if remarks else "publish", "words": len(words), "remarks": remarks}


def _remarks(text: str, words: list[str]) -> list[str]:
    found = {
        f"It has {len(words)} words; {ENOUGH_WORDS} are the least.": len(words) < ENOUGH_WORDS,
        "It shouts.": text.isupper(),
    }
    return [remark for remark, applies in found.items() if applies]
