"""What describes state machines at a path is found and read, whatever form it has."""

import json
from pathlib import Path

import pytest

from handrail.core.errors import InvalidDefinition
from handrail.core.models import MachineType
from handrail.usecases.machine_folder import FolderProblem
from handrail.usecases.machine_sources import load, load_what_can_be


def write(root: Path, name: str, *, machine: str | None, definition: str | None = "{}") -> None:
    (root / name).mkdir()
    if machine is not None:
        (root / name / "machine.json").write_text(machine)
    if definition is not None:
        (root / name / "definition.asl.json").write_text(definition)


def test_every_folder_is_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    write(tmp_path, "b", machine='{"name": "second", "type": "EXPRESS"}')
    write(tmp_path, "a", machine='{"name": "first"}', definition='{"StartAt": "${X}"}')
    first, second = load(tmp_path)
    assert (first.file.name, first.template) == ("first", '{"StartAt": "${X}"}')
    assert (second.path, second.file.type) == (tmp_path / "b", MachineType.EXPRESS)


def test_without_a_folder_there_are_no_state_machines(tmp_path: Path) -> None:
    assert load(tmp_path / "absent") == ()


def test_other_files_and_folders_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "README.md").write_text("about")
    write(tmp_path, "a", machine='{"name": "first"}')
    (tmp_path / "empty").mkdir()
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "schema.json").write_text("{}")
    assert [folder.path.name for folder in load(tmp_path)] == ["a"]


@pytest.mark.parametrize(
    ("machine", "definition", "problem"),
    [
        ('{"name": "x",\n  "type" "EXPRESS"}', "{}", r"m/machine\.json:2:10: is not JSON"),
        ('{"name": "x", "tpye": "EXPRESS"}', "{}", r"m/machine\.json: tpye: Extra inputs"),
        ('{"name": "x", "type": "FAST"}', "{}", r"m/machine\.json: type: .*STANDARD"),
        ('{"name": "x"}', None, r"m/definition\.asl\.json: is missing"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_its_place(
    tmp_path: Path, machine: str | None, definition: str | None, problem: str
) -> None:
    write(tmp_path, "m", machine=machine, definition=definition)
    with pytest.raises(InvalidDefinition, match=problem) as caught:
        load(tmp_path)
    assert "\n" not in caught.value.detail


def test_a_file_that_describes_nothing_says_what_was_looked_for(tmp_path: Path) -> None:
    (file := tmp_path / "package.json").write_text('{"StartAt": "here"}')
    with pytest.raises(
        InvalidDefinition, match=r"package\.json: describes no state machine: it has"
    ):
        load(file)


def test_what_cannot_be_read_is_told_and_the_rest_is_there(tmp_path: Path) -> None:
    write(tmp_path, "good", machine='{"name": "x"}')
    write(tmp_path, "odd näme", machine='{"name": "odd"}')
    write(tmp_path, "colon", machine='{"name" "x"}')
    write(tmp_path, "empty", machine=None, definition=None)
    write(tmp_path, "yaml", machine='{"name": "x"}', definition=None)
    (tmp_path / "yaml" / "definition.asl.yaml").write_text("StartAt: A")
    write(tmp_path, "poem", machine='{"name": "x"}', definition=None)
    (tmp_path / "poem" / "definition.asl.yaml").write_text("StartAt: [")
    write(tmp_path, "code", machine=None, definition=None)
    (tmp_path / "code" / "shared.py").write_text("")
    (tmp_path / "_held").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    problems: list[FolderProblem] = []
    loaded = load_what_can_be(tmp_path, problems.append)
    assert [folder.path.name for folder in loaded] == ["good", "odd näme", "yaml"]
    assert {problem.folder.name: problem.reason for problem in problems} == {
        "colon": "machine.json:1:9: is not JSON: Expecting ':' delimiter.",
        "empty": "definition.asl.json: is missing.",
        "poem": "definition.asl.yaml:2:1: is not YAML: did not find expected node content.",
    }


PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


def test_a_folder_may_be_yaml_throughout_and_needs_no_description(tmp_path: Path) -> None:
    (tmp_path / "on call").mkdir()
    definition = (
        "StartAt: On\nStates:\n  On: {Type: Wait, Seconds: 5, Next: No}\n  No: {Type: Succeed}\n"
    )
    (tmp_path / "on call" / "definition.asl.yml").write_text(definition)
    (tmp_path / "yes").mkdir()
    (tmp_path / "yes" / "definition.asl.yaml").write_text("StartAt: ${First}")
    (tmp_path / "yes" / "machine.yaml").write_text("name: yes\nsubstitutions: {First: on}")
    on_call, yes = load(tmp_path)
    assert on_call.file.name == "on-call"
    assert json.loads(on_call.template)["States"]["On"] == {
        "Type": "Wait",
        "Seconds": 5,
        "Next": "No",
    }
    assert (yes.file.name, yes.file.substitutions) == ("yes", {"First": "on"})


def test_bare_definitions_bear_their_files_names(tmp_path: Path) -> None:
    (tmp_path / "orders.asl.json").write_text('{"StartAt": "${First}", "TimeoutSeconds": ${T}}')
    (tmp_path / "refunds.json").write_text(json.dumps(PASS))
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "audit.asl.yaml").write_text(json.dumps(PASS))
    for name, text in {
        "package.json": '{"name": "StartAt States"}',
        "event.json": json.dumps({"definition": PASS}),
        "notes.txt": json.dumps(PASS),
    }.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "other.asl.json").write_text("{}")
    (tmp_path / "events").mkdir()
    assert [found.file.name for found in load(tmp_path)] == ["orders", "refunds", "audit"]
    assert [found.file.name for found in load(tmp_path / "refunds.json")] == ["refunds"]


def test_a_machine_json_stands_for_its_folder(tmp_path: Path) -> None:
    write(tmp_path, "m", machine='{"name": "x"}')
    assert load(tmp_path / "m") == load(tmp_path / "m" / "machine.json") == load(tmp_path)


def test_of_two_forms_of_one_thing_none_is_preferred(tmp_path: Path) -> None:
    write(tmp_path, "m", machine='{"name": "x"}')
    (tmp_path / "m" / "machine.yaml").write_text("name: y")
    with pytest.raises(InvalidDefinition, match=r"machine\.json: stands beside machine\.yaml"):
        load(tmp_path)


def test_what_is_beside_a_template_is_the_template_s(tmp_path: Path) -> None:
    (tmp_path / "statemachine").mkdir()
    (tmp_path / "statemachine" / "orders.asl.json").write_text(json.dumps(PASS))
    properties = {"DefinitionUri": "statemachine/orders.asl.json"}
    resources = {"Orders": {"Type": "AWS::Serverless::StateMachine", "Properties": properties}}
    for name in ("packaged.json", "template.json"):
        (tmp_path / name).write_text(json.dumps({"Resources": resources}))
    [found] = load(tmp_path)
    assert (found.path, found.file.name) == (tmp_path / "template.json", "Orders")


def test_names_that_several_templates_leave_open_are_kept_apart(tmp_path: Path) -> None:
    for project in ("one", "two"):
        (tmp_path / project).mkdir()
        machine = {"Type": "AWS::Serverless::StateMachine", "Properties": {"Definition": PASS}}
        text = json.dumps({"Resources": {"Machine": machine}})
        (tmp_path / project / "template.json").write_text(text)
    assert [found.file.name for found in load(tmp_path)] == ["one-Machine", "two-Machine"]
    assert [found.file.name for found in load(tmp_path / "one")] == ["Machine"]
