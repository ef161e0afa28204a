"""Creates and updates state machines, versions and aliases: adapts `ports.Deployments`. The service
itself never does."""

from collections.abc import Mapping, Sequence
from typing import Any

from handrail.core.aliases import Alias, Route
from handrail.core.errors import StateMachineNotFound
from handrail.core.execution_logging import ExecutionLogging, LogLevel
from handrail.core.machine_encryption import REUSE_S, MachineEncryption
from handrail.core.machine_reference import qualifier_of
from handrail.core.models import Deployment, MachineType

from .state_machines import AwsStateMachines


class AwsDeployments(AwsStateMachines):
    """Those of the clients' account and region."""

    async def find(self, arn: str) -> Deployment | None:
        describing = self._sfn.describe_state_machine(stateMachineArn=arn)
        try:
            answer = await self._calls.call("DescribeStateMachine", describing)
        except StateMachineNotFound:
            return None
        type, role_arn = MachineType(answer["type"]), answer["roleArn"]
        name, definition = answer["name"], answer["definition"]
        logging = logging_of(answer.get("loggingConfiguration") or {})
        encryption = _encryption(answer.get("encryptionConfiguration") or {})
        return Deployment(
            name,
            type,
            definition,
            role_arn,
            answer.get("revisionId"),
            logging=logging,
            encryption=encryption,
        )

    async def create(self, deployment: Deployment) -> str:
        creating = self._sfn.create_state_machine(
            name=deployment.name,
            type=deployment.type.value,
            definition=deployment.definition,
            roleArn=deployment.role_arn,
            **_logged(deployment.logging),
            **_encrypted(deployment.encryption),
        )
        answer = await self._calls.call("CreateStateMachine", creating)
        return answer["stateMachineArn"]

    async def update(self, arn: str, deployment: Deployment) -> str | None:
        updating = self._sfn.update_state_machine(
            stateMachineArn=arn,
            definition=deployment.definition,
            roleArn=deployment.role_arn,
            **_logged(deployment.logging),
            **_encrypted(deployment.encryption),
        )
        answer = await self._calls.call("UpdateStateMachine", updating)
        return answer.get("revisionId")

    async def publish(self, arn: str, revision_id: str | None) -> str:
        asked = {} if revision_id is None else {"revisionId": revision_id}
        publishing = self._sfn.publish_state_machine_version(stateMachineArn=arn, **asked)
        answer = await self._calls.call("PublishStateMachineVersion", publishing)
        return qualifier_of(answer["stateMachineVersionArn"]) or ""

    async def find_alias(self, machine_arn: str, name: str) -> Alias | None:
        try:
            return await self.describe_alias(f"{machine_arn}:{name}")
        except StateMachineNotFound:
            return None

    async def create_alias(self, machine_arn: str, name: str, routes: Sequence[Route]) -> None:
        creating = self._sfn.create_state_machine_alias(
            name=name, routingConfiguration=_routing(machine_arn, routes)
        )
        await self._calls.call("CreateStateMachineAlias", creating)

    async def update_alias(self, machine_arn: str, name: str, routes: Sequence[Route]) -> None:
        updating = self._sfn.update_state_machine_alias(
            stateMachineAliasArn=f"{machine_arn}:{name}",
            routingConfiguration=_routing(machine_arn, routes),
        )
        await self._calls.call("UpdateStateMachineAlias", updating)


def logging_of(found: Mapping[str, Any]) -> ExecutionLogging | None:
    """None for OFF, which every state machine is at first."""
    level = LogLevel(found.get("level") or LogLevel.OFF)
    if level is LogLevel.OFF:
        return None
    groups = [each.get("cloudWatchLogsLogGroup") or {} for each in found.get("destinations") or ()]
    arn = next((group.get("logGroupArn") for group in groups), None)
    return ExecutionLogging(level, bool(found.get("includeExecutionData")), arn)


def _logged(logging: ExecutionLogging | None) -> dict[str, Any]:
    """The request's member, if it has one."""
    if logging is None:
        return {}
    asked: dict[str, Any] = {"level": logging.level.value}
    if logging.log_group_arn is not None:
        group = {"logGroupArn": logging.log_group_arn}
        asked["includeExecutionData"] = logging.include_execution_data
        asked["destinations"] = [{"cloudWatchLogsLogGroup": group}]
    return {"loggingConfiguration": asked}


def _encryption(found: Mapping[str, Any]) -> MachineEncryption | None:
    """None for AWS's own key, which every state machine has at first."""
    key = found.get("kmsKeyId")
    reuse_s = found.get("kmsDataKeyReusePeriodSeconds") or REUSE_S
    return MachineEncryption(key, reuse_s) if key else None


def _encrypted(encryption: MachineEncryption | None) -> dict[str, Any]:
    """The request's member, if it has one."""
    if encryption is None:
        return {}
    if encryption.kms_key is None:
        return {"encryptionConfiguration": {"type": "AWS_OWNED_KEY"}}
    asked = {"kmsKeyId": encryption.kms_key, "kmsDataKeyReusePeriodSeconds": encryption.reuse_s}
    return {"encryptionConfiguration": {"type": "CUSTOMER_MANAGED_KMS_KEY", **asked}}


def _routing(machine_arn: str, routes: Sequence[Route]) -> list[Any]:
    return [
        {"stateMachineVersionArn": f"{machine_arn}:{route.version}", "weight": route.weight}
        for route in routes
    ]
