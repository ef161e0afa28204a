"""Links in news, put in when it is sent."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from handrail.core.access.signed_links import Keyring
from handrail.core.errors import NotShownYet
from handrail.core.models import ExecutionId, ExecutionStatus
from handrail.core.news.deliveries import Delivery
from handrail.core.news.news import News
from handrail.core.news.news_documents import body
from handrail.core.protocol.paths import Addresses
from handrail.usecases.news.linked_news import BEYOND_LINKS, OVER, LinkedNews, NewsLinks
from handrail.usecases.signed_links import LinkService
from tests.fakes import BEGIN
from tests.usecases.live.stage import ID
from tests.usecases.settling import Setting, yes

from .sending import FIRST, FakeTarget

KEYS = Keyring.parse(f"a:{'s' * 32}")
ORIGIN = "https://steps.example.com"
EXECUTION = ExecutionId.parse(ID)


@pytest.fixture
async def setting() -> AsyncIterator[Setting]:
    setting = Setting()
    yield setting
    await setting.close()


def links(setting: Setting, *, keys: Keyring = KEYS) -> LinkService:
    parts = setting.hubs[0], setting.service, setting.catalogue, setting.clock
    return LinkService(keys, *parts, ttl_s=604_800)


def waiting_news(event_id: int, *, kinds: tuple[str, ...] = ("waiting",)) -> Delivery:
    task = "Ask" if "waiting" in kinds[0] else None
    status = ExecutionStatus.RUNNING
    news = News(EXECUTION, BEGIN, event_id, BEGIN, kinds, status, input="{}", task=task)
    text = body(news, kinds)
    return Delivery(FIRST, EXECUTION, event_id, BEGIN, kinds, text, BEGIN, BEGIN)


Sent = Callable[..., Any]


async def sent(
    setting: Setting, delivery: Delivery, *, signs: bool = True, keys: Keyring = KEYS
) -> Any:
    """The document that comes to the target."""
    target, prefix = FakeTarget(), Addresses(prefix="/steps")
    put = NewsLinks(links(setting, keys=keys), prefix, ORIGIN)
    await setting.in_time(LinkedNews(target, put, signs).deliver(delivery))
    (taken,) = target.taken
    assert (taken.id, taken.key) == (delivery.id, delivery.key)
    return json.loads(taken.body)


async def test_all_news_leads_to_its_execution(setting: Setting) -> None:
    document = await sent(setting, waiting_news(1, kinds=("started",)), signs=False)
    assert document["data"]["links"] == {"self": f"{ORIGIN}/steps/v1/executions/{ID}"}


@pytest.mark.parametrize("kinds", [("waiting",), ("state:Ask.waiting",)])
async def test_a_task_that_waits_has_a_link_that_settles_it(
    setting: Setting, kinds: tuple[str, ...]
) -> None:
    event_id = setting.wait()
    document = await sent(setting, waiting_news(event_id, kinds=kinds))
    task = document["data"]["task"]
    before, _, signed = task["link"].rpartition("/")
    assert before == f"{ORIGIN}/steps/v1/callbacks"
    service = links(setting)
    link = service.read(signed)
    assert (link.execution, link.event_id) == (EXECUTION, event_id)
    await setting.in_time(service.settle(link, yes()))
    assert setting.outcomes() == ["TaskSucceeded"]
    assert "link_omitted" not in task


async def test_who_asks_for_no_links_gets_none(setting: Setting) -> None:
    document = await sent(setting, waiting_news(setting.wait()), signs=False)
    assert document["data"]["task"].keys() == {"event_id", "state"}


async def test_a_task_that_waits_no_longer_has_none_and_its_news_says_so(setting: Setting) -> None:
    event_id = setting.wait()
    await setting.settle(event_id, yes())
    task = (await sent(setting, waiting_news(event_id)))["data"]["task"]
    assert (task["link"], task["link_omitted"]) == (None, OVER)


async def test_a_task_that_no_link_can_settle_says_so(setting: Setting) -> None:
    setting.history.main.enter("Task", "Ask")
    event_id = setting.schedule({"MessageBody": "no token in here"})
    task = (await sent(setting, waiting_news(event_id)))["data"]["task"]
    assert (task["link"], task["link_omitted"]) == (None, BEYOND_LINKS)


async def test_without_keys_no_link_is_made(setting: Setting) -> None:
    event_id = setting.wait()
    task = (await sent(setting, waiting_news(event_id), keys=Keyring()))["data"]["task"]
    assert (task["link"], task["link_omitted"]) == (None, BEYOND_LINKS)


async def test_where_nobody_can_tell_it_is_sent_later(setting: Setting) -> None:
    """AWS's reads don't show the task yet: it isn't over for that."""
    setting.wait()
    with pytest.raises(NotShownYet):
        await sent(setting, waiting_news(99))


async def test_no_link_is_logged(setting: Setting) -> None:
    with capture_logs() as logs:
        document = await sent(setting, waiting_news(setting.wait()))
    signed = document["data"]["task"]["link"].rpartition("/")[2]
    assert signed not in str(logs)


async def test_what_waits_in_the_outbox_stays_without(setting: Setting) -> None:
    delivery = waiting_news(setting.wait())
    before = replace(delivery)
    await sent(setting, delivery)
    assert delivery == before
    assert "/v1/" not in delivery.body
