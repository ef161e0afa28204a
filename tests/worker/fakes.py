"""An account with activities, as a worker sees it: tasks to poll for, tokens to answer by."""

import asyncio
import json
from collections import defaultdict
from typing import Any

from handrail.core.errors import NotFound, TaskTimedOut
from handrail.core.models import Activity, ActivityTask
from tests.fakes import Port

ARN = "arn:aws:states:eu-west-1:123456789012:activity:"
EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:orders:one"


class FakeActivities(Port):
    """Polls wait until a test adds a task, or lets them end empty."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.names = list(names)
        self.polling = 0
        self.workers: set[str] = set()
        self._tasks: defaultdict[str, asyncio.Queue[ActivityTask | None]]
        self._tasks = defaultdict(asyncio.Queue)

    def add(self, activity: str, token: str, input: Any = None) -> None:
        self.add_raw(activity, token, json.dumps(input))

    def add_raw(self, activity: str, token: str, text: str) -> None:
        self._tasks[ARN + activity].put_nowait(ActivityTask(token, text))

    def answer_empty(self, activity: str) -> None:
        """The next poll for it ends without a task."""
        self._tasks[ARN + activity].put_nowait(None)

    def untaken(self, activity: str) -> int:
        return self._tasks[ARN + activity].qsize()

    async def list_all(self) -> list[Activity]:
        await self._called("list_all")
        return [Activity(name, ARN + name) for name in self.names]

    async def create(self, name: str) -> str:
        await self._called("create")
        self.names.append(name)
        return ARN + name

    async def poll(self, arn: str, *, worker: str) -> ActivityTask | None:
        self.workers.add(worker)
        await self._called("poll")
        if arn.removeprefix(ARN) not in self.names:
            raise NotFound("There is no such activity.")
        self.polling += 1
        try:
            return await self._tasks[arn].get()
        finally:
            self.polling -= 1


class FakeTasks:
    """Remembers the answers. A token answered once, or in `gone`, has timed out. `port` fails and
    holds up calls."""

    def __init__(self) -> None:
        self.port = Port()
        self.answers: dict[str, Any] = {}
        self.beats: list[str] = []
        self.gone: set[str] = set()
        self.loses_answers = False

    async def succeed(self, token: str, *, output: str) -> None:
        await self._settle("succeed", token, json.loads(output))

    async def fail(self, token: str, *, error: str | None, cause: str | None) -> None:
        await self._settle("fail", token, (error, json.loads(cause or "null")))

    async def heartbeat(self, token: str) -> None:
        self.beats.append(token)
        await self.port._called("heartbeat")
        self._check(token)

    async def _settle(self, operation: str, token: str, answer: Any) -> None:
        if self.loses_answers:
            self.answers.setdefault(token, answer)
        await self.port._called(operation)
        self._check(token)
        self.answers[token] = answer

    def _check(self, token: str) -> None:
        if token in self.gone or token in self.answers:
            raise TaskTimedOut("The task is over.")
