"""Who answered, written into the output where the state machine's author asks for it."""

import json

import pytest

from handrail.core.definition.answered_by import with_answerer
from handrail.core.errors import InvalidOutput
from handrail.core.history.outcomes import NOBODY, Answerer, Outcome, TaskAnswer
from handrail.core.limits import MAX_PAYLOAD_BYTES

ADA = Answerer("ada@example.com")
HER_LINK = Answerer("ada@example.com", sole=True)


def written(output: str, by: Answerer = HER_LINK) -> str:
    return with_answerer(TaskAnswer(Outcome.SUCCESS, output), "approved_by", by).output


@pytest.mark.parametrize(
    ("output", "with_ada"),
    [
        ("{}", '{"approved_by": "ada@example.com"}'),
        (' {"a": 1.10 } ', '{"a": 1.10, "approved_by": "ada@example.com"}'),
        (
            '{"n": 12345678901234567890}',
            '{"n": 12345678901234567890, "approved_by": "ada@example.com"}',
        ),
    ],
)
def test_the_rest_of_the_output_stays_as_it_was_written(output: str, with_ada: str) -> None:
    assert written(output) == with_ada


def test_where_nobody_is_named_it_is_null() -> None:
    assert json.loads(written("{}", NOBODY)) == {"approved_by": None}
    assert json.loads(written("{}", Answerer('"}'))) == {"approved_by": '"}'}


def test_nobody_asks_for_it_nothing_is_written() -> None:
    answer = TaskAnswer(Outcome.SUCCESS, " [1]")
    assert with_answerer(answer, None, HER_LINK) is answer


def test_a_failure_has_no_place_for_it() -> None:
    answer = TaskAnswer(Outcome.FAILURE, error="E", cause="c")
    assert with_answerer(answer, "approved_by", HER_LINK) is answer


def test_a_caller_of_the_api_may_know_better() -> None:
    """A bot that answers for people names them."""
    output = '{"approved_by": "grace"}'
    assert written(output, ADA) == output


@pytest.mark.parametrize("claimed", ['"grace"', "null", '["ada@example.com"]'])
def test_the_holder_of_a_link_can_name_nobody_else(claimed: str) -> None:
    with pytest.raises(InvalidOutput) as refused:
        written(f'{{"approved_by": {claimed}}}')
    assert [error.path for error in refused.value.errors] == ["output.approved_by"]
    assert written('{"approved_by": "ada@example.com"}') == '{"approved_by": "ada@example.com"}'


@pytest.mark.parametrize("output", ["null", "[]", '"{}"', "1"])
def test_an_output_without_room_for_it_is_refused(output: str) -> None:
    with pytest.raises(InvalidOutput):
        written(output)


def test_it_may_make_the_output_too_large() -> None:
    with pytest.raises(InvalidOutput):
        written(json.dumps({"a": "x" * (MAX_PAYLOAD_BYTES - 20)}))
