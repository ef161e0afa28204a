"""News and subscriptions for the tests of what is made of them."""

from datetime import UTC, datetime
from typing import Any

from handrail.core.machine_patterns import MachinePatterns
from handrail.core.models import Account, ExecutionId, ExecutionStatus
from handrail.core.news.news import News
from handrail.core.news.subscriptions import NewsFilter, NewsSubscription
from handrail.core.news.targets import Target, TopicTarget, WebhookTarget

AT = datetime(2026, 1, 1, 12, 0, 0, 250_000, tzinfo=UTC)
ACCOUNT = Account("aws", "eu-west-1", "123456789012")
SECRET = "whsec_" + "QUJD" * 8
TOPIC = TopicTarget("arn:aws:sns:eu-west-1:123456789012:news")
WEBHOOK = WebhookTarget("https://hooks.example.com/T0KEN", SECRET)


def news(**changes: Any) -> News:
    given: dict[str, Any] = {
        "execution": ExecutionId("orders", "7f3c"),
        "started_at": datetime(2026, 1, 1, tzinfo=UTC),
        "event_id": 24,
        "at": AT,
        "kinds": ("failed", "state:Pay.failed"),
        "status": ExecutionStatus.FAILED,
        "input": '{"order": 7}',
        "error": "Declined",
        "cause": "No money.",
    }
    return News(**given | changes)


def subscription(
    *on: str, target: Target = TOPIC, machine: str = "orders", place: str = "HANDRAIL_NOTIFY[0]"
) -> NewsSubscription:
    kinds = NewsFilter(on or ("failed",))
    return NewsSubscription("0123456789ab", MachinePatterns((machine,)), kinds, target, place=place)
