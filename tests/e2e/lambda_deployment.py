"""The Lambda deployment end to end: both functions in processes of their own, behind the stand-in
for API Gateway and SQS, over the embedded engine.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeVar

import aiohttp

from tests import events
from tests.engine.engine_fixture import Calls, Definition
from tests.gateway.changes import log_lines, status_change
from tests.gateway.functions import Deployed
from tests.gateway.http_api import HttpApi
from tests.gateway.management import ManagementApi
from tests.gateway.queues import EventSourceMapping
from tests.gateway.servers import served
from tests.gateway.sockets import WebSocketApi
from tests.gateway_table import Storage

from .processes import environment

TARGET = "handrail.lambda_handler:handler"
SHOWN_AGAIN_S = 2
RECEIVES = 3
ATTEMPTS = 3
"""Lambda tries what was handed over asynchronously twice more."""

Found = TypeVar("Found")
_numbers = count(1)


@dataclass(slots=True)
class Queue:
    url: str
    dead_url: str


@dataclass(slots=True)
class Deployment:
    """What a test drives. `http` and `live` are the two functions, `url` is the HTTP API's."""

    calls: Calls
    storage: Storage
    table: str
    queue: Queue
    http: Deployed
    live: Deployed
    sockets: WebSocketApi
    management: ManagementApi
    url: str
    session: aiohttp.ClientSession

    async def fetch(
        self, method: str, path: str, *, status: int = 200, key: str | None = None, body: Any = None
    ) -> Any:
        """One request to the HTTP API that has to be answered with this status."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with self.session.request(method, path, json=body, headers=headers) as answer:
            text = await answer.text()
            assert answer.status == status, text
            return json.loads(text)

    async def get(self, path: str) -> Any:
        return await self.fetch("GET", path)

    async def create(self, definition: Definition) -> str:
        """A new state machine's name."""
        return (await self.calls.create(definition)).rpartition(":")[2]

    async def start(self, machine: str, input: Any = None, *, key: str | None = None) -> str:
        """A new execution's id, over REST."""
        path = f"/v1/state-machines/{machine}/executions"
        body = {"input": input or {}}
        return str((await self.fetch("POST", path, status=202, key=key, body=body))["execution"])

    async def snapshot(self, execution: str, *, key: str | None = None) -> Any:
        return await self.fetch("GET", f"/v1/executions/{execution}", key=key)

    async def waits(self, execution: str, state: str, *, key: str | None = None) -> None:
        """Wait until the one pending task is of this state."""

        async def look() -> bool | None:
            tasks = (await self.snapshot(execution, key=key))["tasks"]
            return [task["state"] for task in tasks] == [state] or None

        await until(look)

    async def settle(self, execution: str, output: Any = None, *, key: str | None = None) -> None:
        """Complete the one task that waits, over REST, once it does."""
        await self._settle(execution, "success", {"output": output or {}}, key=key)

    async def fail(self, execution: str, *, cause: str) -> None:
        """Let the one task that waits fail, over REST, once it does."""
        await self._settle(execution, "failure", {"error": "Rejected", "cause": cause})

    async def tell_status(self, execution: str) -> None:
        """EventBridge's rule puts the status as it is now into the queue."""
        found = await self.calls.sfn.describe_execution(
            executionArn=events.execution_arn(execution)
        )
        await self.send(json.dumps(status_change(found)))

    async def tell_logs(self, execution: str) -> None:
        """CloudWatch Logs hands over all that was logged so far, as often as it takes."""
        arn = events.execution_arn(execution)
        event = events.logs_event(log_lines(arn, await self.calls.history(arn), data=False))
        await self.hand_over(event)

    async def tick(self) -> None:
        """The schedule's minute is over."""
        await self.hand_over(events.sample("schedule_rule"))

    async def hand_over(self, event: events.Event) -> None:
        """Invoke the live function asynchronously: what fails is tried again."""
        for attempt in range(ATTEMPTS):
            try:
                await self.live.invoke(event)
                return
            except Exception:
                if attempt == ATTEMPTS - 1:
                    raise

    async def send(self, body: str) -> None:
        await self.calls.sqs.send_message(QueueUrl=self.queue.url, MessageBody=body)

    async def dead_letters(self) -> Sequence[str]:
        answer = await self.calls.sqs.receive_message(
            QueueUrl=self.queue.dead_url, MaxNumberOfMessages=10
        )
        return [message["Body"] for message in answer.get("Messages", [])]

    def rows_about(self, text: str) -> list[Any]:
        """The table's that name a connection or an execution."""
        rows = self.storage.items(self.table)
        return [row for row in rows if text in json.dumps(row, default=str)]

    def fall_due(self, text: str) -> None:
        """As if time had passed: what these rows wait for is due now, leases are over."""
        now = int(time.time() * 1000) - 1
        for row in self.rows_about(text):
            times = [name for name in ("due_at", "until") if name in row]
            for name in times:
                self.storage.dynamodb.update_item(
                    TableName=self.table,
                    Key={"pk": row["pk"], "sk": row["sk"]},
                    UpdateExpression="SET #time = :now",
                    ExpressionAttributeNames={"#time": name},
                    ExpressionAttributeValues={":now": {"N": str(now)}},
                )

    async def connection(self) -> str:
        """The id of the newest connection, once there is one."""

        async def look() -> str | None:
            return next(reversed(self.sockets.connections), None)

        return await until(look)

    async def _settle(
        self, execution: str, outcome: str, body: Any, *, key: str | None = None
    ) -> None:
        path = f"/v1/executions/{execution}/tasks"

        async def look() -> Any:
            return (await self.fetch("GET", path, key=key))["tasks"]

        (task,) = await until(look)
        await self.fetch("POST", f"{path}/{task['event_id']}/{outcome}", key=key, body=body)


async def until(look: Callable[[], Awaitable[Found | None]]) -> Found:
    """What `look` answers first that is something. A cold start here takes seconds."""
    async with asyncio.timeout(60):
        while not (found := await look()):  # noqa: ASYNC110 another process's doing
            await asyncio.sleep(0.05)
        return found


@asynccontextmanager
async def deployed(
    calls: Calls, storage: Storage, *, target: str = TARGET, most: int = 8, **settings: str
) -> AsyncIterator[Deployment]:
    """Deploy and take away again. `most` instances of each function run at once; `settings` are
    environment variables of both."""
    table = storage.new_table()
    queue = await _queue(calls, f"lambda-{next(_numbers)}")
    variables = environment(
        AWS_ENDPOINT_URL_SFN=calls.engine.endpoint_url,
        AWS_ENDPOINT_URL_SQS=calls.engine.endpoint_url,
        AWS_ENDPOINT_URL_DYNAMODB=storage.url,
        HANDRAIL_ALLOW_UNAUTHENTICATED="true",
        HANDRAIL_CATALOGUE_TTL_S="0",
        HANDRAIL_LIVE_LAG_S="0",
        HANDRAIL_LIVE_READS_PER_S="1000",
        HANDRAIL_LOG_FORMAT="json",
        HANDRAIL_QUEUE_URL=queue.url,
        HANDRAIL_TABLE=table,
        HANDRAIL_WS_HEARTBEAT_S="240",
        **settings,
    )
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        http = await enter(Deployed("handrail-http", target, variables, most=most))
        live = await enter(Deployed("handrail-live", target, variables, most=most))
        sockets = WebSocketApi(live.invoke)
        management = ManagementApi(sockets)
        await enter(sockets.serving())
        management_url = await enter(served(management.app))
        url = await enter(served(HttpApi(http.invoke).app))
        http.variables = live.variables = {
            **variables,
            "HANDRAIL_SOCKET_ENDPOINT": f"{management_url}/{sockets.stage}",
            "HANDRAIL_SOCKET_URL": sockets.url,
        }
        mapping = EventSourceMapping(calls.sqs, queue.url, live.invoke)
        session = await enter(aiohttp.ClientSession(url))
        await enter(_polled(mapping))
        try:
            yield Deployment(
                calls, storage, table, queue, http, live, sockets, management, url, session
            )
        finally:  # shown where a test fails
            sys.stderr.write(f"{http.name}:\n{http.output}\n{live.name}:\n{live.output}\n")


@asynccontextmanager
async def _polled(mapping: EventSourceMapping) -> AsyncIterator[None]:
    polling = asyncio.create_task(mapping.run())
    try:
        yield
    finally:
        polling.cancel()
        with suppress(asyncio.CancelledError):
            await polling


async def _queue(calls: Calls, name: str) -> Queue:
    """A queue and its dead letters, as `deploy/events.yaml` makes them, in a hurry."""
    dead = (await calls.sqs.create_queue(QueueName=f"{name}-dead"))["QueueUrl"]
    found = await calls.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])
    policy = {
        "deadLetterTargetArn": found["Attributes"]["QueueArn"],
        "maxReceiveCount": str(RECEIVES),
    }
    made = await calls.sqs.create_queue(
        QueueName=name,
        Attributes={
            "VisibilityTimeout": str(SHOWN_AGAIN_S),
            "RedrivePolicy": json.dumps(policy),
        },
    )
    return Queue(made["QueueUrl"], dead)
