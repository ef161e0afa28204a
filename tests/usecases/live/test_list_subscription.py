"""What a follower of a list holds is the list, whatever changes and whenever it reads."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.core.errors import Unavailable
from handrail.core.listing import ExecutionListing, ListedMachine, ListFilter, StatusCounts
from handrail.core.models import Execution, ExecutionId, ExecutionStatus
from handrail.core.protocol.documents import execution_document
from handrail.core.protocol.paths import PATHS
from handrail.usecases.live import ListSubscription
from tests.fakes import ACCOUNT, BEGIN

from .followers import ListClient
from .stage import decoded

LIMIT = 3
STATUSES = st.sampled_from([ExecutionStatus.RUNNING, ExecutionStatus.SUCCEEDED])


def listing(statuses: dict[int, ExecutionStatus], age_s: float = 0.0) -> ExecutionListing:
    """The newest of these executions, by number."""
    found = []
    for number in sorted(statuses, reverse=True)[:LIMIT]:
        id = ExecutionId("orders", f"n{number}")
        arn, began = ACCOUNT.execution_arn(id), BEGIN + timedelta(seconds=number)
        found.append(Execution(id, arn, statuses[number], began))
    counts = StatusCounts.of(found, None, at_least=False)
    at = BEGIN + timedelta(seconds=age_s)
    return ExecutionListing(found, at, [ListedMachine("orders", at, counts)])


class Following:
    def __init__(self) -> None:
        self.now: ExecutionListing | None = None
        self.woken = 0
        self.subscription = ListSubscription(
            "l1", ListFilter(limit=LIMIT), PATHS, self._wake, lambda: self.now
        )

    def _wake(self) -> None:
        self.woken += 1


@given(
    st.lists(
        st.tuples(st.dictionaries(st.integers(0, 9), STATUSES, max_size=6), st.booleans()),
        min_size=1,
        max_size=8,
    )
)
@settings(deadline=None)
def test_a_client_holds_the_list_whenever_it_reads(
    changes: list[tuple[dict[int, ExecutionStatus], bool]],
) -> None:
    following, client, twice = Following(), ListClient(), ListClient()
    now = listing({})
    for statuses, reads in [*changes, (changes[-1][0], True)]:
        now = following.now = listing(statuses)
        while reads and (message := following.subscription.next_message()) is not None:
            for _ in range(2):
                twice.take(decoded(message))
            client.take(decoded(message))
    expected = {str(each.id): execution_document(each, PATHS) for each in now.executions}
    assert client.executions == twice.executions == expected


def test_before_the_first_look_nothing_is_said() -> None:
    following = Following()
    assert following.subscription.next_message() is None
    following.now = listing({})
    message = following.subscription.next_message()
    assert message is not None
    assert decoded(message)["list"]["executions"] == []
    assert following.subscription.next_message() is None


def test_a_failure_that_is_tried_again_is_told_once_and_the_list_goes_on() -> None:
    following, client = Following(), ListClient()
    following.subscription.notify(Unavailable("AWS is away"))
    following.now = listing({1: ExecutionStatus.RUNNING})
    kinds = [message["type"] for message in client.take_all(following.subscription)]
    assert kinds == ["error", "subscribed"]
    assert following.woken == 1


def test_behind_a_failure_nothing_comes() -> None:
    following = Following()
    following.now = listing({1: ExecutionStatus.RUNNING})
    following.subscription.fail(Unavailable("It is over."))
    assert following.subscription.next_message() is None
    assert not following.subscription.completed


def test_leaving_twice_gives_back_once() -> None:
    following, left = Following(), list[Any]()
    following.subscription.left = lambda: left.append(1)
    following.subscription.close()
    following.subscription.close()
    assert left == [1]


def test_a_list_that_stays_as_it_is_is_told_again_every_half_minute() -> None:
    following, client = Following(), ListClient()
    heard = []
    for age_s in range(0, 91, 5):
        following.now = listing({1: ExecutionStatus.RUNNING}, float(age_s))
        heard.append(len(client.take_all(following.subscription)))
    assert [5 * i for i, count in enumerate(heard) if count] == [0, 30, 60, 90]


def test_a_count_alone_is_news() -> None:
    following, client = Following(), ListClient()
    following.now = listing({1: ExecutionStatus.RUNNING})
    client.take_all(following.subscription)
    (machine,) = following.now.machines
    more = StatusCounts({ExecutionStatus.RUNNING: 7}, at_least=True)
    following.now = replace(following.now, machines=[replace(machine, counts=more)])
    (message,) = client.take_all(following.subscription)
    assert message["list"]["counts"] == {
        "total": 7,
        "by_status": {"RUNNING": 7},
        "at_least": True,
    }
