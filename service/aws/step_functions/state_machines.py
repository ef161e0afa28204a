"""Reads state machines: adapts `ports.StateMachines`."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from handrail.aws.calls import AwsAdapter, AwsCalls, answered_at
from handrail.aws.clients import Clients
from handrail.core import models
from handrail.core.aliases import Alias, Named, Route
from handrail.core.machine_reference import qualifier_of, unqualified
from handrail.core.models import DescribedStateMachine, MachineType, StateMachine

UNKNOWN = datetime(9999, 1, 1, tzinfo=UTC)
"""When a definition was made, where the endpoint doesn't say: no older execution then uses it."""


class AwsStateMachines(AwsAdapter):
    """The state machines of the clients' account and region."""

    async def list_all(self) -> Sequence[StateMachine]:
        machines: list[StateMachine] = []
        more: dict[str, Any] = {}
        while True:
            listing = self._sfn.list_state_machines(maxResults=1000, **more)
            answer = await self._calls.call("ListStateMachines", listing)
            for item in answer["stateMachines"]:
                type, made_at = MachineType(item["type"]), item["creationDate"]
                machines.append(StateMachine(item["name"], item["stateMachineArn"], type, made_at))
            if not answer.get("nextToken"):
                return machines
            more = {"nextToken": answer["nextToken"]}

    async def probe(self) -> None:
        await self._calls.call("ListStateMachines", self._sfn.list_state_machines(maxResults=1))

    async def describe(self, arn: str) -> DescribedStateMachine:
        describing = self._sfn.describe_state_machine(stateMachineArn=arn)
        answer = await self._calls.call("DescribeStateMachine", describing, resource=arn)
        return _described(answer, MachineType(answer["type"]), answer["creationDate"])

    async def describe_alias(self, arn: str) -> Alias:
        describing = self._sfn.describe_state_machine_alias(stateMachineAliasArn=arn)
        answer = await self._calls.call("DescribeStateMachineAlias", describing, resource=arn)
        return _alias(answer)

    async def list_versions(self, arn: str) -> Sequence[Named]:
        """The newest 1,000, which are all: AWS keeps no more."""
        listing = self._sfn.list_state_machine_versions(stateMachineArn=arn, maxResults=1000)
        answer = await self._calls.call("ListStateMachineVersions", listing, resource=arn)
        return tuple(
            Named(qualifier_of(item["stateMachineVersionArn"]) or "", item["creationDate"])
            for item in answer["stateMachineVersions"]
        )

    async def list_aliases(self, arn: str) -> Sequence[Named]:
        """AWS keeps 100 at most, which are a page."""
        listing = self._sfn.list_state_machine_aliases(stateMachineArn=arn, maxResults=1000)
        answer = await self._calls.call("ListStateMachineAliases", listing, resource=arn)
        return tuple(
            Named(qualifier_of(item["stateMachineAliasArn"]) or "", item["creationDate"])
            for item in answer["stateMachineAliases"]
        )

    async def describe_for_execution(self, execution_arn: str) -> DescribedStateMachine:
        """AWS says neither type nor creation here: it is STANDARD, as Express has no such
        operation, and `created_at` is when this definition came to be."""
        describing = self._sfn.describe_state_machine_for_execution(executionArn=execution_arn)
        answer = await self._calls.call(
            "DescribeStateMachineForExecution", describing, resource=execution_arn
        )
        made_at = answer.get("updateDate", UNKNOWN)  # emulators leave it out
        return _described(answer, MachineType.STANDARD, made_at)


def _described(
    answer: Mapping[str, Any], type: MachineType, created_at: datetime
) -> DescribedStateMachine:
    arn = answer["stateMachineArn"]  # a version's, where one was asked for
    return DescribedStateMachine(
        name=answer["name"],
        arn=unqualified(arn),
        type=type,
        created_at=created_at,
        qualifier=qualifier_of(arn),
        definition=answer["definition"],
        description=answer.get("description"),
        revision_id=answer.get("revisionId"),
        answered_at=answered_at(answer),
    )


def _alias(answer: Mapping[str, Any]) -> Alias:
    """From DescribeStateMachineAlias's answer."""
    routes = tuple(
        Route(qualifier_of(item["stateMachineVersionArn"]) or "", item["weight"])
        for item in answer["routingConfiguration"]
    )
    return Alias(answer["name"], routes, answer.get("description"))


async def account(clients: Clients, calls: AwsCalls) -> models.Account:
    """Finds the account and region of this service by any state machine's ARN, else by STS. Raises
    Unavailable, UpstreamRefused."""
    listing = clients.sfn.list_state_machines(maxResults=1)
    listed = await calls.call("ListStateMachines", listing)
    for machine in listed["stateMachines"]:
        return models.Account.of(machine["stateMachineArn"])
    sts = await clients.client("sts")
    answer = await calls.call("GetCallerIdentity", sts.get_caller_identity())
    _, partition, _, _, account_id, *_ = answer["Arn"].split(":")
    return models.Account(partition, clients.region, account_id)
