"""CloudFormation's functions, one by one."""

from typing import Any

import pytest

from handrail.core.errors import InvalidDefinition
from handrail.usecases.machine_sources.stack_resources import Resource
from handrail.usecases.machine_sources.stack_values import NO_VALUE, UNDECIDED, StackValues


def values(**conditions: Any) -> StackValues:
    function = {"FunctionName": "weigh", "AutoPublishAlias": "stable"}
    resources = {
        "Fn": Resource("Fn", "AWS::Lambda::Function", function),
        "Other": Resource("Other", "AWS::EC2::VPC", {}),
    }
    parameters = {
        "Stage": {"Type": "String", "Default": "prod"},
        "Count": {"Type": "Number", "Default": 3},
        "Zones": {"Type": "CommaDelimitedList", "Default": "a, b"},
        "Open": {"Type": "String"},
    }
    mappings = {"M": {"us-east-1": {"x": "here"}, "prod": {"x": ["l"]}}}
    return StackValues("stack", parameters, mappings, conditions, resources)


FUNCTION = "arn:${PARTITION}:lambda:${REGION}:${ACCOUNT_ID}:function:weigh"


@pytest.mark.parametrize(
    ("node", "value"),
    [
        ({"Ref": "Stage"}, "prod"),
        ({"Ref": "Count"}, "3"),
        ({"Ref": "Zones"}, ["a", "b"]),
        ({"Ref": "Fn"}, "weigh"),
        ({"Ref": "Fn.Version"}, f"{FUNCTION}:1"),
        ({"Ref": "Fn.Alias"}, f"{FUNCTION}:stable"),
        ({"Ref": "AWS::NoValue"}, NO_VALUE),
        ({"Ref": "AWS::StackName"}, "stack"),
        ({"Ref": "AWS::Partition"}, "${PARTITION}"),
        ([1, {"Ref": "AWS::NoValue"}], [1]),
        ({"a": {"Ref": "AWS::NoValue"}, "b": 1.5}, {"b": 1.5}),
        ({"Fn::GetAtt": ["Fn", "Arn"]}, FUNCTION),
        ({"Fn::GetAtt": "Fn.Arn"}, FUNCTION),
        ({"Fn::Sub": "${Stage}-${!Kept}-${Fn}-${Fn.Arn}"}, f"prod-${{Kept}}-weigh-{FUNCTION}"),
        ({"Fn::Sub": ["${A}/${AWS::Region}", {"A": {"Ref": "Count"}}]}, "3/${REGION}"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Stage"}, 1, True]]}, "a-prod-1-true"),
        ({"Fn::Join": [",", {"Ref": "Zones"}]}, "a,b"),
        ({"Fn::Select": [1, {"Ref": "Zones"}]}, "b"),
        ({"Fn::Select": ["6", {"Fn::Split": [":", {"Fn::GetAtt": ["Fn", "Arn"]}]}]}, "weigh"),
        ({"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "x"]}, "here"),
        ({"Fn::FindInMap": ["M", {"Ref": "Stage"}, "x"]}, ["l"]),
        ({"Fn::If": ["Prod", "yes", "no"]}, "yes"),
        ({"Fn::If": ["Not", "yes", {"Ref": "AWS::NoValue"}]}, NO_VALUE),
        ({"Fn::Length": {"Ref": "Zones"}}, 2),
        ({"Fn::ToJsonString": {"a": {"Ref": "Stage"}}}, '{"a": "prod"}'),
        ({"Condition": "{% $x %}"}, {"Condition": "{% $x %}"}),
        ({"Condition": "Both"}, True),
        ({"Fn::Or": [{"Condition": "Not"}, {"Condition": "Prod"}]}, True),
    ],
)
def test_each_is_what_cloudformation_answers(node: Any, value: Any) -> None:
    found = values(
        Prod={"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
        Not={"Fn::Not": [{"Condition": "Prod"}]},
        Both={"Fn::And": [{"Condition": "Prod"}, {"Fn::Equals": ["a", "a"]}]},
    )
    assert found.of(node) == value
    assert found.notes == []


@pytest.mark.parametrize(
    ("node", "value", "note"),
    [
        ({"Ref": "Open"}, "Open", "The parameter Open has no default"),
        ({"Ref": "Other"}, "Other", "'Other' stands for the AWS::EC2::VPC Other."),
        ({"Fn::GetAtt": ["Other", "CidrBlock"]}, "Other.CidrBlock", "AWS alone knows"),
        ({"Fn::ImportValue": "their-queue"}, "their-queue", "Another stack exports their-queue"),
        ("{{resolve:ssm:/x}}", "{{resolve:ssm:/x}}", "AWS alone resolves it"),
    ],
)
def test_what_an_account_alone_could_tell_is_made_up_and_noted_once(
    node: Any, value: Any, note: str
) -> None:
    found = values()
    assert found.of([node, node]) == [value, value]
    [noted] = found.notes
    assert note in noted


@pytest.mark.parametrize(
    "node",
    [
        {"Ref": "Gone"},
        {"Fn::GetAtt": ["Fn"]},
        {"Fn::Sub": "${Gone}"},
        {"Fn::Sub": "${Zones}"},
        {"Fn::Join": ["-", [["a"]]]},
        {"Fn::Join": 1},
        {"Fn::FindInMap": ["M", "gone", "x"]},
        {"Fn::If": ["Gone", 1, 2]},
        {"Fn::If": ["Loop", 1, 2]},
        {"Fn::GetAZs": ""},
        {UNDECIDED: "it is a secret"},
    ],
)
def test_what_cannot_be_decided_is_an_error(node: Any) -> None:
    with pytest.raises(InvalidDefinition):
        values(Loop={"Condition": "Loop"}).of({"a": node})
