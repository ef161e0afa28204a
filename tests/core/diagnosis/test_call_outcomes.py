import pytest

from handrail.core.diagnosis.call_outcomes import CallResult, Obstacle

from .outcomes import FINE, ended


@pytest.mark.parametrize("result", list(CallResult))
def test_every_end_of_a_call_has_its_words(result: CallResult) -> None:
    outcome = ended(result, "SomeCode", operation="Ask", obstacle=Obstacle.CLOSED)

    assert "Ask" in outcome.why or "SomeCode" in outcome.why or "states.example.com" in outcome.why


def test_only_silence_is_out_of_reach() -> None:
    away = {each for each in CallResult if ended(each).out_of_reach}

    assert away == {CallResult.SLOW, CallResult.UNREACHABLE}
    assert FINE.answered
