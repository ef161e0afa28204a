"""Settles tasks by their token and polls activities: adapts `ports.Tasks`, `ports.Activities`."""

from collections.abc import Sequence
from typing import Any

from handrail.aws.calls import AwsAdapter
from handrail.core.models import Activity, ActivityTask


class AwsTasks(AwsAdapter):
    """Tokens are secrets: they go to AWS and nowhere else, errors and metrics included."""

    async def succeed(self, token: str, *, output: str) -> None:
        sending = self._sfn.send_task_success(taskToken=token, output=output)
        await self._calls.call("SendTaskSuccess", sending)

    async def fail(self, token: str, *, error: str | None, cause: str | None) -> None:
        given = {name: text for name, text in (("error", error), ("cause", cause)) if text}
        sending = self._sfn.send_task_failure(taskToken=token, **given)
        await self._calls.call("SendTaskFailure", sending)

    async def heartbeat(self, token: str) -> None:
        await self._calls.call("SendTaskHeartbeat", self._sfn.send_task_heartbeat(taskToken=token))


class AwsActivities(AwsAdapter):
    """The activities of the clients' account and region. Polls have connections of their own."""

    async def list_all(self) -> Sequence[Activity]:
        activities: list[Activity] = []
        more: dict[str, Any] = {}
        while True:
            listing = self._sfn.list_activities(maxResults=1000, **more)
            answer = await self._calls.call("ListActivities", listing)
            activities += [Activity(a["name"], a["activityArn"]) for a in answer["activities"]]
            if not answer.get("nextToken"):
                return activities
            more = {"nextToken": answer["nextToken"]}

    async def create(self, name: str) -> str:
        answer = await self._calls.call("CreateActivity", self._sfn.create_activity(name=name))
        return answer["activityArn"]

    async def poll(self, arn: str, *, worker: str) -> ActivityTask | None:
        """AWS answers an empty token, or none, where no task came."""
        long_poll = await self._clients.long_poll()
        polling = long_poll.get_activity_task(activityArn=arn, workerName=worker)
        answer = await self._calls.call("GetActivityTask", polling)
        token = answer.get("taskToken")
        return ActivityTask(token, answer.get("input", "null")) if token else None
