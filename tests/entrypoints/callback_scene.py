"""A task that waits on the embedded engine, and the queue that callbacks come by."""

import json
from dataclasses import dataclass
from itertools import count
from typing import Any

from handrail.aws.clients import AwsConfig
from handrail.settings import Settings
from tests.engine.engine_fixture import Calls, eventually, one_state
from tests.environment import settings_of
from tests.web.served import QUICK

_numbers = count(1)


def waiting(queue_url: str) -> dict[str, Any]:
    return one_state(
        "Ask",
        Type="Task",
        Resource="arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        Parameters={"QueueUrl": queue_url, "MessageBody": {"token.$": "$$.Task.Token"}},
    )


@dataclass
class CallbackScene:
    """`url` is the queue's, `asked` where the state machine's task tells its token."""

    calls: Calls
    url: str
    machine: str

    @classmethod
    async def made(cls, calls: Calls, ending: str = "") -> "CallbackScene":
        name = f"answers-{next(_numbers)}"
        url = await calls.engine.make_callback_queue(f"{name}{ending}")
        asked = await calls.sqs.create_queue(QueueName=f"{name}-asked")
        return cls(calls, url, await calls.create(waiting(asked["QueueUrl"])))

    @property
    def dead_letters(self) -> str:
        stem, dot, fifo = self.url.partition(".fifo")
        return f"{stem}-dead-letters{dot}{fifo}"

    @property
    def config(self) -> AwsConfig:
        engine = self.calls.engine
        return AwsConfig(region=engine.region, endpoint_url=engine.endpoint_url, max_attempts=1)

    def settings(self, **options: Any) -> Settings:
        return settings_of(**{**QUICK, "callbacks_queue": self.url, **options})

    async def wait(self) -> dict[str, Any]:
        """A task that waits: `execution`, `event_id`, and the execution's `arn`."""
        arn = await self.calls.start(self.machine)
        scheduled = await self.calls.reached(arn, "TaskSubmitted")
        [event] = [each for each in scheduled if each["type"] == "TaskScheduled"]
        id = arn.partition(":execution:")[2]
        return {"execution": id, "event_id": event["id"], "arn": arn}

    async def send(self, body: Any, *, group: str | None = None) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        once = {"MessageGroupId": group, "MessageDeduplicationId": str(next(_numbers))}
        ordered = once if group else {}
        await self.calls.sqs.send_message(QueueUrl=self.url, MessageBody=text, **ordered)

    async def settled(self, task: dict[str, Any], **said: Any) -> None:
        place = {name: task[name] for name in ("execution", "event_id")}
        await self.send({**place, **said})

    async def ended(self, task: dict[str, Any]) -> str:
        return str((await self.calls.ended(task["arn"]))["status"])

    async def empty(self) -> None:
        """Until nothing is in the queue any more, seen or not."""

        async def look() -> bool | None:
            return None if any(await self.counts()) else True

        await eventually(look)

    async def buried(self, many: int) -> list[dict[str, Any]]:
        """So many dead letters."""
        found: list[dict[str, Any]] = []

        async def look() -> bool | None:
            answer = await self.calls.sqs.receive_message(
                QueueUrl=self.dead_letters, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
            )
            found.extend(answer.get("Messages", ()))
            return True if len(found) >= many else None

        await eventually(look)
        return found

    async def dead_lettered(self) -> list[dict[str, Any]]:
        """All dead letters there are."""
        found: list[dict[str, Any]] = []
        while answer := (
            await self.calls.sqs.receive_message(
                QueueUrl=self.dead_letters, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
            )
        ).get("Messages"):
            found += answer
            for each in answer:
                await self.calls.sqs.delete_message(
                    QueueUrl=self.dead_letters, ReceiptHandle=each["ReceiptHandle"]
                )
        return found

    async def counts(self) -> tuple[int, int]:
        """How many messages are in the queue that anybody sees, and that nobody sees."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        asked = await self.calls.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)
        seen, unseen = (int(asked["Attributes"][name]) for name in names)
        return seen, unseen


def code_of(message: dict[str, Any]) -> str:
    return str(message["MessageAttributes"]["handrail_code"]["StringValue"])
