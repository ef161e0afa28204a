"""`deploy/state-machines.yaml` deploys what is in `state_machines/`, as `handrail deploy` would."""

import json
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint as cfn_lint  # type: ignore[import-untyped] # it has no types

from handrail.core.definition import substitution
from handrail.core.definition.definition import Definition
from handrail.core.definition.lint import lint
from handrail.core.definition.lint.findings import Severity
from handrail.core.definition.machine_file import known_names
from handrail.core.models import Account, MachineType
from handrail.usecases import machine_sources
from handrail.usecases.machine_folder import MachineFolder
from tests.deploy.needs import states_of
from tests.deploy.templates import PSEUDO, ROOT, Template, deployed

FOLDERS = machine_sources.load(ROOT / "state_machines")
ACCOUNT = Account(PSEUDO["AWS::Partition"], PSEUDO["AWS::Region"], PSEUDO["AWS::AccountId"])
KNOWN = known_names(ACCOUNT, "dev")
MADE = {
    "<ApprovalQueue>": "https://sqs.eu-west-1.amazonaws.com/111122223333/order-approvals",
    "<DocumentReviewActivity>": "arn:aws:states:eu-west-1:111122223333:activity:document-review",
}
"""What a reference to these resources is once they're deployed."""

each_folder = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.path.name)


@pytest.fixture(scope="module")
def template() -> Template:
    return deployed("state-machines")


def machine_of(template: Template, folder: MachineFolder) -> dict[str, Any]:
    path = f"../state_machines/{folder.path.name}/definition.asl.json"
    (found,) = [
        machine
        for _, machine in template.of("StepFunctions::StateMachine")
        if machine["DefinitionS3Location"] == path
    ]
    return found


def test_every_state_machine_is_deployed(template: Template) -> None:
    assert len(list(template.of("StepFunctions::StateMachine"))) == len(FOLDERS)


@each_folder
def test_name_and_type_are_the_files_own(template: Template, folder: MachineFolder) -> None:
    machine = machine_of(template, folder)

    assert machine["StateMachineName"] == substitution.fill(folder.file.name, KNOWN)
    assert machine["StateMachineType"] == folder.file.type.value


@each_folder
def test_every_substitution_is_given_and_no_other(
    template: Template, folder: MachineFolder
) -> None:
    given = machine_of(template, folder)["DefinitionSubstitutions"]

    assert set(given) == set(substitution.names(folder.template))


@each_folder
def test_substitutions_are_the_values_the_file_has(
    template: Template, folder: MachineFolder
) -> None:
    given = machine_of(template, folder)["DefinitionSubstitutions"]

    values = {name: f"${{{name}}}" for name in KNOWN} | folder.file.substitutions
    assert {name: MADE.get(value, value) for name, value in given.items()} == {
        name: substitution.fill(values[name], KNOWN) for name in given
    }


@each_folder
def test_what_the_file_names_besides_is_made(template: Template, folder: MachineFolder) -> None:
    queues = {queue["QueueName"] for _, queue in template.of("SQS::Queue")}
    activities = {activity["Name"] for _, activity in template.of("StepFunctions::Activity")}

    assert {substitution.fill(name, KNOWN) for name in folder.file.queues} <= queues
    assert {substitution.fill(name, KNOWN) for name in folder.file.activities} <= activities


@each_folder
def test_every_state_is_logged_without_what_it_holds(
    template: Template, folder: MachineFolder
) -> None:
    logging = machine_of(template, folder)["LoggingConfiguration"]

    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", False)


@each_folder
def test_the_role_is_of_this_state_machine_alone(template: Template, folder: MachineFolder) -> None:
    machine = machine_of(template, folder)
    role = template.properties(machine["RoleArn"].removeprefix("<").removesuffix(".Arn>"))
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]

    assert statement["Condition"]["ArnLike"] == {
        "aws:SourceArn": "arn:aws:states:eu-west-1:111122223333:stateMachine:"
        + machine["StateMachineName"]
    }


def test_outputs_name_every_state_machine_and_the_executions_that_can_be_read(
    template: Template,
) -> None:
    ids = dict(template.of("StepFunctions::StateMachine"))
    standard = [id for id, each in ids.items() if each["StateMachineType"] == MachineType.STANDARD]

    assert set(template.outputs["StateMachineArns"].split(",")) == {f"<{id}>" for id in ids}
    assert set(template.outputs["ExecutionArns"].split(",")) == {
        f"arn:aws:states:eu-west-1:111122223333:execution:<{id}.Name>:*" for id in standard
    }


def test_outputs_name_whose_tasks_wait(template: Template) -> None:
    waiting = set()
    for id, machine in template.of("StepFunctions::StateMachine"):
        for state in states_of(machine):
            resource = state.get("Resource", "")
            if resource.endswith(".waitForTaskToken"):
                waiting.add(f"<{id}>")
            elif resource == "<DocumentReviewActivity>":
                waiting.add(resource)

    assert set(template.outputs["TaskArns"].split(",")) == waiting


@each_folder
def test_cfn_lint_finds_nothing_in_the_definition(
    template: Template, folder: MachineFolder
) -> None:
    assert cfn_lint(inlined(template, folder)) == []


def test_cfn_lint_would_find_something(template: Template) -> None:
    broken = json.loads(inlined(template, FOLDERS[0]))
    states = broken["Resources"]["Machine"]["Properties"]["Definition"]["States"]
    next(iter(states.values()))["Type"] = "Tusk"

    assert cfn_lint(json.dumps(broken))


@each_folder
def test_our_own_lint_finds_no_error_in_the_definition(
    template: Template, folder: MachineFolder
) -> None:
    given = machine_of(template, folder)["DefinitionSubstitutions"]
    definition = Definition.parse(substitution.substitute(folder.template, given))

    assert [found for found in lint(definition) if found.severity is Severity.ERROR] == []


def inlined(template: Template, folder: MachineFolder) -> str:
    """A template with the definition inside, where cfn-lint looks at it: in a service integration
    it takes the partition `aws` alone."""
    given = dict(machine_of(template, folder)["DefinitionSubstitutions"])
    text = folder.template.replace("${PARTITION}", given.pop("PARTITION", ""))
    machine = {
        "Definition": json.loads(text),
        "DefinitionSubstitutions": {name: MADE.get(text, text) for name, text in given.items()},
        "RoleArn": "arn:aws:iam::111122223333:role/executions",
        "StateMachineType": folder.file.type.value,
    }
    resource = {"Type": "AWS::StepFunctions::StateMachine", "Properties": machine}
    return json.dumps({"Resources": {"Machine": resource}})


def test_the_trigger_is_the_file_that_the_embedded_engine_runs(template: Template) -> None:
    function = template.properties("TriggerFunction")
    folder = (ROOT / "deploy" / Path(function["Code"])).resolve()

    assert function["Handler"] == "trigger.handler"
    assert (folder / "trigger.py").is_file()
    assert function["FunctionName"] == "trigger-lambda-dev"
