"""What every problem says, and when to come back."""

import pytest

from handrail.core.errors import Unavailable
from handrail.core.protocol.problem import Refusal, problem_document, retry_after


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "1"), (0, "1"), (0.2, "1"), (1.0, "1"), (1.2, "2"), (4.5, "5"), (30, "30")],
)
def test_retry_after_is_whole_seconds_and_never_too_few(seconds: float | None, text: str) -> None:
    assert retry_after(seconds) == text


def test_a_refusal_and_an_error_make_the_same_problem() -> None:
    error = Unavailable("Not now.")
    refusal = Refusal(error.status, error.code, error.title, "Not now.", retryable=True)
    problem = problem_document(error, request_id="r1")
    assert problem == problem_document(refusal, request_id="r1")
    assert problem == {
        "type": f"urn:handrail:problem:{error.code}",
        "title": error.title,
        "status": 503,
        "detail": "Not now.",
        "code": error.code,
        "retryable": True,
        "request_id": "r1",
    }
