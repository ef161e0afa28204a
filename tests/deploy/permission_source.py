"""`deploy/permissions.json`: what each role may do, by purpose, whatever deploys it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.deploy.grants import Grant
from tests.deploy.templates import DEPLOY, Template, listed

SOURCE: Mapping[str, Any] = json.loads((DEPLOY / "permissions.json").read_text(encoding="utf-8"))
PURPOSES: Mapping[str, list[dict[str, Any]]] = SOURCE["purposes"]
ROLES: Mapping[str, list[str]] = SOURCE["roles"]

_CONNECTIONS = (
    "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${SocketApi}/live"
)
_SECRETS = (
    "ApiKeysSecret",
    "LinkKeysSecret",
    "WebhookSecretsSecret",
    "JwtSecret",
    "BusUrlSecret",
    "EventsSecret",
    "NotifySecret",
)


def statements(role: str) -> Iterator[dict[str, Any]]:
    """Those of all purposes of a role, in their order."""
    for purpose in ROLES[role]:
        yield from PURPOSES[purpose]


def grants_of(role: str, resources: Mapping[str, list[str]]) -> set[Grant]:
    """What the role may do where a statement's resource is what `resources` calls it."""
    return {
        (action, resource)
        for statement in statements(role)
        for action in statement["Action"]
        for resource in resources.get(statement["Resource"], [f"<{statement['Resource']}>"])
    }


def resources_in(template: Template, log_group: str) -> dict[str, list[str]]:
    """What a CloudFormation template calls the resources that it makes itself; of others, the
    parameter has the name."""
    connections = template.resolve({"Fn::Sub": _CONNECTIONS})
    return {
        "*": ["*"],
        "TableArn": ["<Table.Arn>"],
        "DueIndexArn": ["<Table.Arn>/index/due"],
        "ConnectionArns": [f"{connections}/{way}/@connections/*" for way in ("DELETE", "POST")],
        "NudgeQueueArn": ["<NudgeQueue.Arn>"],
        "EnvironmentKeyArn": ["<EnvironmentKey.Arn>"],
        "LogGroupArn": [f"<{log_group}.Arn>"],
        "SecretArns": [f"<{each}Arn>" for each in _SECRETS],
    }


def actions(role: str) -> set[str]:
    return {action for each in statements(role) for action in listed(each["Action"])}
