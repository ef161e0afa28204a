"""`handrail dev` gives the engine its test cases, and says what needs a stand-in."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from handrail.core.definition.machine_file import MachineFile
from handrail.core.errors import InvalidRequest
from handrail.core.stand_ins.mock_file import MockFile
from handrail.entrypoints.compose_http import open_services
from handrail.entrypoints.dev import engine_config
from handrail.entrypoints.local_stand_ins import local_engine, told_of_stand_ins
from handrail.settings import Settings
from handrail.usecases.executions import NewExecution
from handrail.usecases.local_engine import LocalEngine
from handrail.usecases.machine_folder import MachineFolder, Survey
from tests.engine.engine_fixture import ROLE_ARN, Calls, one_state

MOCKS = {
    "StateMachines": {
        "mocked": {"TestCases": {"HappyPath": {"A": "Fine"}, "SadPath": {"A": "No"}}}
    },
    "MockedResponses": {
        "Fine": {"0": {"Return": {"MessageId": "m"}}},
        "No": {"0": {"Throw": {"Error": "SQS.Gone", "Cause": "away"}}},
        "Unused": {"0": {}},
    },
}
SQS = "arn:aws:states:::sqs:sendMessage"


@pytest.mark.asyncio(loop_scope="session")
async def test_a_test_case_is_started_over_the_service(calls: Calls) -> None:
    engine = calls.engine
    local = local_engine(engine, MockFile.parse(json.dumps(MOCKS), "mocks.json"), "strict")
    definition = json.dumps(one_state(Type="Task", Resource=SQS))
    created = {"name": "mocked", "definition": definition, "roleArn": ROLE_ARN}
    await calls.sfn.create_state_machine(**created)
    settings = Settings()
    config, survey = engine_config(settings, engine), Survey((), (), local)
    config = replace(config, region=engine.region)
    async with open_services(settings, config, survey) as services:
        for case, status in (("HappyPath", "SUCCEEDED"), ("SadPath", "FAILED")):
            start = NewExecution("mocked", {}, case=case)
            arn = (await services.executions.start(start)).execution.arn
            assert (await calls.ended(arn))["status"] == status
        with pytest.raises(InvalidRequest, match="It has HappyPath, SadPath"):
            await services.executions.start(NewExecution("mocked", {}, case="Other"))


@pytest.mark.asyncio(loop_scope="session")
async def test_what_stands_in_and_what_needs_to_is_told_at_the_start(calls: Calls) -> None:
    mocks = MockFile.parse(json.dumps(MOCKS, indent=1), "mocks.json")
    local = LocalEngine(lambda _: (), lambda _: (), calls.engine.assembly.loaded.handlers)
    read = {"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "End": True}
    file = MachineFile.parse('{"name": "reading-${ENVIRONMENT}"}')
    template = json.dumps({"StartAt": "Read", "States": {"Read": read}})
    engine = replace(calls.engine, folders=(MachineFolder(Path("reading"), template, file),))
    told = list(told_of_stand_ins(Settings(), engine, local, mocks))
    assert told[0] == "  test cases      mocked: HappyPath, SadPath"
    assert told[1].startswith("  mocks           mocks.json:")
    assert told[2].startswith(
        "  needs stand-in  reading-dev: Read: The embedded engine doesn't run http:invoke."
    )
