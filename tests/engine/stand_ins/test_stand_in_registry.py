from collections.abc import Iterator

import pytest

from handrail.core.stand_ins.answers import Answer
from handrail.core.stand_ins.mock_file import MockFile
from handrail.engine.functions import HandlerFunctions
from handrail.engine.machine_loading import LoadedFunction, LoadedStandIn
from handrail.engine.stand_ins.stand_in_registry import StandInRegistry, UnknownCase, python_called
from handrail.engine.stand_ins.stand_in_visits import PythonStandIn

OURS, THEIRS = Answer.of("ours"), Answer.of("theirs")


@pytest.fixture
def functions() -> Iterator[HandlerFunctions]:
    with HandlerFunctions({}, arn_prefix="arn:") as running:
        yield running


def test_a_case_goes_before_its_state_machine() -> None:
    registry = StandInRegistry({"M": {"A": OURS, "B": OURS}})
    registry.add_case("M", "C", {"A": THEIRS})
    assert registry.of_execution("M", None).stand_ins == {"A": OURS, "B": OURS}
    assert registry.of_execution("M", "C").stand_ins == {"A": THEIRS, "B": OURS}


def test_mocks_are_cases_of_the_machines_they_name() -> None:
    text = '{"StateMachines": {"M": {"TestCases": {"C": {"A": "R"}}}}, "MockedResponses": {}}'
    registry = StandInRegistry()
    registry.add_mocks(MockFile.parse(text, "mocks.json"))
    assert list(registry.of_execution("M", "C").stand_ins) == ["A"]
    for machine, case in (("M", "D"), ("N", "C")):
        with pytest.raises(UnknownCase, match=f"{machine} has no test case {case}"):
            registry.of_execution(machine, case)


def test_a_case_may_be_taken_back() -> None:
    registry = StandInRegistry()
    registry.add_case("M", "C", {})
    registry.remove_case("M", "C")
    registry.remove_case("M", "C")
    with pytest.raises(UnknownCase):
        registry.of_execution("M", "C")


def test_functions_are_called_as_handlers_are(functions: HandlerFunctions) -> None:
    async def later(arguments: str, context: str) -> str:
        return arguments + context

    loaded: dict[str, dict[str, LoadedStandIn]] = {
        "M": {
            "A": LoadedFunction("f.py:plain", lambda arguments: arguments),
            "B": LoadedFunction("f.py:later", later),
            "C": OURS,
        }
    }
    called = python_called(loaded, functions)["M"]
    plain, async_ = called["A"], called["B"]
    assert isinstance(plain, PythonStandIn)
    assert isinstance(async_, PythonStandIn)
    assert (plain.name, plain.call("a", "b"), async_.call("a", "b")) == ("f.py:plain", "a", "ab")
    assert called["C"] is OURS
