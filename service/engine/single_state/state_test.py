"""Answers TestState: runs one state on the interpreter, on a timeline of its own, so that a Wait
takes no time, and tells what came of it."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

from moto.stepfunctions.parser.backend.state_machine import TestStateMachine

from handrail.core.models import Json
from handrail.engine.errors import AwsError
from handrail.engine.stand_ins.output_shapes import OutputChecks
from handrail.engine.step_functions.account import AccountRegion, Output, Request
from handrail.engine.step_functions.live_execution import LiveExecution
from handrail.engine.step_functions.validation import check_definition
from handrail.engine.virtual_clock.clock import going_by
from handrail.engine.virtual_clock.timeline import Timeline

from .state_inspection import InspectedStandIns, StateInspection
from .tested_state import TestedState, read_tested_state

_WHERE = re.compile(r"An error occurred while executing the state '.*' \(entered .*#\d+\)\. ")
_NUMBERS = {"maxConcurrency", "toleratedFailureCount", "toleratedFailurePercentage"}
LONGEST = timedelta(minutes=5)


def test_state(account: AccountRegion, request: Request) -> Output:
    """Raises InvalidDefinition, ValidationException, InvalidExecutionInput."""
    state = read_tested_state(request)
    check_definition(state.definition, "STANDARD")
    inspection = StateInspection(
        state.name,
        state.raw,
        state.jsonata,
        context=state.context,
        attempts=state.attempts,
        mocked=state.mock if state.raw.get("Type") in {"Map", "Parallel"} else None,
    )
    timeline = Timeline()
    with going_by(timeline):
        execution = _TestedExecution(account, state, inspection)
        execution.start()
    try:
        if not timeline.until(execution.done):
            raise AwsError("ValidationException", "The state waits for what nobody will answer")
        return _answer(state, inspection, execution)
    finally:
        execution.stop(None, None)
        timeline.close()


class _TestedExecution(LiveExecution):
    """No account lists it."""

    def __init__(
        self, account: AccountRegion, state: TestedState, inspection: StateInspection
    ) -> None:
        name, machine = str(uuid4()), f"TestState-{uuid4()}"
        arn = account.arn("stateMachine", machine)
        mocks = {state.name: state.mock} if state.mock and inspection.mocked is None else {}
        self._variables = state.variables
        super().__init__(
            name=name,
            sm_type="STANDARD",
            role_arn=state.role_arn,
            exec_arn=account.arn("express", machine, name),
            account_id=account.id,
            region_name=account.region,
            state_machine=TestStateMachine(machine, arn, state.definition, state.role_arn),
            account=account,
            activity_store=account.activities,
            input_data=state.input,
            qualifiers={},
            stand_ins=InspectedStandIns(mocks, OutputChecks.NONE, inspection=inspection),
            case=None,
        )

    def _make_environment(self, first_state: str) -> Any:
        env = super()._make_environment(first_state)
        del env.states.context_object.context_object_data["Execution"]["RedriveCount"]
        for name, value in self._variables.items():
            env.variable_store.set(name, value)
        return env

    @property
    def variables(self) -> Mapping[str, Json]:
        return dict(self.exec_worker.env.variable_store._inner_scope)


def _answer(state: TestedState, inspection: StateInspection, execution: _TestedExecution) -> Output:
    described = execution.described()
    answer: dict[str, Json] = {}
    if described["status"] == "SUCCEEDED":
        answer = {"status": "SUCCEEDED", "output": _text(json.loads(described["output"]))}
        entered = [
            event["stateEnteredEventDetails"]["name"]
            for event in execution.history.events()
            if event.get("stateEnteredEventDetails")
        ]
        answer["nextState"] = entered[1] if len(entered) > 1 else None
    if described["status"] != "SUCCEEDED" or inspection.caught:
        answer["status"] = "CAUGHT_ERROR" if inspection.caught else "FAILED"
        if inspection.retriable:
            answer["status"] = "RETRIABLE"
        error, cause = inspection.error or (described["error"], described["cause"])
        answer["error"] = error
        answer["cause"] = cause and _WHERE.sub("", cause)
    if state.level != "INFO":
        answer["inspectionData"] = _data(inspection, execution)
    return answer


def _data(inspection: StateInspection, execution: _TestedExecution) -> dict[str, Json]:
    found = {
        key: value if key in _NUMBERS else _text(value) for key, value in inspection.data.items()
    }
    if variables := execution.variables:
        found["variables"] = _text(variables)
    if inspection.details:
        found["errorDetails"] = inspection.details
    return found


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
