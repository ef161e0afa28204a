"""What became of a task that waited, as its history tells it."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from handrail.core.history.outcomes import Outcome, TaskAnswer
from handrail.core.models import Json
from tests.core.histories import History, Track, item, map_of, parallel

Ending = Callable[[Track], object]


def waits(track: Track, name: str = "Ask", kind: str = "Task") -> int:
    """Enter a state that waits for somebody; the id of the event that scheduled its task."""
    track.enter("Task", name)
    if kind == "Activity":
        return track.then("ActivityScheduled", resource="arn:aws:states:r:1:activity:press").last
    return track.then(
        "TaskScheduled", resourceType="sqs", resource="sendMessage.waitForTaskToken"
    ).last


def success(output: str) -> TaskAnswer:
    return TaskAnswer(Outcome.SUCCESS, output=output)


def failure(error: str, cause: str) -> TaskAnswer:
    return TaskAnswer(Outcome.FAILURE, error=error, cause=cause)


@pytest.mark.parametrize("kind", ["Task", "Activity"])
@pytest.mark.parametrize(
    ("type_", "details", "answer"),
    [
        ("Succeeded", {"output": '{"a": 1}'}, success('{"a":1}')),
        ("Succeeded", {}, success("null")),
        ("Failed", {"error": "No", "cause": "too dear"}, failure("No", "too dear")),
        ("Failed", {}, failure("", "")),
        ("TimedOut", {"error": "States.Timeout"}, TaskAnswer(Outcome.TIMED_OUT)),
    ],
)
def test_a_tasks_own_events_tell_its_outcome(
    kind: str, type_: str, details: dict[str, str], answer: TaskAnswer
) -> None:
    history = History()
    event_id = waits(history.main, kind=kind)
    history.main.then(f"{kind}{type_}", **details)
    projection = history.fold()
    settled = projection.settled[event_id]
    assert (settled.event_id, settled.state) == (event_id, "Ask")
    assert (settled.outcome, settled.at) == (answer.outcome, history.events[-1].at)
    assert settled.fingerprint == answer.fingerprint()
    assert projection.tasks == ()


def test_a_task_that_could_not_be_handed_over_has_failed() -> None:
    history = History()
    event_id = waits(history.main)
    history.main.then("TaskSubmitFailed", error="SQS.QueueDoesNotExist", cause="no such queue")
    assert history.fold().settled[event_id].outcome is Outcome.FAILURE


@pytest.mark.parametrize(
    ("type_", "details"),
    [
        ("ExecutionAborted", {"error": "Stop", "cause": "enough"}),
        ("ExecutionTimedOut", {}),
        ("ExecutionFailed", {"error": "Boom", "cause": "it broke"}),
        ("TaskStateAborted", {}),
    ],
)
def test_what_ends_around_a_task_stops_it(type_: str, details: dict[str, str]) -> None:
    """Its execution's failure or timeout is not its own."""
    history = History()
    event_id = waits(history.main)
    history.main.then(type_, **details)
    settled = history.fold().settled[event_id]
    assert settled.outcome is Outcome.STOPPED
    assert settled.fingerprint != failure("Boom", "it broke").fingerprint()


@pytest.mark.parametrize(
    "ending",
    [
        lambda track: track.then("ParallelStateFailed"),
        lambda track: track.then("ParallelStateFailed").exit("Parallel", "Both"),
        lambda track: track.then("ExecutionFailed", error="Boom", cause="it broke"),
        lambda track: track.then("ParallelStateStarted"),
    ],
)
def test_a_branch_that_breaks_stops_the_task_beside_it(ending: Ending) -> None:
    history = History()
    one, other = parallel(history.main, "Both")
    beside = waits(one, "Ask")
    broken = waits(other, "Charge")
    other.fails()
    ending(other)
    settled = history.fold().settled
    assert settled[beside].outcome is Outcome.STOPPED
    assert settled[broken].fingerprint == failure("Boom", "it broke").fingerprint()


def test_every_attempt_of_a_task_has_its_own_outcome() -> None:
    history = History()
    first = waits(history.main)
    history.main.then("TaskTimedOut", error="States.Timeout")
    ids = [first]
    for fails in (True, False):
        history.main.schedule("sendMessage.waitForTaskToken")
        ids.append(history.main.last - 1)
        if fails:
            history.main.fails("No")
    projection = history.fold()
    outcomes = [projection.settled[event_id].outcome for event_id in ids[:2]]
    assert outcomes == [Outcome.TIMED_OUT, Outcome.FAILURE]
    assert [task.event_id for task in projection.tasks] == ids[2:]


def test_every_iteration_of_a_map_has_a_task_of_its_own() -> None:
    history = History()
    tracks = map_of(history.main, "Each", 3)
    ids = [waits(track) for track in tracks]
    for number in (2, 0):
        tracks[number].then("TaskSucceeded", output=str(number))
    projection = history.fold()
    assert [task.event_id for task in projection.tasks] == [ids[1]]
    for number in (2, 0):
        assert projection.settled[ids[number]].fingerprint == success(str(number)).fingerprint()
    again = item(tracks[0].fork(), "Each", 3)
    late = waits(again)
    assert [task.event_id for task in history.fold().tasks] == [ids[1], late]


def test_a_redriven_execution_keeps_what_became_of_its_tasks() -> None:
    history = History()
    before = waits(history.main)
    history.main.then("ExecutionAborted").then("ExecutionRedriven")
    after = history.main.schedule("sendMessage.waitForTaskToken").last - 1
    projection = history.fold()
    assert projection.settled[before].outcome is Outcome.STOPPED
    assert [task.event_id for task in projection.tasks] == [after]


@pytest.mark.parametrize("resource", ["invoke", "sendMessage", "startExecution.sync:2"])
def test_a_task_that_waits_for_nobody_outside_has_no_outcome_here(resource: str) -> None:
    history = History()
    history.main.enter("Task", "Charge").schedule(resource).then("TaskSucceeded", output="{}")
    assert history.fold().settled == {}


def test_answers_that_mean_the_same_have_one_fingerprint() -> None:
    assert (
        success('{"a": 1, "b": [1.5]}').fingerprint() == success('{"b":[1.5],"a":1}').fingerprint()
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (success("1"), success("1.0")),
        (success("1"), success("true")),
        (success('"1"'), success("1")),
        (success("null"), success("{}")),
        (success("null"), failure("", "")),
        (failure("ab", "c"), failure("a", "bc")),
        (failure("a", ""), failure("", "a")),
        (TaskAnswer(Outcome.TIMED_OUT), TaskAnswer(Outcome.SUCCESS)),
    ],
)
def test_answers_that_differ_have_two(one: TaskAnswer, other: TaskAnswer) -> None:
    assert one.fingerprint() != other.fingerprint()


JSON: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def shuffled(value: Json) -> Json:
    """The same value with its keys the other way round."""
    if isinstance(value, dict):
        return {key: shuffled(value[key]) for key in reversed(value)}
    return [shuffled(item) for item in value] if isinstance(value, list) else value


@given(JSON)
def test_the_order_of_keys_and_blanks_never_matter(value: Json) -> None:
    one, other = to_json(value).decode(), to_json(shuffled(value), indent=2).decode()
    assert success(one).fingerprint() == success(other).fingerprint()


@given(JSON, JSON)
def test_one_fingerprint_means_one_value(one: Json, other: Json) -> None:
    texts = [to_json(value).decode() for value in (one, other)]
    same = success(texts[0]).fingerprint() == success(texts[1]).fingerprint()
    assert same == (spelt(one) == spelt(other))


def spelt(value: Json) -> Json:
    """Comparable so that 1, 1.0, -0.0 and True differ."""
    if isinstance(value, dict):
        return {key: spelt(item) for key, item in value.items()}
    return (
        [spelt(item) for item in value] if isinstance(value, list) else (type(value), repr(value))
    )
