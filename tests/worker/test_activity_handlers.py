"""What a worker module may register, and what it is told when it may not."""

import functools
from typing import Any

import pytest

from handrail.core.errors import InvalidDefinition, InvalidName
from handrail.worker import Task, Worker


async def with_task(input: Any, task: Task) -> None: ...


async def without_task(input: Any) -> None: ...


def plain(input: Any, *, colour: str = "red") -> None: ...


class Callable:
    def __call__(self, input: Any, task: Task) -> None: ...


@pytest.mark.parametrize(
    ("handler", "takes_task", "is_async"),
    [
        (with_task, True, True),
        (without_task, False, True),
        (plain, False, False),
        (lambda *arguments: None, True, False),
        (Callable(), True, False),
        (functools.partial(with_task), True, True),
    ],
)
def test_a_handler_takes_the_input_and_the_task_if_it_wants(
    handler: Any, takes_task: bool, is_async: bool
) -> None:
    worker = Worker()
    worker.activity("review")(handler)
    registration = worker.registrations("dev")["review"]
    assert registration.takes_task is takes_task
    assert registration.is_async is is_async


@pytest.mark.parametrize(
    "handler",
    [lambda: None, lambda a, b, c: None, lambda *, input: None, lambda input, *, colour: None],
)
def test_a_function_that_cannot_be_called_so_is_refused(handler: Any) -> None:
    with pytest.raises(TypeError, match=r"can't be called as f\(input\)"):
        Worker().activity("review")(handler)


def test_the_decorated_function_stays_what_it_was() -> None:
    assert Worker().activity("review")(without_task) is without_task


def test_a_name_is_served_once() -> None:
    worker = Worker()
    worker.activity("review")(without_task)
    with pytest.raises(ValueError, match="review has a handler already"):
        worker.activity("review")


@pytest.mark.parametrize("heartbeat_s", [0, -1, float("nan")])
def test_a_pace_must_be_one(heartbeat_s: float) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        Worker().activity("review", heartbeat_s=heartbeat_s)


def test_names_may_hold_the_environment() -> None:
    worker = Worker()
    worker.activity("review-${ENVIRONMENT}", heartbeat_s=5)(without_task)
    found = worker.registrations("prod")["review-prod"]
    assert (found.activity, found.heartbeat_s) == ("review-prod", 5)


def test_an_arn_shows_as_its_name() -> None:
    arn = "arn:aws:states:eu-west-1:123456789012:activity:review"
    worker = Worker()
    worker.activity(arn)(without_task)
    assert worker.registrations("dev")[arn].activity == "review"


@pytest.mark.parametrize(
    ("name", "problem"), [("a b", InvalidName), ("", InvalidName), ("${X}", InvalidDefinition)]
)
def test_a_name_that_aws_would_refuse_is_refused(name: str, problem: type[Exception]) -> None:
    worker = Worker()
    worker.activity(name)(without_task)
    with pytest.raises(problem):
        worker.registrations("dev")
