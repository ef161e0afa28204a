"""Who asks for a state machine's executions is known by patterns, and may change."""

from handrail.core.machine_patterns import MachinePatterns
from handrail.core.models import ExecutionId
from handrail.usecases.news.subscribers import Subscribers

from .news_stage import subscription


def id_of(text: str) -> ExecutionId:
    return ExecutionId.parse(text)


def test_those_are_asked_for_whose_state_machine_s_name_a_pattern_meets() -> None:
    orders, starts = subscription("failed"), subscription("started", machine="pay*", id="f" * 12)
    subscribers = Subscribers.of([orders, starts])
    assert subscribers.asking("orders") == (orders,)
    assert subscribers.asking("payments") == (starts,)
    assert (subscribers.ask_for_starts("payments"), subscribers.ask_for_starts("orders")) == (
        True,
        False,
    )
    assert subscribers.asks(id_of("orders:one"))
    assert not subscribers.asks(id_of("refunds:one"))


def test_children_of_maps_and_express_executions_are_nobody_s_news() -> None:
    subscribers = Subscribers.of([subscription("failed")])
    assert not subscribers.asks(id_of("orders/Each:one"))
    assert not subscribers.asks(id_of("orders:one:run"))


def test_the_mapping_stays_the_same_when_others_ask() -> None:
    subscribers = Subscribers.of([subscription("failed")])
    known = subscribers.by_id
    subscribers.asking("orders")
    subscribers.replace([subscription("failed", machine="payments", id="f" * 12)])
    assert list(known) == ["f" * 12]
    assert subscribers.asking("orders") == ()


def test_of_what_this_service_is_not_for_nobody_is_told() -> None:
    subscribers = Subscribers(MachinePatterns(("*-prod",)))
    subscribers.replace([subscription("failed", machine="*")])
    assert subscribers.asks(id_of("orders-prod:one"))
    assert not subscribers.asks(id_of("orders-dev:one"))
