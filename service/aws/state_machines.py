"""State machines as AWS lists and describes them: the adapter of `ports.StateMachines`."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NotRequired, TypedDict

from service.aws.calls import AwsCalls
from service.aws.clients import Clients
from service.aws.dates import answered_at
from service.core.models import DescribedStateMachine, MachineType, StateMachine

if TYPE_CHECKING:
    from types_aiobotocore_stepfunctions.type_defs import StateMachineListItemTypeDef

PAGE_SIZE = 1000
"""The most ListStateMachines gives at once."""

UNKNOWN = datetime(9999, 1, 1, tzinfo=UTC)
"""When a definition came to be, where it isn't said: it is believed of nothing older than what it
was asked for."""


class _Token(TypedDict):
    nextToken: NotRequired[str]


class AwsStateMachines:
    """Reads the state machines of the clients' account and region."""

    def __init__(self, clients: Clients, calls: AwsCalls) -> None:
        self._sfn = clients.sfn
        self._calls = calls

    async def list_all(self) -> Sequence[StateMachine]:
        machines: list[StateMachine] = []
        token: _Token = {}
        while True:
            listing = self._sfn.list_state_machines(maxResults=PAGE_SIZE, **token)
            answer = await self._calls.call("ListStateMachines", listing)
            machines += map(_listed, answer["stateMachines"])
            if not answer.get("nextToken"):
                return machines
            token = {"nextToken": answer["nextToken"]}

    async def probe(self) -> None:
        await self._calls.call("ListStateMachines", self._sfn.list_state_machines(maxResults=1))

    async def describe(self, arn: str) -> DescribedStateMachine:
        describing = self._sfn.describe_state_machine(stateMachineArn=arn)
        answer = await self._calls.call("DescribeStateMachine", describing, resource=arn)
        return DescribedStateMachine(
            name=answer["name"],
            arn=answer["stateMachineArn"],
            type=MachineType(answer["type"]),
            created_at=answer["creationDate"],
            definition=answer["definition"],
            revision_id=answer.get("revisionId"),
            answered_at=answered_at(answer),
        )

    async def describe_for_execution(self, execution_arn: str) -> DescribedStateMachine:
        """AWS says neither type nor creation here: it is STANDARD, as Express has no such
        operation, and `created_at` is when this definition came to be."""
        describing = self._sfn.describe_state_machine_for_execution(executionArn=execution_arn)
        answer = await self._calls.call(
            "DescribeStateMachineForExecution", describing, resource=execution_arn
        )
        return DescribedStateMachine(
            name=answer["name"],
            arn=answer["stateMachineArn"],
            type=MachineType.STANDARD,
            created_at=answer.get("updateDate", UNKNOWN),  # emulators leave it out
            definition=answer["definition"],
            revision_id=answer.get("revisionId"),
        )


def _listed(item: "StateMachineListItemTypeDef") -> StateMachine:
    return StateMachine(
        name=item["name"],
        arn=item["stateMachineArn"],
        type=MachineType(item["type"]),
        created_at=item["creationDate"],
    )
