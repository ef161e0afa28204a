"""`handrail lint` says what is wrong, and its exit code whether anything is."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from handrail.cli import main

GOOD = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
DANGLING = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}


def lint(*args: str) -> Result:
    return CliRunner().invoke(main, ["lint", *args])


@pytest.fixture
def definition(tmp_path: Path) -> Path:
    return tmp_path / "definition.asl.json"


def folder(path: Path, document: object, **metadata: object) -> Path:
    path.mkdir()
    (path / "definition.asl.json").write_text(json.dumps(document))
    (path / "machine.json").write_text(
        json.dumps({"name": path.name, "type": "STANDARD", **metadata})
    )
    return path


def test_a_sound_definition_passes(definition: Path) -> None:
    definition.write_text(json.dumps(GOOD))

    result = lint(str(definition))

    assert result.exit_code == 0
    assert "1 definition, 0 errors." in result.stderr


def test_an_error_names_its_place_and_exits_1(definition: Path) -> None:
    definition.write_text(json.dumps(DANGLING))

    result = lint(str(definition))

    assert result.exit_code == 1
    assert f"{definition}:1: error unknown-target: A:" in result.stdout


@pytest.mark.parametrize("option", [["--json"], ["--format", "json"]])
def test_findings_come_as_json_lines(definition: Path, option: list[str]) -> None:
    definition.write_text(json.dumps(DANGLING))

    found = [json.loads(line) for line in lint(str(definition), *option).stdout.splitlines()]

    assert {"unknown-target"} <= {finding["code"] for finding in found}
    assert {finding["file"] for finding in found} == {str(definition)}


def test_a_folder_of_state_machines_is_checked_whole(tmp_path: Path) -> None:
    folder(tmp_path / "good", GOOD)
    folder(tmp_path / "bad", DANGLING)

    result = lint(str(tmp_path))

    assert result.exit_code == 1
    assert "2 definitions" in result.stderr
    assert str(tmp_path / "good") not in result.stdout


def test_a_finding_in_a_folder_names_the_file_and_the_line(tmp_path: Path) -> None:
    bad = folder(tmp_path / "bad", DANGLING)
    file = bad / "definition.asl.json"
    file.write_text(json.dumps(DANGLING, indent=1))

    said = lint(str(bad), "--format", "github").stdout

    assert f"::error file={file},line=6,title=unknown-target::A: " in said


def test_sarif_covers_all_that_was_asked_for(tmp_path: Path) -> None:
    folder(tmp_path / "bad", DANGLING)
    (tmp_path / "none").mkdir()

    result = lint(str(tmp_path), "--format", "sarif")

    [run] = json.loads(result.stdout)["runs"]
    assert {each["ruleId"] for each in run["results"]} >= {"unknown-target", "no-definition"}
    assert (result.exit_code, result.stderr) == (2, "")


def test_what_an_execution_costs_is_said_in_words(definition: Path) -> None:
    definition.write_text(json.dumps(GOOD))

    assert (
        f"{definition}: 1 transition, $0.025 per 1,000 executions" in lint(str(definition)).stderr
    )


def test_aws_sdk_tasks_are_held_against_the_api(definition: Path) -> None:
    task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:inventWheel", "End": True}
    definition.write_text(json.dumps({"StartAt": "A", "States": {"A": task}}))

    assert "error unknown-operation: A:" in lint(str(definition)).stdout


def test_an_account_that_was_filled_in_is_not_hard_coded(tmp_path: Path) -> None:
    def calling(account: str) -> object:
        resource = f"arn:aws:lambda:us-east-1:{account}:function:f"
        task = {"Type": "Task", "Resource": resource, "End": True}
        return {"StartAt": "A", "States": {"A": task}}

    filled = folder(tmp_path / "filled", calling("${ACCOUNT_ID}"))
    written = folder(tmp_path / "written", calling("123456789012"))

    assert "hard-coded-account" not in lint(str(filled)).stdout
    assert "hard-coded-account" in lint(str(written)).stdout


def test_one_state_machine_is_checked_as_its_type(tmp_path: Path) -> None:
    task = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken"}
    waiting = {"StartAt": "A", "States": {"A": {**task, "End": True}}}

    assert lint(str(folder(tmp_path / "express", waiting, type="EXPRESS"))).exit_code == 1


@pytest.mark.parametrize("text", ["{", "[]", '{"StartAt": "A"}'])
def test_what_is_no_definition_is_one_line_and_exit_2(definition: Path, text: str) -> None:
    definition.write_text(text)

    result = lint(str(definition))

    assert result.exit_code == 2
    line = ":1" if text == "{" else ""
    assert result.stdout.startswith(f"{definition}{line}: error no-definition: ")
    assert len(result.stdout.splitlines()) == 1


@pytest.mark.parametrize(
    ("file", "data"),
    [
        *[("definition.asl.json", data) for data in (b"{", b"\xff", b"[]", None)],
        *[("machine.json", data) for data in (b"{", b"\xff", b"[]")],
    ],
)
def test_one_that_cannot_be_read_keeps_no_other_from_being_checked(
    tmp_path: Path, file: str, data: bytes | None
) -> None:
    broken = folder(tmp_path / "broken", GOOD)
    folder(tmp_path / "dangling", DANGLING)
    (broken / file).unlink()
    if data is not None:
        (broken / file).write_bytes(data)

    result = lint(str(tmp_path), "--json")
    found = [json.loads(line) for line in result.stdout.splitlines()]

    assert result.exit_code == 2
    place = str(broken / file if data == b"{" else broken)
    assert [one["code"] for one in found if one["file"] == place] == ["no-definition"]
    assert "unknown-target" in {one["code"] for one in found}


def test_an_empty_folder_is_told_apart_from_a_sound_one(tmp_path: Path) -> None:
    assert lint(str(tmp_path)).exit_code == 2


def test_a_reader_that_went_away_is_told_apart_from_a_failure(definition: Path) -> None:
    """Not 1: that is an execution that failed."""
    definition.write_text(json.dumps(DANGLING))
    read, write = os.pipe()
    os.close(read)

    ended = subprocess.run(  # noqa: S603 our own command
        [sys.executable, "-m", "handrail", "lint", str(definition)],
        stdout=write,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(write)

    assert (ended.returncode, ended.stderr) == (141, b"")


def test_tasks_that_nobody_answers_on_the_engine_are_told(tmp_path: Path) -> None:
    resources = {
        "Read": "arn:aws:states:::aws-sdk:textract:detectDocumentText",
        "Charge": "arn:aws:lambda:us-east-1:123456789012:function:charge-dev",
        "Ship": "arn:aws:lambda:us-east-1:123456789012:function:ship-dev",
        "Ask": "arn:aws:states:::http:invoke",
    }
    states = {
        name: {"Type": "Task", "Resource": resource, "Next": following}
        for (name, resource), following in zip(
            resources.items(), [*list(resources)[1:], "Done"], strict=True
        )
    }
    document = {"StartAt": "Read", "States": {**states, "Done": {"Type": "Succeed"}}}
    known = {
        "handlers": {"charge-${ENVIRONMENT}": "h.py:charge"},
        "stand_ins": {"Ask": {"return": 1}},
    }
    result = lint(str(folder(tmp_path / "order", document, **known)))
    told = [line for line in result.stdout.splitlines() if "needs-stand-in" in line]
    assert [line.split("needs-stand-in: ")[1].partition(":")[0] for line in told] == [
        "Read",
        "Ship",
    ]
    assert 'machine.json: "stand_ins": {"Read": {"return": …}}' in told[0]
    assert "The Lambda function ship-dev has no handler." in told[1]
    assert result.exit_code == 0


def test_a_question_that_names_nothing_is_told(tmp_path: Path) -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"MessageBody": {"order.$": "$.order", "token.$": "$$.Task.Token"}},
        "TimeoutSeconds": 60,
        "End": True,
    }
    asks = {"Ask": {"title": "Ship {order}?", "show": ["order", "order_id"]}}
    document = {"StartAt": "Ask", "States": {"Ask": task}}
    result = lint(str(folder(tmp_path / "order", document, callbacks=asks)))
    assert "callbacks.Ask names order_id, which this task is never called with." in result.stdout
    assert result.stdout.count("callback-names-nothing") == 1


HOOK = {"on": ["failed"], "url": "https://hooks.example.com/T0KEN", "secret": "env:HOOK"}
DONE_AT_ONCE = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}


def test_a_webhook_s_secret_in_a_file_is_told_and_not_shown(tmp_path: Path) -> None:
    notify = [HOOK, HOOK | {"on": ["started"], "secret": "whsec_" + "QUJD" * 8}]
    result = lint(str(folder(tmp_path / "order", DONE_AT_ONCE, notify=notify)))
    assert "warning notify-secret-in-file: notify[1] holds its secret" in result.stdout
    assert result.stdout.count("notify-secret-in-file") == 1
    assert "QUJD" not in result.output
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"on": ["state:Gone.failed"]}, "machine.json: notify[0].on[0] Gone is no state's name."),
        ({"secret": None}, "machine.json: notify[0]: url: a webhook needs a secret"),
    ],
)
def test_news_that_can_t_be_told_is_an_error(
    tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    notify = [HOOK | changes]
    result = lint(str(folder(tmp_path / "order", DONE_AT_ONCE, notify=notify)))
    assert f"error no-definition: {said}" in result.stdout
    assert "T0KEN" not in result.output
    assert result.exit_code != 0


def test_a_template_s_state_machines_are_checked_each_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "statemachine").mkdir()
    text = json.dumps(DANGLING, indent=1)
    (tmp_path / "statemachine" / "b.asl.json").write_text(text)
    kind = "AWS::Serverless::StateMachine"
    machines = {
        "Inline": {"Type": kind, "Properties": {"Definition": DANGLING}},
        "Filed": {"Type": kind, "Properties": {"DefinitionUri": "statemachine/b.asl.json"}},
        "Bare": {"Type": kind, "Properties": {}},
    }
    template = tmp_path / "template.json"
    template.write_text(json.dumps({"Resources": machines}))

    result = lint(str(template))

    assert result.exit_code == 2
    found = result.stdout.splitlines()
    line = text[: text.index('"Next"')].count("\n") + 1
    assert any(each.startswith(f"{template}: error unknown-target: Inline: A:") for each in found)
    filed = f"{tmp_path}/statemachine/b.asl.json:{line}: error unknown-target: Filed: A:"
    assert any(each.startswith(filed) for each in found)
    assert f"{template}: error no-definition: Bare: the template gives it no" in result.stdout
    assert "3 definitions" in result.stderr
    [row] = [
        json.loads(one)
        for one in lint(str(template), "--json").stdout.splitlines()
        if "no-d" in one
    ]
    assert (row["file"], row["state_machine"]) == (str(template), "Bare")


def test_of_yaml_no_line_is_told_but_the_state_is(tmp_path: Path) -> None:
    (file := tmp_path / "a.asl.yaml").write_text(json.dumps(DANGLING))
    assert f"{file}: error unknown-target: A:" in lint(str(file)).stdout
