"""An AWS account as `handrail doctor` asks it: every service at one address, in each one's
protocol. Everything is well and allowed until a test says otherwise.

    async with whole_account() as account:
        account.deny("GetExecutionHistory")
        account.answers["ListShards"] = {"Shards": []}
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from aiohttp import web

from tests.stubs.serving import serving

ACCOUNT = "123456789012"
STATES = f"arn:aws:states:us-east-1:{ACCOUNT}"
ORDER, SYNC = f"{STATES}:stateMachine:order", f"{STATES}:stateMachine:quick"
GROUP = "/aws/vendedlogs/states/handrail-prod"
LOGGING = {
    "level": "ALL",
    "includeExecutionData": True,
    "destinations": [
        {
            "cloudWatchLogsLogGroup": {
                "logGroupArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{GROUP}:*"
            }
        }
    ],
}
STREAM_ARN = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/events"
CALLER = f"arn:aws:sts::{ACCOUNT}:assumed-role/handrail/session"
HANG = object()

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """AWS's code, and the status it comes with."""

    code: str
    status: int = 400


MAPPED = json.dumps(
    {
        "States": {
            "Each": {"Type": "Map", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"}}}
        }
    }
)


def _machine(arn: str, type: str, definition: str) -> Body:
    name = arn.rpartition(":")[2]
    listed = {"stateMachineArn": arn, "name": name, "type": type, "creationDate": 1.0}
    described = {"status": "ACTIVE", "definition": definition, "roleArn": "arn:aws:iam::1:role/x"}
    tracing = {"tracingConfiguration": {"enabled": True}}
    return {**listed, **described, **tracing, "loggingConfiguration": LOGGING}


def _machines() -> dict[str, Body]:
    made = (_machine(ORDER, "STANDARD", MAPPED), _machine(SYNC, "EXPRESS", "{}"))
    return {each["stateMachineArn"]: each for each in made}


def _answers() -> dict[str, Any]:
    quota = "GetExecutionHistory throttle token"
    quotas = {
        "Quotas": [
            {"QuotaName": f"{quota} refill rate per second", "Value": 20.0},
            {"QuotaName": f"{quota} bucket size", "Value": 400.0},
        ]
    }
    filters = [{"filterPattern": "", "destinationArn": STREAM_ARN}]
    key_schema = [{"AttributeName": "pk", "KeyType": "HASH"}]
    key_schema += [{"AttributeName": "sk", "KeyType": "RANGE"}]
    table = {"KeySchema": key_schema, "GlobalSecondaryIndexes": [{"IndexName": "due"}]}
    dead_letters = {"deadLetterTargetArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:callbacks-dead"}
    expiry = {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    return {
        "ListExecutions": {"executions": []},
        "DescribeExecution": Refused("ExecutionDoesNotExist"),
        "DescribeStateMachineForExecution": Refused("ExecutionDoesNotExist"),
        "GetExecutionHistory": Refused("ExecutionDoesNotExist"),
        "DescribeMapRun": Refused("ResourceNotFound"),
        "DescribeStateMachineAlias": Refused("ResourceNotFound"),
        "ListStateMachineVersions": {"stateMachineVersions": []},
        "ListStateMachineAliases": {"stateMachineAliases": []},
        "StartExecution": Refused("InvalidName"),
        "StartSyncExecution": Refused("InvalidName"),
        "StopExecution": Refused("ExecutionDoesNotExist"),
        "RedriveExecution": Refused("ExecutionDoesNotExist"),
        "GetItem": {},
        "BatchGetItem": {"Responses": {}},
        "Query": {"Items": [], "Count": 0},
        **dict.fromkeys(
            ("PutItem", "DeleteItem", "UpdateItem"), Refused("ConditionalCheckFailedException")
        ),
        "DescribeTable": {"Table": table},
        "DescribeTimeToLive": {"TimeToLiveDescription": expiry},
        "ListShards": {"Shards": [{"ShardId": "shardId-0", "SequenceNumberRange": {}}]},
        "DescribeStreamSummary": {
            "StreamDescriptionSummary": {"StreamStatus": "ACTIVE", "RetentionPeriodHours": 24}
        },
        "GetShardIterator": {"ShardIterator": "here"},
        "GetRecords": {"Records": []},
        "GetQueueUrl": {"QueueUrl": f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/callbacks"},
        "GetQueueAttributes": {"Attributes": {"RedrivePolicy": json.dumps(dead_letters)}},
        "DescribeSubscriptionFilters": {"subscriptionFilters": filters},
        "ListAWSDefaultServiceQuotas": quotas,
        "ListServiceQuotas": quotas,
        "Invoke": Refused("ResourceNotFoundException", 404),
        "PostToConnection": Refused("GoneException", 410),
        "DeleteConnection": Refused("GoneException", 410),
    }


@dataclass(slots=True)
class WholeAccount:
    """`asked` has every call, in order. `decide` is what the policy simulator says of an action;
    `now` dates answers."""

    url: str = ""
    answers: dict[str, Any] = field(default_factory=_answers)
    machines: dict[str, Body] = field(default_factory=_machines)
    asked: list[tuple[str, Body]] = field(default_factory=list)
    everything: Any = None
    decide: Callable[[str], str] = lambda action: "allowed"
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def deny(self, *operations: str) -> None:
        for operation in operations:
            self.answers[operation] = Refused("AccessDeniedException", 400)

    @property
    def operations(self) -> set[str]:
        return {operation for operation, _ in self.asked}

    async def by_target(self, request: web.Request) -> web.StreamResponse:
        """AWS JSON, or the Query protocol of STS and IAM."""
        if "X-Amz-Target" not in request.headers:
            form = dict(await request.post())
            return await self._answer(str(form["Action"]), form, xml=True)
        operation = request.headers["X-Amz-Target"].rpartition(".")[2]
        return await self._answer(operation, json.loads(await request.read()))

    async def by_path(self, request: web.Request) -> web.StreamResponse:
        """Lambda, and API Gateway's management."""
        operation = "DeleteConnection" if request.method == "DELETE" else "PostToConnection"
        if "invocations" in request.path:
            operation = "Invoke"
        kind = {"InvocationType": request.headers.get("X-Amz-Invocation-Type")}
        return await self._answer(operation, kind)

    async def _answer(
        self, operation: str, asked: Mapping[str, Any], *, xml: bool = False
    ) -> web.StreamResponse:
        self.asked.append((operation, dict(asked)))
        answer = self.everything or self.answers.get(operation)
        headers = {"Date": format_datetime(self.now(), usegmt=True)}
        if answer is HANG:
            await self.released.wait()
            raise web.HTTPServiceUnavailable
        if isinstance(answer, Refused):
            return _refusal(answer, headers, xml=xml)
        if xml:
            return web.Response(text=self._xml(operation, asked), headers=headers)
        return web.json_response(answer or self._of_machine(operation, asked), headers=headers)

    def _of_machine(self, operation: str, asked: Mapping[str, Any]) -> Body:
        if operation == "ListStateMachines":
            return {"stateMachines": list(self.machines.values())}
        if operation == "DescribeStateMachine":
            return self.machines[asked["stateMachineArn"]]
        return {}

    def _xml(self, operation: str, asked: Mapping[str, Any]) -> str:
        if operation == "GetCallerIdentity":
            told = f"<Account>{ACCOUNT}</Account><Arn>{CALLER}</Arn><UserId>A</UserId>"
        elif operation == "GetRole":
            arn = f"<Arn>arn:aws:iam::{ACCOUNT}:role/path/handrail</Arn>"
            told = f"<Role><Path>/path/</Path><RoleName>handrail</RoleName>{arn}</Role>"
        else:
            actions = [value for name, value in asked.items() if name.startswith("ActionNames")]
            members = (
                f"<member><EvalActionName>{action}</EvalActionName>"
                f"<EvalDecision>{self.decide(str(action))}</EvalDecision></member>"
                for action in actions
            )
            told = f"<EvaluationResults>{''.join(members)}</EvaluationResults>"
        result, response = f"{operation}Result", f"{operation}Response"
        return f"<{response}><{result}>{told}</{result}></{response}>"


def _refusal(refused: Refused, headers: dict[str, str], *, xml: bool) -> web.Response:
    if xml:
        error = f"<Error><Code>{refused.code}</Code><Message>no</Message></Error>"
        text = f"<ErrorResponse>{error}</ErrorResponse>"
        return web.Response(text=text, status=refused.status, headers=headers)
    body = {"__type": refused.code, "message": "no"}
    named = {"x-amzn-ErrorType": refused.code}
    return web.json_response(body, status=refused.status, headers=headers | named)


@asynccontextmanager
async def whole_account() -> AsyncIterator[WholeAccount]:
    account = WholeAccount()
    app = web.Application()
    app.router.add_post("/", account.by_target)
    app.router.add_route("*", "/{path:.+}", account.by_path)
    async with serving(app) as account.url:
        try:
            yield account
        finally:
            account.released.set()
