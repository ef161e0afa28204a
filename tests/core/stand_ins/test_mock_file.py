import json

import pytest

from handrail.core.errors import InvalidDefinition
from handrail.core.stand_ins.answers import Answer, NoAnswerLeft, TaskCall
from handrail.core.stand_ins.mock_file import MockFile


def parse(responses: object, states: object = None) -> MockFile:
    cases = {"Case": states if states is not None else {"Call": "Some"}}
    document = {"StateMachines": {"Machine": {"TestCases": cases}}, "MockedResponses": responses}
    return MockFile.parse(json.dumps(document, indent=1), "mocks.json")


def answers(file: MockFile, *numbers: int) -> list[Answer]:
    mocked = file.cases["Machine"]["Case"]["Call"]
    return [mocked.answer(TaskCall(1, 1, number + 1)) for number in numbers]


def left(file: MockFile, number: int) -> str:
    with pytest.raises(NoAnswerLeft) as caught:
        answers(file, number)
    return str(caught.value)


def test_responses_are_numbered_by_the_calls_of_the_state() -> None:
    failing = {"Throw": {"Error": "E", "Cause": "c"}}
    file = parse({"Some": {"3": {"Return": None}, "0": {"Return": [1]}, "1-2": failing}})
    assert answers(file, 0, 1, 2, 3) == [
        Answer.of([1]),
        Answer.failing("E", "c"),
        Answer.failing("E", "c"),
        Answer.of(None),
    ]
    assert file.problems == ()


def test_a_number_without_a_response_has_no_answer() -> None:
    said = "has no answer left. The mocked response Some says nothing of number 1"
    assert left(parse({"Some": {"0": {"Return": {}}}}), 1) == said


def test_what_no_execution_reaches_does_no_harm_and_is_told() -> None:
    file = parse(
        {
            "Some": {"0": {"Return": 1}, "one": {"Return": 2}, "2": {}, "3": {"Throw": {}}},
            "Empty": {},
            "Unused": [],
        }
    )
    assert answers(file, 0) == [Answer.of(1)]
    assert file.problems == (
        'mocks.json:16: Some one: it is no number of a call, such as "0" or "1-2"',
        "mocks.json:19: Some 2: it needs either Return or Throw",
        "mocks.json:20: Some 3: Throw needs an Error and a Cause, both texts",
        "mocks.json:25: Unused is no JSON object",
    )
    assert left(file, 2).endswith(f"; {'; '.join(file.problems[:3])}")


def test_a_state_may_name_a_response_that_is_not_there_until_it_is_entered() -> None:
    file = parse({}, {"Call": "Missing"})
    problem = "mocks.json:6: Call: there is no mocked response 'Missing'"
    assert file.problems == (problem,)
    assert problem in left(file, 0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{\n"StateMachines": {,}}', "m.json:2:19: is not JSON: "),
        ('{"a": NaN}', "m.json: is not JSON: NaN is no JSON value."),
        ("[]", "m.json:1: The file is no JSON object."),
        ("{}", "m.json:1: The file has no StateMachines."),
        ('{"StateMachines": {},\n"MockedResponses": []}', "m.json:2: MockedResponses is no JSON"),
        (
            '{"MockedResponses": {},\n"StateMachines": {\n"M": {}}}',
            "m.json:3: StateMachines M has no TestCases.",
        ),
        (
            '{"MockedResponses": {},\n"StateMachines": {\n"M": {"TestCases": {\n"C": 1}}}}',
            "m.json:4: C is no JSON object.",
        ),
    ],
)
def test_a_file_that_is_no_such_file_is_refused_with_its_line(text: str, told: str) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        MockFile.parse(text, "m.json")
    assert caught.value.detail.startswith(told)
