"""Takes out of a packaged template what the emulator (MiniStack) doesn't know."""

import json
from collections.abc import Mapping
from typing import Any

NOT_EMULATED = (
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::StepFunctions::Activity",
)
ARNS = {"AWS::StepFunctions::Activity": "states:${AWS::Region}:${AWS::AccountId}:activity:${Name}"}
"""What a reference to a resource is once it is deployed, where others refer to it."""


def without_unknown(template: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The template, and the ids of what was taken out: resources of those types, and alarms by an
    expression. Raises KeyError where one of them is referred to and has none of ARNS."""
    out: dict[str, Any] = {}
    kept = {}
    for id, each in template["Resources"].items():
        if isinstance(each, list):  # Fn::ForEach
            name, collection, repeated = each
            out |= {inner: made for inner, made in repeated.items() if _is_unknown(made)}
            if left := {inner: made for inner, made in repeated.items() if inner not in out}:
                kept[id] = [name, collection, left]
        elif _is_unknown(each):
            out[id] = each
        else:
            kept[id] = each
    text = json.dumps({**template, "Resources": kept})
    for id, resource in out.items():
        if (reference := json.dumps({"Ref": id})) in text:
            name = resource["Properties"]["Name"]
            arn = "arn:${AWS::Partition}:" + ARNS[resource["Type"]]
            text = text.replace(reference, json.dumps({"Fn::Sub": [arn, {"Name": name}]}))
    reduced: dict[str, Any] = json.loads(text)
    for resource in reduced["Resources"].values():
        if isinstance(resource, dict) and isinstance(after := resource.get("DependsOn"), list):
            resource["DependsOn"] = [id for id in after if id not in out]
    return reduced, sorted(out)


def _is_unknown(resource: Mapping[str, Any]) -> bool:
    if resource["Type"] == "AWS::CloudWatch::Alarm":
        return "Metrics" in resource["Properties"]
    return resource["Type"] in NOT_EMULATED
