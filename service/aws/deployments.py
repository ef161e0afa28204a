"""Creating and updating state machines: the adapter of `ports.Deployments`."""

from service.aws.calls import AwsCalls
from service.aws.clients import Clients
from service.core.errors import StateMachineNotFound
from service.core.models import Deployment, MachineType


class AwsDeployments:
    """Changes the state machines of the clients' account and region."""

    def __init__(self, clients: Clients, calls: AwsCalls) -> None:
        self._sfn = clients.sfn
        self._calls = calls

    async def find(self, arn: str) -> Deployment | None:
        describing = self._sfn.describe_state_machine(stateMachineArn=arn)
        try:
            answer = await self._calls.call("DescribeStateMachine", describing)
        except StateMachineNotFound:
            return None
        return Deployment(
            name=answer["name"],
            type=MachineType(answer["type"]),
            definition=answer["definition"],
            role_arn=answer["roleArn"],
        )

    async def create(self, deployment: Deployment) -> str:
        creating = self._sfn.create_state_machine(
            name=deployment.name,
            type=deployment.type.value,
            definition=deployment.definition,
            roleArn=deployment.role_arn,
        )
        answer = await self._calls.call("CreateStateMachine", creating)
        return answer["stateMachineArn"]

    async def update(self, arn: str, deployment: Deployment) -> None:
        updating = self._sfn.update_state_machine(
            stateMachineArn=arn, definition=deployment.definition, roleArn=deployment.role_arn
        )
        await self._calls.call("UpdateStateMachine", updating)
