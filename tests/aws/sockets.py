"""A socket and a subscription to tell of, and who looks at an execution."""

from datetime import timedelta

from handrail.aws.dynamodb.connections import AwsConnections
from handrail.core.access.principals import AccessScope, Grant, Principal
from handrail.core.apigateway import GatewayConnection, GatewaySubscription, SubscriptionRequest
from tests.fakes import BEGIN

ID = "L0SM9cOFvHcCIhw="
SOCKET = GatewayConnection(ID, opened_at=BEGIN, due_at=BEGIN + timedelta(hours=1))
WHO = Principal(
    "shop",
    (Grant(AccessScope.READ), Grant(AccessScope.START, "order-*")),
    ("order-*", "loan"),
    BEGIN + timedelta(minutes=9, microseconds=7),
)
WANTED = SubscriptionRequest("s1", "order:7f3c")


async def looking(sockets: AwsConnections, execution: str) -> list[GatewaySubscription]:
    return [each async for page in sockets.subscriptions(execution) for each in page]


async def only(sockets: AwsConnections, execution: str = WANTED.execution) -> GatewaySubscription:
    (found,) = await looking(sockets, execution)
    return found
