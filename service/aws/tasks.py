"""Answering tasks by their token: the adapter of `ports.Tasks`."""

from service.aws.calls import AwsCalls
from service.aws.clients import Clients


class AwsTasks:
    """Tokens are secrets: they go to AWS and nowhere else, errors and metrics included."""

    def __init__(self, clients: Clients, calls: AwsCalls) -> None:
        self._sfn = clients.sfn
        self._calls = calls

    async def succeed(self, token: str, *, output: str) -> None:
        sending = self._sfn.send_task_success(taskToken=token, output=output)
        await self._calls.call("SendTaskSuccess", sending)

    async def fail(self, token: str, *, error: str | None, cause: str | None) -> None:
        given = {name: text for name, text in (("error", error), ("cause", cause)) if text}
        sending = self._sfn.send_task_failure(taskToken=token, **given)
        await self._calls.call("SendTaskFailure", sending)

    async def heartbeat(self, token: str) -> None:
        await self._calls.call("SendTaskHeartbeat", self._sfn.send_task_heartbeat(taskToken=token))
