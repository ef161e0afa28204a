"""Who is told of what, and by which id a subscription is known."""

import pytest

from handrail.core.errors import SettingsError
from handrail.core.models import ExecutionId
from handrail.core.news.notify_entries import MachinesEntry, NotifyEntry, parse_notify
from handrail.core.news.subscriptions import (
    NewsFilter,
    NewsSubscription,
    subscriptions_in,
    subscriptions_of_setting,
)

from .made_news import SECRET

OTHER = "whsec_" + "REVG" * 8
HOOK = {"on": ["failed", "waiting"], "url": "https://hooks.example.com/T0KEN", "secret": SECRET}


def one_of(machine: str = "orders", **changes: object) -> NewsSubscription:
    [found] = subscriptions_in(machine, [NotifyEntry.model_validate(HOOK | changes)], {})
    return found


def test_the_kinds_asked_for_come_in_the_order_of_the_news() -> None:
    asked = NewsFilter(("state:*.failed", "failed", "state:Pay.entered"))
    told = ("failed", "state:Pay.failed", "state:Ship.failed", "state:Ship.entered", "waiting")
    assert asked.matching(told) == ("failed", "state:Pay.failed", "state:Ship.failed")
    assert NewsFilter(("succeeded",)).matching(("state:Pay.succeeded",)) == ()


def test_an_id_is_of_the_machines_the_kinds_and_the_target_but_not_of_the_secret() -> None:
    known = one_of()
    assert len(known.id) == 12
    assert int(known.id, 16) >= 0
    assert one_of(secret=OTHER).id == known.id
    assert one_of(on=["waiting", "failed"]).id == known.id
    others = [
        one_of("refunds"),
        one_of(on=["failed"]),
        one_of(url="https://hooks.example.com/other"),
        one_of(url=None, secret=None, then={"machine": "m"}),
        one_of(url=None, secret=None, then={"machine": "m", "input": None}),
        one_of(url=None, secret=None, then={"machine": "m", "input": {"a": 1}}),
    ]
    assert len({known.id, *(other.id for other in others)}) == 7
    assert "T0KEN" not in repr(known)


def test_a_file_s_subscription_is_about_its_own_machine() -> None:
    found = one_of()
    assert found.about(ExecutionId("orders", "7f3c"))
    assert not found.about(ExecutionId("orders-2", "7f3c"))
    assert not found.about(ExecutionId("orders", "7f3c", label="Each"))
    assert not found.about(ExecutionId("orders", "7f3c", run="1"))
    assert found.place == "orders: notify[0]"


def test_the_setting_s_is_about_those_it_names() -> None:
    entries = parse_notify('[{"on": ["failed"], "url": "eventbridge:default", "machines": "o*"}]')
    [found] = subscriptions_of_setting(entries, {})
    assert found.about(ExecutionId("orders", "7f3c"))
    assert not found.about(ExecutionId("refunds", "7f3c"))
    assert found.place == "HANDRAIL_NOTIFY[0]"


def test_what_can_t_be_used_is_refused_with_every_place() -> None:
    said = MachinesEntry.model_validate(HOOK | {"secret": "env:HOOK"})
    plain = MachinesEntry.model_validate(HOOK)
    with pytest.raises(SettingsError) as refused:
        subscriptions_of_setting([said, plain, plain], {})
    assert str(refused.value) == (
        "HANDRAIL_NOTIFY[0]: the variable HOOK, which holds its secret, isn't set; "
        "HANDRAIL_NOTIFY[2]: says the same as HANDRAIL_NOTIFY[1]"
    )
