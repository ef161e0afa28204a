import json

import pytest

from handrail.core.definition.machine_file import MachineFile
from handrail.engine.stand_ins.stand_in_hint import stand_in_hint


@pytest.mark.parametrize(
    ("resource", "answer"),
    [
        ("aws-sdk:bedrockruntime:invokeModel", {"Body": "…", "ContentType": "…"}),
        ("aws-sdk:translate:translateText.waitForTaskToken", {}),
        ("codebuild:startBuild.sync", {}),
        ("http:invoke", {}),
    ],
)
def test_a_line_can_be_copied_into_machine_json(resource: str, answer: object) -> None:
    said = stand_in_hint('Say "hi"', f"arn:aws:states:::{resource}")
    line = said.removeprefix("Give it an answer in machine.json: ")
    file = MachineFile.parse(f'{{"name": "m", {line}}}')
    assert json.loads(f"{{{line}}}") == {"stand_ins": {'Say "hi"': {"return": answer}}}
    assert list(file.stand_ins) == ['Say "hi"']
