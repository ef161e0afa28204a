import json

import pytest
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

from handrail.engine.moto_patches.patches import installed

from .task_runs import task


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [({}, 99_999_999), ({"TimeoutSeconds": 90}, 90)],
)
def test_a_heartbeat_shortens_no_task(fields: dict[str, int], seconds: int) -> None:
    definition = task("sqs:sendMessage.waitForTaskToken", {}, HeartbeatSeconds=70, **fields)
    with installed():
        program, *_ = AmazonStateLanguageParser.parse(json.dumps(definition))
    timeout = program.states.states["A"].timeout
    assert timeout.timeout_seconds == seconds
    assert timeout.is_default_value() is not bool(fields)
