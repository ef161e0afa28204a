"""`WithFunctions=true`: the handlers beside the definitions, as Lambda runs them."""

import asyncio
import importlib
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from handrail.core.definition import substitution
from handrail.core.definition.machine_file import stage_names
from handrail.usecases import machine_sources
from handrail.usecases.machine_folder import MachineFolder
from tests.deploy.needs import states_of
from tests.deploy.templates import DEPLOY, ROOT, deployed, load

STAGE = "prod"
TEMPLATE = deployed("state-machines", Environment=STAGE)
FUNCTIONS = {each["FunctionName"]: each for _, each in TEMPLATE.of("Lambda::Function")}
ORDER = {
    "order_id": "A-1",
    "customer": "Ada",
    "amount": 80,
    "card": "tok_visa",
    "parcels": [{"id": "A-1-1"}],
}

Invoke = Callable[[str, Any], Any]


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch) -> Iterator[Invoke]:
    """A function by its name, as Lambda's Python calls it: the code's folder and the layer's
    `python` on the path, the handler's module imported anew, and called with an event and a
    context."""
    monkeypatch.setenv("HANDLER_PACE", "0")
    loops: list[asyncio.AbstractEventLoop] = []

    def invoke(name: str, event: Any) -> Any:
        function = FUNCTIONS[name]
        for variable, value in function["Environment"]["Variables"].items():
            monkeypatch.setenv(variable, value)
        paths = [str((DEPLOY / function["Code"]).resolve()), *layers(function)]
        monkeypatch.setattr(sys, "path", [*paths, *sys.path])
        for module in ("handlers", "run_handler"):
            monkeypatch.delitem(sys.modules, module, raising=False)
        module, _, attribute = function["Handler"].partition(".")
        imported = importlib.import_module(module)
        loops.append(imported._loop)
        return json.loads(json.dumps(getattr(imported, attribute)(json_of(event), object())))

    yield invoke
    for loop in loops:
        loop.close()
    for module in ("handlers", "run_handler"):
        sys.modules.pop(module, None)


def layers(function: dict[str, Any]) -> list[str]:
    """https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html"""
    return [
        str(DEPLOY / TEMPLATE.properties(layer.strip("<>"))["Content"] / "python")
        for layer in function["Layers"]
    ]


def json_of(value: Any) -> Any:
    return json.loads(json.dumps(value))


def test_the_tutorial_s_chain_runs(invoke: Invoke) -> None:
    first = invoke("first-task-prod", {"message": "Hello"})
    second = invoke("second-task-prod", first)

    assert second["message"] == "Hello"
    assert second["first_task"]["done"]
    assert second["second_task"]["done"]


def test_a_plain_function_without_a_context_runs(invoke: Invoke) -> None:
    assert invoke("look-up-price-prod", {"article": "lamp"})["price"] == "39.90"


def test_an_error_has_the_name_that_the_definition_catches(invoke: Invoke) -> None:
    payment = {"order_id": "A-1", "amount": 80, "card": "tok_declined", "attempt": 0}

    with pytest.raises(Exception, match="was declined") as raised:
        invoke("charge-card-prod", payment)

    assert type(raised.value).__name__ == "CardDeclined"


def test_a_second_event_finds_the_loop_of_the_first(invoke: Invoke) -> None:
    invoke("validate-order-prod", ORDER)
    function = sys.modules["run_handler"]

    assert [function.handler(json_of(ORDER), object()) for _ in range(2)] == [ORDER, ORDER]


@pytest.mark.parametrize(
    "folder", machine_sources.load(ROOT / "state_machines"), ids=lambda each: each.path.name
)
def test_every_handler_is_deployed_under_the_name_it_has_on_the_embedded_engine(
    folder: MachineFolder,
) -> None:
    for name, target in folder.file.handlers.items():
        function = FUNCTIONS[substitution.fill(name, stage_names(STAGE))]
        assert (DEPLOY / function["Code"]).resolve() == folder.path
        told = function["Environment"]["Variables"].get("HANDLER")
        module, _, handler = function["Handler"].partition(".")
        assert target in (told, f"{module}.py:{handler}")
        assert (folder.path / target.partition(":")[0]).is_file()


def test_the_definitions_call_the_functions_that_are_deployed() -> None:
    called = {
        argument.rpartition(":")[2]
        for _, machine in TEMPLATE.of("StepFunctions::StateMachine")
        for argument in function_arns(machine)
    }

    assert called == FUNCTIONS.keys() - {"trigger-lambda-prod"}


def function_arns(machine: dict[str, Any]) -> Iterator[str]:
    for state in states_of(machine):
        arguments = state.get("Parameters") or state.get("Arguments") or {}
        named = (state.get("Resource", ""), arguments.get("FunctionName", ""))
        yield from (each for each in named if ":function:" in each)


def test_a_prefix_is_the_functions_and_the_calls() -> None:
    template = deployed("state-machines", FunctionPrefix="team-")
    names = {each["FunctionName"] for _, each in template.of("Lambda::Function")}
    first = template.properties("Orchestration")["DefinitionSubstitutions"]["FirstTaskFunctionArn"]

    assert first == "arn:aws:lambda:eu-west-1:111122223333:function:team-first-task"
    assert "team-first-task" in names


def test_without_them_no_function_is_there() -> None:
    bare = deployed("state-machines", WithFunctions="false")

    assert load("state-machines")["Parameters"]["WithFunctions"]["Default"] == "false"
    for type in ("Lambda::Function", "Lambda::LayerVersion"):
        assert not list(bare.of(type))
    assert "TriggerFunctionArn" not in bare.outputs
