import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from handrail.core.definition.field_errors import field_errors
from handrail.core.stand_ins.answers import Answer, NoAnswerLeft, StandIn, TaskCall, answer_of

READ: TypeAdapter[StandIn] = TypeAdapter(StandIn)
A, B, C = Answer.of("a"), Answer.of("b"), Answer.failing("C", "see")


def call(visit: int, attempt: int = 1) -> TaskCall:
    return TaskCall(visit, attempt, visit + attempt - 1)


def test_one_answer_is_for_every_visit() -> None:
    assert answer_of(A, call(9, 9)) is A


def test_a_list_has_one_answer_a_visit_for_all_its_attempts() -> None:
    assert [answer_of([A, C], call(visit, 3)) for visit in (1, 2)] == [A, C]


def test_a_list_in_a_list_has_one_answer_an_attempt_and_repeats_the_last() -> None:
    attempts = [answer_of([[C, A]], call(1, attempt)) for attempt in (1, 2, 3)]
    assert attempts == [C, A, A]


def test_a_visit_past_the_list_has_no_answer() -> None:
    with pytest.raises(NoAnswerLeft) as caught:
        answer_of([A], call(2))
    assert str(caught.value) == "has no answer for visit 2: its list has 1 answer, one a visit"


@given(st.lists(st.integers(), min_size=1), st.integers(1, 20), st.integers(1, 20))
def test_the_visit_alone_chooses_in_a_flat_list(
    results: list[int], visit: int, attempt: int
) -> None:
    stand_in = READ.validate_python([{"return": result} for result in results])
    assert not isinstance(stand_in, str)
    if visit > len(results):
        with pytest.raises(NoAnswerLeft):
            answer_of(stand_in, call(visit, attempt))
    else:
        assert answer_of(stand_in, call(visit, attempt)).result == results[visit - 1]


def test_null_is_an_answer() -> None:
    answer = READ.validate_python({"return": None})
    assert isinstance(answer, Answer)
    assert answer.returns
    assert answer.result is None


@pytest.mark.parametrize(
    ("document", "path", "message"),
    [
        (1, "it", "a stand-in is an answer, a list of answers or <file>.py:<function>"),
        ("handlers", "it", "a function reads <file>.py:<function>, the file beside the definition"),
        ({}, "it", 'an answer is {"return": …} or {"raise": {"error": …, "cause": …}}'),
        (
            {"return": 1, "raise": {"error": "E"}},
            "it",
            'an answer is {"return": …} or {"raise": {"error": …, "cause": …}}',
        ),
        (
            {"raise": None},
            "it",
            'an answer is {"return": …} or {"raise": {"error": …, "cause": …}}',
        ),
        ([{"return": 1}, {"raise": {}}], "[1].raise.error", "Field required"),
        ([[]], "[0]", "List should have at least 1 item after validation, not 0"),
        ({"returns": 1}, "returns", "Extra inputs are not permitted"),
    ],
)
def test_a_mistake_is_told_by_its_path(document: object, path: str, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        READ.validate_python(document)
    found = field_errors(caught.value, root="it")[0]
    assert (found.path, found.message) == (path, message)
