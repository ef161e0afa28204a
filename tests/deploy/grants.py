"""What a template's policies grant, and every place where it grants something."""

import json
from collections.abc import Iterator
from typing import Any

from tests.deploy.templates import Template, listed

Grant = tuple[str, str]
"""An action and a resource."""

Line = tuple[str, str, str, str, str]
"""What a resource's own policy says: resource, effect, principal, action, condition or source."""


def granted(template: Template, role: str) -> set[Grant]:
    """By the role's own policies and those of the template it is attached to; AWS's managed
    policies as the action `policy:` and their ARN."""
    found: set[Grant] = set()
    for document in _documents(template, role):
        for statement in document["Statement"]:
            assert statement["Effect"] == "Allow"
            assert "Condition" not in statement
            for action in listed(statement["Action"]):
                found |= {(action, resource) for resource in listed(statement["Resource"])}
    return found | {("policy:", arn) for arn in _aws_policies(template, role)}


def trusted(template: Template, role: str) -> str:
    """Who may assume the role, with commas."""
    statements = template.properties(role)["AssumeRolePolicyDocument"]["Statement"]
    assert all(each["Effect"] == "Allow" for each in statements)
    assert all(each["Action"] == "sts:AssumeRole" for each in statements)
    return ",".join(each["Principal"]["Service"] for each in statements)


def allowed_by_policies(template: Template) -> set[Line]:
    """What resources let others do."""
    found: set[Line] = set()
    for type, key in (("SQS::QueuePolicy", "Queues"), ("SNS::TopicPolicy", "Topics")):
        for _, properties in template.of(type):
            for _target in properties[key]:
                for statement in properties["PolicyDocument"]["Statement"]:
                    found |= set(_lines(statement["Resource"], statement))
    for id, properties in template.of("KMS::Key"):
        for statement in properties["KeyPolicy"]["Statement"]:
            found |= set(_lines(f"<{id}>", statement))
    for _, properties in template.of("Lambda::Permission"):
        principal, source = properties["Principal"], properties["SourceArn"]
        found.add((properties["FunctionName"], "Allow", principal, properties["Action"], source))
    return found


def actions_in(raw: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to each single action of each statement of a template as it is written."""
    if isinstance(raw, dict):
        if "Effect" in raw and "Action" in raw:
            count = len(raw["Action"]) if isinstance(raw["Action"], list) else 1
            yield from ((*path, index) for index in range(count))
        for key, value in raw.items():
            yield from actions_in(value, (*path, key))
    elif isinstance(raw, list):
        for index, value in enumerate(raw):
            yield from actions_in(value, (*path, index))


def at(raw: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        raw = raw[key]
    return raw


def without(raw: Any, path: tuple[Any, ...]) -> None:
    """Take one action out, and its statement with the last one."""
    *way, index = path
    statement = at(raw, tuple(way))
    if isinstance(statement["Action"], list) and len(statement["Action"]) > 1:
        del statement["Action"][index]
    else:
        _remove(raw, tuple(way))


def _remove(raw: Any, path: tuple[Any, ...]) -> None:
    holder = at(raw, path[:-1])
    if path[-2:-1] == ("Fn::If",):
        holder[path[-1]] = {"Ref": "AWS::NoValue"}
    else:
        del holder[path[-1]]


def _documents(template: Template, role: str) -> Iterator[dict[str, Any]]:
    properties = template.properties(role)
    yield from (policy["PolicyDocument"] for policy in properties.get("Policies", ()))
    for arn in properties.get("ManagedPolicyArns", ()):
        if not arn.startswith("arn:"):
            yield template.properties(arn.strip("<>"))["PolicyDocument"]


def _aws_policies(template: Template, role: str) -> list[str]:
    arns = template.properties(role).get("ManagedPolicyArns", ())
    return [arn for arn in arns if arn.startswith("arn:")]


def _lines(resource: str, statement: dict[str, Any]) -> Iterator[Line]:
    principal = statement["Principal"]
    if isinstance(principal, dict):
        (principal,) = principal.values()
    if isinstance(principal, list):
        (principal,) = principal
    condition = json.dumps(statement.get("Condition", {}), sort_keys=True)
    for action in listed(statement["Action"]):
        yield resource, statement["Effect"], principal, action, condition
