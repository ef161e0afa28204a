"""News waits in the table where there is one, else on the bus, and in dev in this process."""

from typing import Any

import pytest

from handrail.aws.clients import AwsConfig
from handrail.aws.dynamodb.stored_outbox import AwsOutbox
from handrail.entrypoints.compose_base import open_base
from handrail.entrypoints.compose_outbox import account_on, news_service_on, outbox_on
from handrail.usecases.local_engine import LocalEngine
from handrail.usecases.machine_folder import Survey
from handrail.usecases.news.in_memory_outbox import InMemoryOutbox
from tests.environment import settings_of
from tests.stubs.stepfunctions import StepFunctionsStub

from .test_notified import HOOK, folder

LOCAL = Survey([folder(HOOK)], (), LocalEngine(lambda _: (), lambda _: (), ()))


@pytest.mark.parametrize(
    ("survey", "settings", "kind"),
    [
        (Survey([folder(HOOK)]), {"table": "handrail"}, AwsOutbox),
        (LOCAL, {"table": "handrail"}, InMemoryOutbox),
        (Survey([folder(HOOK)]), {}, type(None)),
    ],
    ids=["table", "dev", "none"],
)
async def test_the_outbox_is_where_the_settings_have_room(
    survey: Survey, settings: dict[str, Any], kind: type
) -> None:
    async with StepFunctionsStub() as stub:
        config = AwsConfig(endpoint_url=stub.url)
        async with open_base(settings_of(**settings), config, survey) as base:
            assert type(outbox_on(base)) is kind
            shown = news_service_on(base)
            assert (type(shown.outbox), shown.sends) == (kind, True)
            assert [each.place for each in shown.subscriptions.values()] == ["orders: notify[0]"]
            assert account_on(base).account_id == "0" * 12
            stub.add_machine("order")
            await base.catalogue.list_all()
            assert account_on(base) == base.catalogue.known_account()
