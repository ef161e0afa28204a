"""Tells what a request's path names, as far as log lines and spans may tell it: what somebody put
there by mistake may be a secret."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from handrail.auth.api_keys import PREFIX as KEY
from handrail.auth.narrowed_tokens import PREFIX as TOKEN
from handrail.core.errors import ExecutionNotFound
from handrail.core.models import ExecutionId
from handrail.core.task_tokens.redaction import redacted

FAILED = 400
UNSEEN = frozenset({400, 401, 404, 405, 413, 415, 422})
"""With these the path may name anything."""
LONGEST = 300
_PARTS = re.compile(r"[:/]")


@dataclass(frozen=True, slots=True)
class PathNames:
    """Each is None where the path names none, or none that may be told."""

    state_machine: str | None = None
    execution: ExecutionId | None = None


NOTHING = PathNames()


def path_names(
    known: Callable[[str], str | None], given: Mapping[str, Any] | None, status: int | None
) -> PathNames:
    """What an answer with this status says is there. One that refuses or fails says so of nothing:
    then a state machine that is `known` may be told, and what is called an execution of one; so too
    where there was no answer, and `status` is None."""
    if not given or status in UNSEEN:
        return NOTHING
    machine, execution = (_plain(given.get(name)) for name in ("machine", "execution"))
    try:
        id = ExecutionId.parse(execution) if execution is not None else None
    except ExecutionNotFound:
        id = None
    if status is None or status >= FAILED:
        machine = machine if machine and known(machine) else None
        id = id if id is not None and known(id.machine) else None
    return PathNames(machine, id)


def _plain(name: Any) -> str | None:
    """None for what is no name, and for what has a credential or a task token in it."""
    text = str(name) if name is not None else ""
    secret = len(text) > LONGEST or redacted(text) != text
    if not text or secret or any(part.startswith((KEY, TOKEN)) for part in _PARTS.split(text)):
        return None
    return text
