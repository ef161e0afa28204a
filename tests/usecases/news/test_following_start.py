"""Starting what `then` asks for."""

import asyncio
import json

import pytest
from structlog.testing import capture_logs

from handrail.core.errors import Unavailable
from handrail.core.machine_patterns import EVERY_MACHINE
from handrail.core.models import ExecutionId, ExecutionStatus
from handrail.core.news.deliveries import Delivery, DeliveryFailed
from handrail.core.news.news import News
from handrail.core.news.news_documents import deliveries
from handrail.core.news.subscriptions import NewsFilter, NewsSubscription
from handrail.core.news.targets import StartTarget
from handrail.usecases.news.following_start import FollowingStart
from tests.fakes import ACCOUNT, BEGIN
from tests.usecases.starting import Setting

from .sending import FIRST

SOURCE = ExecutionId("checkout", "7f3c")


@pytest.fixture
def setting() -> Setting:
    return Setting()


def news(
    *, machine: str = "orders", output: str = '{"total": 3}', source: ExecutionId = SOURCE
) -> Delivery:
    kinds, status = ("succeeded",), ExecutionStatus.SUCCEEDED
    told = News(source, BEGIN, 9, BEGIN, kinds, status, input="{}", output=output)
    target = StartTarget(machine, "{% $states.output %}")
    subscription = NewsSubscription(FIRST, EVERY_MACHINE, NewsFilter(kinds), target)
    (delivery,) = deliveries(told, [subscription], now=BEGIN, account=ACCOUNT, deepest=2)
    return delivery


async def deliver(setting: Setting, delivery: Delivery, machine: str = "orders") -> None:
    start = FollowingStart(machine, setting.service)
    delivering = asyncio.ensure_future(start.deliver(delivery))
    await setting.clock.advance(3)
    await delivering


async def failure(setting: Setting, delivery: Delivery, machine: str = "orders") -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as caught:
        await deliver(setting, delivery, machine)
    return caught.value


async def test_an_execution_is_started_with_what_was_evaluated(setting: Setting) -> None:
    await deliver(setting, news())
    (started,) = setting.aws.executions.values()
    assert started.id.machine == "orders"
    assert started.id.name.startswith("7f3c-then1-")
    assert json.loads(started.input or "") == {"total": 3}


async def test_the_same_news_starts_it_once(setting: Setting) -> None:
    for _ in range(2):
        await deliver(setting, news())
    assert len(setting.aws.executions) == 1


async def test_also_by_another_process_when_it_has_ended(setting: Setting) -> None:
    await deliver(setting, news())
    (started,) = setting.aws.executions.values()
    setting.aws.end(str(started.id))
    setting.service = setting.another_process()
    await deliver(setting, news())
    assert len(setting.aws.executions) == 1


async def test_a_start_whose_answer_was_lost_is_repeated(setting: Setting) -> None:
    setting.aws.fail("start", Unavailable("AWS can't be reached."))
    with pytest.raises(Unavailable):
        await deliver(setting, news())
    await deliver(setting, news())
    assert len(setting.aws.executions) == 1


async def test_a_machine_that_isn_t_there_may_be_there_later(setting: Setting) -> None:
    failed = await failure(setting, news(machine="missing"), "missing")
    assert failed.detail == "there is no state machine missing"
    assert not failed.final


async def test_another_input_under_the_same_name_is_final(setting: Setting) -> None:
    await deliver(setting, news())
    failed = await failure(setting, news(output='{"total": 4}'))
    assert failed.final
    assert failed.detail.endswith("with another input")
    assert "7f3c-then1-" in failed.detail


async def test_an_input_that_breaks_the_schema_is_final(setting: Setting) -> None:
    failed = await failure(setting, news(output='"forbidden"'))
    assert failed.final
    assert failed.detail.startswith("orders: ")
    assert setting.aws.executions == {}


async def test_a_chain_that_is_too_deep_is_final(setting: Setting) -> None:
    source = SOURCE
    for _ in range(2):
        await deliver(setting, news(source=source))
        source = list(setting.aws.executions.values())[-1].id
    failed = await failure(setting, news(source=source))
    assert failed.final
    assert "HANDRAIL_THEN_DEPTH is 2" in failed.detail
    assert len(setting.aws.executions) == 2


async def test_each_start_has_an_audit_line(setting: Setting) -> None:
    with capture_logs() as logs:
        await deliver(setting, news())
        await setting.clock.advance(10)
        await deliver(setting, news())
    first, again = [each for each in logs if each.get("audit")]
    (started,) = setting.aws.executions.values()
    assert first == {
        "event": "execution started",
        "log_level": "info",
        "audit": True,
        "action": "start",
        "outcome": "done",
        "execution": str(started.id),
        "execution_arn": started.arn,
        "news": "checkout:7f3c:9",
    }
    assert (again["event"], again["outcome"]) == ("start repeated", "repeated")
    assert "total" not in str(logs)
