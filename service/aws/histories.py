"""Reading histories page by page: the adapter of `ports.Histories`."""

from service.aws.calls import AwsCalls
from service.aws.clients import Clients
from service.aws.dates import answered_at
from service.core.events import parse_event
from service.core.models import HistoryEvent, Page

PAGE_SIZE = 1000
"""The most events GetExecutionHistory gives at once."""


class AwsHistories:
    """Histories of Standard executions, payloads included."""

    def __init__(self, clients: Clients, calls: AwsCalls) -> None:
        self._sfn = clients.sfn
        self._calls = calls

    async def read_page(
        self,
        execution_arn: str,
        *,
        limit: int,
        newest_first: bool = False,
        token: str | None = None,
    ) -> Page[HistoryEvent]:
        """`limit` beyond 1,000 reads 1,000."""
        reading = self._sfn.get_execution_history(
            executionArn=execution_arn,
            maxResults=min(limit, PAGE_SIZE),
            reverseOrder=newest_first,
            includeExecutionData=True,
            **({"nextToken": token} if token else {}),
        )
        answer = await self._calls.call("GetExecutionHistory", reading, resource=execution_arn)
        events = tuple(map(parse_event, answer["events"]))
        return Page(events, answer.get("nextToken"), answered_at(answer))
