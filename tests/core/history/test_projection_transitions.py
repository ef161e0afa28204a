"""State transitions, counted by hand.

AWS bills each state entered and each retry (https://aws.amazon.com/step-functions/pricing/), each
redrive and each state that it runs again
(https://docs.aws.amazon.com/step-functions/latest/dg/concepts-transitions.html).
"""

import pytest

from handrail.core.history.projection import Projection
from handrail.core.models import HistoryEvent
from tests.core.histories import History, Recording, item, map_of, recordings

TASK_RETRIED = """
 1 ExecutionStarted
 2 TaskStateEntered            1  InvokeLambdaWithRetry
 3 LambdaFunctionScheduled
 4 LambdaFunctionStarted
 5 LambdaFunctionFailed
 6 LambdaFunctionScheduled     2  its first retry
 7 LambdaFunctionStarted
 8 LambdaFunctionFailed
 9 LambdaFunctionScheduled     3  its second
10 LambdaFunctionStarted
11 LambdaFunctionFailed
12 LambdaFunctionScheduled     4  its third
13 LambdaFunctionStarted
14 LambdaFunctionFailed
15 TaskStateExited
16 PassStateEntered            5  HandleError, by the Catch
17 PassStateExited
18 ExecutionSucceeded
"""
MAP_RETRIED = """
 1 ExecutionStarted
 2 PassStateEntered            1  StartState
 3 PassStateExited
 4 MapStateEntered             2  MapState
 5 MapStateStarted
 6 MapIterationStarted
 7 FailStateEntered            3  HandleItemFail
 8 MapIterationFailed
 9 MapStateStarted             4  MapState's first retry
10 MapIterationStarted
11 FailStateEntered            5  HandleItemFail
12 MapIterationFailed
13 MapStateStarted             6  its second
14 MapIterationStarted
15 FailStateEntered            7  HandleItemFail
16 MapIterationFailed
17 MapStateStarted             8  its third
18 MapIterationStarted
19 FailStateEntered            9  HandleItemFail
20 MapIterationFailed
21 MapStateFailed
22 ExecutionFailed
"""
LOOP = """
 1 ExecutionStarted
 2 PassStateEntered            1  SetupInitialCondition
 3 PassStateExited
 4 TaskStateEntered            2  TaskStateCatchRetry
 5 LambdaFunctionScheduled
 6 LambdaFunctionStarted
 7 LambdaFunctionSucceeded
 8 TaskStateExited
 9 ChoiceStateEntered          3  IsComplete
10 ChoiceStateExited
11 WaitStateEntered            4  WaitState
12 WaitStateExited
13 PassStateEntered            5  CorrectCondition
14 PassStateExited
15 TaskStateEntered            6  TaskStateCatchRetry, again
16 LambdaFunctionScheduled
17 LambdaFunctionStarted
18 LambdaFunctionSucceeded
19 TaskStateExited
20 ChoiceStateEntered          7  IsComplete, again
21 ChoiceStateExited
22 SucceedStateEntered         8  SuccessState
23 SucceedStateExited
24 ExecutionSucceeded
"""
BY_HAND = {
    "lambda-invoke-with-retry-base": TASK_RETRIED,
    "map-state-retry-multiple-retriers": MAP_RETRIED,
    "comments-as-per-docs": LOOP,
}
"""Three recorded histories: their events, and each transition with its number."""


def listed(events: tuple[HistoryEvent, ...]) -> list[tuple[int, str, int]]:
    """Each event's id and type, and the transitions until then."""
    projection, found = Projection(), list[tuple[int, str, int]]()
    for event in events:
        projection.fold([event])
        found.append((event.id, event.type, projection.transitions))
    return found


def by_hand(listing: str) -> list[tuple[int, str, int]]:
    found, count = list[tuple[int, str, int]](), 0
    for line in listing.strip().splitlines():
        id, type_, *counted = line.split()
        count = int(counted[0]) if counted else count
        found.append((int(id), type_, count))
    return found


@pytest.mark.parametrize("recording", recordings())
def test_a_recorded_execution_s_transitions_are_those_counted_by_hand(recording: Recording) -> None:
    if (listing := BY_HAND.get(recording.name)) is not None:
        assert listed(recording.events) == by_hand(listing)
    entered = sum(event.type.endswith("StateEntered") for event in recording.events)
    assert listed(recording.events)[-1][2] >= entered


def test_three_are_counted_by_hand() -> None:
    assert [by_hand(listing)[-1] for listing in BY_HAND.values()] == [
        (18, "ExecutionSucceeded", 5),
        (22, "ExecutionFailed", 9),
        (24, "ExecutionSucceeded", 8),
    ]


def test_a_task_written_down_as_the_recorded_one_counts_the_same() -> None:
    history = History()
    track = history.main.enter("Task", "InvokeLambdaWithRetry")
    for _ in range(4):
        track.then("LambdaFunctionScheduled").then("LambdaFunctionStarted")
        track.then("LambdaFunctionFailed", error="Boom")
    track.exit("Task", "InvokeLambdaWithRetry").visit("Pass", "HandleError")
    track.then("ExecutionSucceeded")
    assert listed(tuple(history.events)) == by_hand(TASK_RETRIED)


def test_each_item_s_states_count_and_a_branch_s() -> None:
    history = History()
    for each in map_of(history.main, "Each", 3):
        each.visit("Pass", "Pack")
    history.main.exit("Map", "Each").enter("Parallel", "Both").then("ParallelStateStarted")
    history.main.fork().visit("Pass", "A")
    history.main.fork().visit("Pass", "B")
    assert history.fold().transitions == 1 + 3 + 1 + 2


def test_a_redrive_counts_and_so_does_each_state_that_it_runs_again() -> None:
    history = History()
    history.main.enter("Task", "Charge").schedule().fails().then("ExecutionFailed", error="Boom")
    assert history.fold().transitions == 1
    history.main.then("ExecutionRedriven", redriveCount=1)
    assert history.fold().transitions == 2
    history.main.schedule()
    assert history.fold().transitions == 3
    history.main.then("TaskSucceeded").exit("Task", "Charge").visit("Pass", "Ship")
    assert history.fold().transitions == 4


def test_a_redriven_map_counts_where_it_starts_anew_and_its_items_states_do() -> None:
    history = History()
    (one,) = map_of(history.main, "Each", 1)
    one.enter("Task", "Pack").schedule().fails().then("MapIterationFailed", name="Each", index=0)
    one.then("ExecutionFailed", error="Boom").then("ExecutionRedriven", redriveCount=1)
    assert history.fold().transitions == 3
    again = item(one.then("MapStateStarted", length=1), "Each", 0)
    again.enter("Task", "Pack").schedule()
    assert history.fold().transitions == 5


def test_a_distributed_map_starts_executions_of_their_own() -> None:
    history = History()
    history.main.enter("Map", "Each").then("MapStateStarted", length=9)
    assert not history.fold().starts_children
    history.main.then("MapRunStarted", mapRunArn="arn").then("MapRunSucceeded")
    projection = history.fold()
    assert projection.starts_children
    assert projection.transitions == 1
