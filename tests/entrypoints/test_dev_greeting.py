"""What whoever starts `handrail dev` is told."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from handrail.core.definition.machine_file import MachineFile
from handrail.core.stand_ins.mock_file import MockFile
from handrail.entrypoints.dev_greeting import greeting
from handrail.usecases.deploy import Deployed
from handrail.usecases.local_engine import LocalEngine
from handrail.usecases.machine_folder import FolderProblem, MachineFolder, Survey

ENGINE: Any = SimpleNamespace(
    endpoint_url="http://127.0.0.1:4566",
    region="us-east-1",
    account_id="123456789012",
    loaded=SimpleNamespace(path=Path("mine"), known={"ENVIRONMENT": "dev"}),
)


def lines(survey: Survey, **options: Any) -> list[str]:
    arn = "arn:aws:states:us-east-1:123456789012:"
    deployed = [
        Deployed(name, "created", f"{arn}{kind}:{name}")
        for name, kind in (("orders", "stateMachine"), ("clerk", "activity"))
    ]
    served = deployed if survey.folders else ()
    return list(greeting("http://127.0.0.1:8000", ENGINE, served, survey, **options))


def test_whoever_starts_it_is_told_what_is_served_and_what_cannot_be() -> None:
    notes = ("the function pay isn't run here: it runs on nodejs20.x",)
    orders = MachineFolder(Path("t.yaml"), "{}", MachineFile(name="orders"), notes=notes)
    problem = FolderProblem(Path("mine/refunds"), "Nothing of the kind.", state="Pay")
    said = lines(Survey([orders], [problem]))
    assert said == [
        "  page            http://127.0.0.1:8000/",
        "  documents       http://127.0.0.1:8000/docs",
        "  engine          http://127.0.0.1:4566 (us-east-1)",
        "  state machines  orders",
        "  activities      clerk (see docs/workers.md)",
        "  to know         orders: the function pay isn't run here: it runs on nodejs20.x",
        "  left out        mine/refunds: Pay: Nothing of the kind.",
        "  Ctrl-C ends it.",
    ]


def test_the_queue_of_callbacks_is_said_where_there_is_one() -> None:
    url = "http://127.0.0.1:4566/123456789012/callbacks"
    [said] = [line for line in lines(Survey([]), callbacks=url) if "callbacks" in line]
    assert said.startswith(f"  callbacks       {url} (a queue;")


def test_where_nothing_is_found_it_says_what_was_looked_for() -> None:
    said = lines(Survey([]))
    assert "  state machines  none" in said
    [found] = [line for line in said if line.startswith("  nothing found")]
    assert all(name in found for name in ("mine", "definition.asl.json", "template", "serverless"))
    assert "`handrail init`" in said[-2]
    assert not any("cdk synth" in line for line in said)


def test_a_cdk_project_is_to_be_synthesised_first(tmp_path: Path) -> None:
    (tmp_path / "cdk.json").write_text("{}")
    engine: Any = SimpleNamespace(**{**vars(ENGINE), "loaded": SimpleNamespace(path=tmp_path)})
    assert any("`cdk synth`" in line for line in greeting("http://x", engine, (), Survey([])))


def test_tasks_that_nobody_answers_and_test_cases_are_told() -> None:
    resource = "arn:aws:states:::aws-sdk:textract:analyzeDocument"
    task = {"Type": "Task", "Resource": resource, "End": True}
    text = json.dumps({"StartAt": "Read", "States": {"Read": task}})
    file = MachineFile(name="orders")
    orders = MachineFolder(Path("t.yaml"), text, file, described_in="Orders.machine.json")
    local = LocalEngine(lambda _: (), lambda _: (), ())
    machines: Any = {"orders": {"TestCases": {"Happy": {}, "Sad": {}}}}
    mocks = {"StateMachines": machines, "MockedResponses": {}}
    said = lines(
        Survey([orders], (), local),
        mocks=MockFile.parse(json.dumps(mocks), "mocks.json"),
        time_scale=60.0,
    )
    assert "  time            60 times as fast, also in what it shows" in said
    assert "  test cases      orders: Happy, Sad" in said
    [needed] = [line for line in said if line.startswith("  needs stand-in  orders: Read: ")]
    assert "textract:analyzeDocument" in needed
    assert needed.endswith('Orders.machine.json: "stand_ins": {"Read": {"return": …}}')
