"""Shows a stream's changes as plain lines, one a change, for pipes and logs. Pure."""

from collections.abc import Iterator, Mapping

from service.client.view import View
from service.core.models import Json

COUNTS = ("entered", "running", "succeeded", "failed", "caught", "retries")
_LONGEST = 200


def changes(before: View, after: View) -> Iterator[str]:
    """A line for the execution where its status changed, and one for each state and new task."""
    opening = not before.execution
    if opening and after.execution:
        yield _execution_line(after)
    for name, state in after.states.items():
        if state != before.states.get(name):
            counts = " ".join(f"{key}={state[key]}" for key in COUNTS if state.get(key))
            at, error = state.get("last_changed_at"), failure(state.get("last_error"))
            yield joined(at, name, state.get("status"), counts, error)
    known = {task.get("event_id") for task in before.tasks}
    for task in after.tasks:
        if (event_id := task.get("event_id")) not in known:
            at, what = task.get("scheduled_at"), f"pending task {event_id}"
            yield joined(at, task.get("state"), what, task.get("resource"))
    if not opening and before.status != after.status:
        yield _execution_line(after)


def one_line(text: object) -> str:
    """`text` without control characters (it comes from outside) and not too long for a line."""
    words = " ".join(str(text).split())
    clean = "".join(letter if letter.isprintable() else "�" for letter in words)
    return clean if len(clean) <= _LONGEST else f"{clean[: _LONGEST - 1]}…"


def failure(failed: Json) -> str:
    """`Error: cause` of a state's last error or of an execution, "" where there is none."""
    parts = [failed.get("error"), failed.get("cause")] if isinstance(failed, Mapping) else []
    return one_line(": ".join(str(part) for part in parts if part))


def joined(*parts: object) -> str:
    """The parts there are, as one line."""
    return "  ".join(one_line(part) for part in parts if part)


def _execution_line(view: View) -> str:
    execution = view.execution
    at = execution.get("stopped_at") or execution.get("started_at")
    return joined(at, f"execution {execution.get('execution')}", view.status, failure(execution))
