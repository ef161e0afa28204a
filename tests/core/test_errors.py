"""The failures: facts that clients switch on."""

import re
from collections.abc import Iterator

import pytest

from handrail.core.errors import (
    FieldError,
    NotShownYet,
    RepetitionRefused,
    ServiceError,
    TaskTimedOut,
    Unavailable,
    UpstreamExpired,
    UpstreamRefused,
)


def descendants(root: type[ServiceError]) -> Iterator[type[ServiceError]]:
    for error in root.__subclasses__():
        if error.__module__ == root.__module__:
            yield error
            yield from descendants(error)


ERRORS = [*descendants(ServiceError)]


SAME: dict[type[ServiceError], type[ServiceError]] = {
    NotShownYet: Unavailable,
    RepetitionRefused: TaskTimedOut,
    UpstreamExpired: UpstreamRefused,
}
"""Those that clients needn't tell from another."""


def test_each_failure_has_a_code_of_its_own() -> None:
    codes = [error.code for error in ERRORS if error not in SAME]
    assert len(set(codes)) == len(codes)
    assert [error.code for error in SAME] == [error.code for error in SAME.values()]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_a_failure_can_be_answered_with(error: type[ServiceError]) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", error.code)
    assert error.title
    assert 400 <= error.status < 600
    assert not error.retryable or error.status in {429, 503, 504}


def test_a_failure_says_its_detail_and_has_facts_of_its_own() -> None:
    error, other = ServiceError("Gone.", errors=[FieldError("a.b", "broken")]), ServiceError("x")
    assert str(error) == error.detail == "Gone."
    assert error.errors == (FieldError("a.b", "broken"),)
    other.facts["at"] = "now"
    assert error.facts == {}
