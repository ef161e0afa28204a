"""The kinds of news: what an execution does (`failed`), and what a state does
(`state:Pay.failed`; `state:*.failed` is any state's)."""

from collections.abc import Iterator

from handrail.core.definition.definition import Definition, State

WAITING = "waiting"
EXECUTION_KINDS = (
    "started", "succeeded", "failed", "timed_out", "aborted", "redriven", WAITING,
)  # fmt: skip
ENDS = ("succeeded", "failed", "timed_out", "aborted")
STATE_VERBS = ("entered", "succeeded", "failed", "caught", "timed_out", "waiting", "retried")
ANY_STATE = "*"
_NEEDED = {"caught": "Catch", "retried": "Retry"}


def state_kind(state: str, verb: str) -> str:
    return f"state:{state}.{verb}"


def state_and_verb(kind: str) -> tuple[str, str] | None:
    """What a state's kind is made of; names hold dots too. None for an execution's."""
    if not kind.startswith("state:"):
        return None
    state, _, verb = kind.removeprefix("state:").rpartition(".")
    return state, verb


def check_kind(kind: str) -> None:
    """Raises ValueError, which says what may stand there."""
    if kind in EXECUTION_KINDS:
        return
    state, verb = state_and_verb(kind) or ("", "")
    if not kind.startswith("state:"):
        known = ", ".join(EXECUTION_KINDS)
        raise ValueError(f"{kind} is no kind of news: there are {known}, and state:NAME.failed")
    if not state or verb not in STATE_VERBS:
        raise ValueError(f"{kind} reads state:NAME. and one of {', '.join(STATE_VERBS)}")


def of_waiting(kind: str) -> bool:
    """Whether a task that waits for somebody is among what this kind tells."""
    found = state_and_verb(kind)
    return kind == WAITING if found is None else found[1] == WAITING


def never_told(kind: str, definition: Definition) -> str | None:
    """Why no execution of this definition has such news, None where one may."""
    if (found := state_and_verb(kind)) is None or found[0] == ANY_STATE:
        return None
    name, verb = found
    if (state := definition.states.get(name)) is None:
        return f"{name} is no state's name"
    if any(around.map_mode == "DISTRIBUTED" for around in _around(state, definition)):
        return f"{name} runs in the child executions of a distributed Map, which aren't followed"
    if verb == WAITING and not (state.waits_for_callback or ":activity:" in state.resource):
        return f"{name} waits for no callback and no activity"
    if (needed := _NEEDED.get(verb)) is not None and needed not in state.raw:
        return f"{name} has no {needed}"
    return None


def _around(state: State, definition: Definition) -> Iterator[State]:
    while state.scope.parent is not None:
        state = definition.states[state.scope.parent]
        yield state
