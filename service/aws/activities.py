"""Activities and their tasks: the adapter of `ports.Activities`."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

from service.aws.calls import AwsCalls
from service.aws.clients import Clients
from service.core.models import Activity, ActivityTask

PAGE_SIZE = 1000
"""The most ListActivities gives at once."""


class _Token(TypedDict):
    nextToken: NotRequired[str]


class AwsActivities:
    """The activities of the clients' account and region. Polls have connections of their own."""

    def __init__(self, clients: Clients, calls: AwsCalls) -> None:
        self._clients = clients
        self._sfn = clients.sfn
        self._calls = calls

    async def list_all(self) -> Sequence[Activity]:
        activities: list[Activity] = []
        token: _Token = {}
        while True:
            listing = self._sfn.list_activities(maxResults=PAGE_SIZE, **token)
            answer = await self._calls.call("ListActivities", listing)
            activities += [Activity(a["name"], a["activityArn"]) for a in answer["activities"]]
            if not answer.get("nextToken"):
                return activities
            token = {"nextToken": answer["nextToken"]}

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
