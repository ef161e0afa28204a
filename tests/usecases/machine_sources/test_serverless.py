"""serverless.yml with the plugin serverless-step-functions."""

import json
from pathlib import Path
from typing import Any

import pytest

from handrail.core.definition.machine_file import rendered
from handrail.core.errors import InvalidDefinition
from handrail.core.models import Account, MachineType
from handrail.usecases.machine_folder import MachineFolder
from handrail.usecases.machine_sources import load

SERVICE = """
service: checkout
custom:
  prefix: ${self:service}-${opt:stage, self:provider.stage}
  attempts: 3
  arns: arn:aws:lambda:#{AWS::Region}:${AWS::AccountId}
  dev: {level: info}
provider:
  name: aws
  runtime: python3.11
  environment:
    TABLE: ${self:custom.prefix}-orders
    LEVEL: ${self:custom.${opt:stage}.level}
    SECRET: ${ssm:/secret~true}
params:
  default: {colour: red}
functions:
  hello-there: {handler: src/hello.handle, environment: {COLOUR: "${param:colour, 'blue'}"}}
  bye: {handler: src/bye.handle, runtime: nodejs18.x}
stepFunctions:
  stateMachines:
    hello:
      name: ${self:custom.prefix}-hello
      type: EXPRESS
      definition:
        StartAt: Hello
        States:
          Hello:
            Type: Task
            Resource: !GetAtt hello-there.Arn
            Retry: [{ErrorEquals: [States.ALL], MaxAttempts: "${self:custom.attempts}"}]
            Next: Bye
          Bye:
            Type: Task
            Resource: "${self:custom.arns}:function:${self:service}-${sls:stage}-bye"
            Next: Put
          Put:
            Type: Task
            Resource: arn:aws:states:::dynamodb:putItem
            Parameters: {TableName: !Ref Orders, Item: {by: {S: "${env:HANDRAIL_NO_SUCH, 'me'}"}}}
            End: true
    split: ${file(machines.yml):split}
    early: {Comment: plain, StartAt: A, States: {A: {Type: Succeed}}}
  activities: [clerk]
resources:
  Resources:
    Orders:
      Type: AWS::DynamoDB::Table
      Properties:
        TableName: ${self:custom.prefix}-orders
        AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
        KeySchema: [{AttributeName: id, KeyType: HASH}]
"""
SPLIT = """
split:
  definition:
    StartAt: A
    States: {A: {Type: Task, Resource: !GetAtt HelloDashthereLambdaFunction.Arn, End: true}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "serverless.yml").write_text(SERVICE)
    (tmp_path / "machines.yml").write_text(SPLIT)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "hello.py").write_text("")
    return tmp_path


def states(machine: MachineFolder) -> Any:
    account = Account("aws", "us-east-1", "111122223333")
    ready = rendered(machine.file, machine.template, account=account, environment="dev")
    return json.loads(ready.definition_text)["States"]


def test_its_state_machines_are_read_with_functions_and_resources(project: Path) -> None:
    hello, split, early = load(project)
    arn = "arn:aws:lambda:us-east-1:111122223333:function:checkout-dev-"
    found = states(hello)
    assert (hello.file.name, hello.file.type) == ("checkout-dev-hello", MachineType.EXPRESS)
    assert found["Hello"]["Resource"] == states(split)["A"]["Resource"] == f"{arn}hello-there"
    assert found["Hello"]["Retry"][0]["MaxAttempts"] == 3
    assert found["Bye"]["Resource"] == f"{arn}bye"
    expected = {"TableName": "checkout-dev-orders", "Item": {"by": {"S": "me"}}}
    assert found["Put"]["Parameters"] == expected
    assert hello.file.handlers == {"checkout-dev-hello-there": "src/hello.py:handle"}
    assert hello.functions["checkout-dev-hello-there"].environment == {
        "TABLE": "checkout-dev-orders",
        "LEVEL": "info",
        "COLOUR": "red",
    }
    reason = "it runs on nodejs18.x, not on Python"
    assert hello.notes == (f"the function checkout-dev-bye isn't run here: {reason}",)
    assert list(hello.file.tables) == ["checkout-dev-orders"]
    assert (early.file.name, early.file.activities) == ("early", ["clerk"])


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ("${self:custom.gone}", r"\$\{self:custom.gone\} can't be decided"),
        ("${ssm:/x}", r"\$\{ssm:/x\} can't be decided"),
        ("${self:custom.a}", "asks for itself"),
        ("x-${self:custom}", "is no text"),
        ("${file(gone.yml)}", r"gone\.yml: is missing"),
    ],
)
def test_a_variable_that_cannot_be_decided_is_named_where_it_matters(
    tmp_path: Path, asked: str, problem: str
) -> None:
    document = {
        "service": "s",
        "custom": {"a": "${self:custom.b}", "b": "${self:custom.a}"},
        "stepFunctions": {
            "stateMachines": {"m": {"definition": {"StartAt": asked, "States": {}}}},
        },
    }
    (tmp_path / "serverless.json").write_text(json.dumps(document))
    with pytest.raises(InvalidDefinition, match=problem):
        load(tmp_path)


def test_the_plugin_s_logging_is_followed(tmp_path: Path) -> None:
    arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/states/hello:*"
    logging = f"{{level: FATAL, includeExecutionData: true, destinations: ['{arn}']}}"
    text = SERVICE.replace(
        "      type: EXPRESS\n", f"      type: EXPRESS\n      loggingConfig: {logging}\n"
    )
    (tmp_path / "serverless.yml").write_text(text)
    (tmp_path / "machines.yml").write_text(SPLIT)
    found = {each.file.name: each.file.logging for each in load(tmp_path)}
    hello = found.pop("checkout-dev-hello")
    assert hello is not None
    assert (hello.level, hello.include_execution_data, hello.log_group) == ("FATAL", True, arn)
    assert set(found.values()) == {None}
