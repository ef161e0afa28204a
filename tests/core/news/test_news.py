"""Which error a news tells."""

from handrail.core.news.news import StateFailure

from .made_news import news

FAILURES = (
    StateFailure("state:Pay.failed", "Inner", "pay broke"),
    StateFailure("state:Each.failed", "Outer", "each broke"),
)


def test_an_end_tells_the_execution_s_own_error() -> None:
    told = news(failures=FAILURES)
    assert told.failure_of(("failed", "state:Pay.failed")) == ("Declined", "No money.")


def test_a_state_s_news_tells_the_state_s() -> None:
    told = news(failures=FAILURES)
    assert told.failure_of(("state:Each.failed",)) == ("Outer", "each broke")
    assert told.failure_of(("state:Pay.failed", "state:Each.failed")) == ("Inner", "pay broke")
    assert told.failure_of(("state:Pay.entered",)) == (None, None)


def test_payloads_and_causes_stay_out_of_its_repr() -> None:
    told = repr(news(output="OUTPUT", failures=FAILURES))
    assert not any(text in told for text in ('"order"', "OUTPUT", "No money", "pay broke"))
