import pytest

from handrail.core.errors import InvalidDefinition
from handrail.core.stand_ins.answers import Answer
from handrail.core.stand_ins.case_file import CaseFile


def test_a_case_has_an_input_stand_ins_and_what_is_to_come_of_it() -> None:
    case = CaseFile.read(
        {
            "description": "The card is declined.",
            "input": {"order": 7},
            "stand_ins": {
                "Charge": [{"raise": {"error": "CardDeclined"}}],
                "Ship": "fakes.py:ship",
            },
            "expect": {"status": "FAILED", "error": "CardDeclined", "entered": ["Charge"]},
        }
    )
    assert case.stand_ins["Charge"] == [Answer.failing("CardDeclined")]
    assert case.stand_ins["Ship"] == "fakes.py:ship"
    assert (case.expect.status, case.expect.entered) == ("FAILED", ["Charge"])


def test_an_output_of_null_is_told_from_none() -> None:
    assert CaseFile.read({"expect": {"output": None}}).expect.given("output")
    assert not CaseFile.read({"expect": {}}).expect.given("output")


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({}, "expect: Field required"),
        ([], "the case: Input should be a valid dictionary or instance of CaseFile"),
        ({"expect": {"state": "FAILED"}}, "expect.state: Extra inputs are not permitted"),
        ({"expect": {}, "mock": "x"}, "mock: Extra inputs are not permitted"),
        (
            {"expect": {}, "mocks": "MockConfigFile.json"},
            "the case: mocks and mock_case go together: a file, and a test case in it",
        ),
        (
            {"expect": {}, "stand_ins": {"A": {"raise": {}}}},
            "stand_ins.A.raise.error: Field required",
        ),
    ],
)
def test_a_mistake_is_told_by_its_path(document: object, told: str) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        CaseFile.read(document)
    assert caught.value.detail == told
