"""What is sent of news: a document in Standard Webhooks' form, or what starts an execution."""

import json
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from handrail.core.models import ExecutionId, ExecutionStatus
from handrail.core.news.deliveries import Delivery
from handrail.core.news.news import News, StateFailure
from handrail.core.news.news_documents import MOST_BODY, body, deliveries, with_links
from handrail.core.news.news_kinds import EXECUTION_KINDS, STATE_VERBS
from handrail.core.news.news_shapes import NewsData, NewsDocument, NewsType
from handrail.core.news.started_executions import read_start
from handrail.core.news.subscriptions import NewsSubscription
from handrail.core.news.targets import StartTarget

from .made_news import ACCOUNT, AT, WEBHOOK, news, subscription

VALIDATOR = Draft202012Validator(TypeAdapter(NewsDocument).json_schema())
LINKS = {"self": "https://handrail.example/v1/executions/orders:7f3c"}


def made(told: News, *asking: NewsSubscription) -> list[Delivery]:
    return deliveries(told, asking, now=AT, account=ACCOUNT, deepest=5)


def drawn(told: News, *kinds: str) -> dict[str, Any]:
    """As the API describes it."""
    document: dict[str, Any] = json.loads(body(told, kinds or told.kinds[:1]))
    VALIDATOR.validate(document)
    assert document["data"].keys() <= NewsData.__annotations__.keys()
    return document


def test_a_failure_is_told_with_its_error_and_the_input() -> None:
    assert drawn(news()) == {
        "type": "execution.failed",
        "id": "orders:7f3c:24",
        "timestamp": "2026-01-01T12:00:00.250Z",
        "data": {
            "execution": "orders:7f3c",
            "state_machine": "orders",
            "name": "7f3c",
            "status": "FAILED",
            "event_id": 24,
            "kinds": ["failed"],
            "started_at": "2026-01-01T00:00:00.000Z",
            "error": "Declined",
            "cause": "No money.",
            "input": {"order": 7},
            "links": {},
        },
    }


def test_a_success_is_told_with_its_output_as_it_was_written() -> None:
    told = news(
        kinds=("succeeded",), status=ExecutionStatus.SUCCEEDED, error=None, cause=None,
        output='{"total": 12345678901234567890.10, "total": 1e400}',
    )  # fmt: skip
    text = body(told, ("succeeded",))
    assert '"output":{"total": 12345678901234567890.10, "total": 1e400}' in text
    assert "output_omitted" not in text


def test_a_state_s_news_tells_of_the_state_alone() -> None:
    told = news(failures=(StateFailure("state:Pay.failed", "Inner", "pay broke"),))
    document = drawn(told, "state:Pay.failed")
    assert document["type"] == "state.failed"
    data = document["data"]
    assert (data["state"], data["error"], data["cause"]) == ("Pay", "Inner", "pay broke")
    assert "input" not in data
    assert drawn(told, "failed", "state:Pay.failed")["data"]["kinds"] == [
        "failed",
        "state:Pay.failed",
    ]


def test_what_waits_is_told_with_the_task_that_can_be_settled() -> None:
    told = news(
        kinds=("waiting",), status=ExecutionStatus.RUNNING, task="Ask", error=None, cause=None
    )
    document = drawn(told)
    assert document["type"] == "execution.waiting"
    assert document["data"]["task"] == {"event_id": 24, "state": "Ask"}


def test_links_are_put_in_when_it_is_sent() -> None:
    told = news(kinds=("waiting",), task="Ask", input='{"a": 1.10}')
    before = body(told, ("waiting",))
    text = with_links(before, LINKS, task_link="https://h.example/c/x")
    data = json.loads(text)["data"]
    assert data["links"] == LINKS
    assert data["task"] == {"event_id": 24, "state": "Ask", "link": "https://h.example/c/x"}
    assert '"input":{"a": 1.10}' in text
    assert json.loads(with_links(before, {}))["data"]["task"] == {"event_id": 24, "state": "Ask"}
    assert with_links(before, {}) == before


def test_where_there_is_no_link_it_says_why() -> None:
    before = body(news(kinds=("waiting",), task="Ask"), ("waiting",))
    text = with_links(before, LINKS, no_task_link='It "is" over.')
    data = json.loads(text)["data"]
    task = {"event_id": 24, "state": "Ask", "link": None, "link_omitted": 'It "is" over.'}
    assert (data["task"], data["links"]) == (task, LINKS)
    with pytest.raises(ValueError, match="no links belong"):
        with_links(body(news(), ("failed",)), {}, no_task_link="It is over.")


def test_a_link_goes_only_where_a_task_waits() -> None:
    lookalike = '{"a": 1, "task":{"event_id":1,"state":"Ask"}}'
    for told in (news(), news(input=lookalike), news(cause=lookalike, input=lookalike)):
        with pytest.raises(ValueError, match="no links belong"):
            with_links(body(told, ("failed",)), {}, task_link="https://h.example/c/x")
    with pytest.raises(ValueError, match="no links belong"):
        with_links("{}", LINKS)


def test_what_aws_left_out_is_said_to_be_omitted() -> None:
    told = news(kinds=("succeeded",), input=None, output=None, error=None, cause=None)
    data = drawn(told)["data"]
    assert (data["input_omitted"], data["output_omitted"]) == (True, True)
    assert "input" not in data


def test_what_a_receiver_s_parser_may_not_read_is_omitted() -> None:
    """Whoever may start an execution can send it, and must not silence the news of it so."""
    deep = "[" * 5_000 + "]" * 5_000
    ended = news(kinds=("succeeded",), input=deep, output='{"order": [[7]]}')
    data = json.loads(body(ended, ("succeeded",)))["data"]
    assert (data["input_omitted"], data["output"]) == (True, {"order": [[7]]})


def test_the_longest_is_omitted_where_all_is_too_much() -> None:
    long = json.dumps("x" * 100_000)
    told = news(
        kinds=("succeeded",), input=long, output=json.dumps("y" * 90_000), error=None, cause=None
    )
    data = drawn(told)["data"]
    assert data["input_omitted"]
    assert data["output"] == "y" * 90_000
    data = drawn(news(input=long, cause="\N{EURO SIGN}" * 32_768))["data"]
    assert data["input_omitted"]
    assert data["cause"] == "\N{EURO SIGN}" * 32_768


TEXTS = st.builds(
    lambda text, times: text * times, st.text(max_size=9), st.sampled_from([1, 5_000, 20_000])
)


@settings(max_examples=40)
@given(TEXTS, TEXTS, TEXTS)
def test_a_body_is_json_of_128_kib_at_most_with_its_links(
    input: str, output: str, cause: str
) -> None:
    told = news(
        kinds=("failed", "state:Ask.waiting"), task="Ask", cause=cause,
        input=json.dumps(input), output=json.dumps(output, ensure_ascii=False),
    )  # fmt: skip
    text = with_links(
        body(told, told.kinds), {"self": "https://h.example/" + "x" * 4000}, task_link="x" * 4000
    )
    document = json.loads(text)
    VALIDATOR.validate(document)
    data = document["data"]
    assert len(text.encode()) <= MOST_BODY
    for name, value in (("input", input), ("output", output), ("cause", cause)):
        assert (name in data) != (f"{name}_omitted" in data)
        assert data.get(name, value) == value


def test_each_who_asks_is_told_once_with_all_the_kinds_asked_for() -> None:
    [one, two] = made(
        news(),
        subscription("failed", "state:*.failed"),
        subscription("succeeded"),
        subscription("failed", machine="refunds"),
        subscription("failed", target=WEBHOOK),
    )
    assert one.kinds == ("failed", "state:Pay.failed")
    assert two.kinds == ("failed",)
    assert (one.at, one.created_at, one.due_at, one.attempts) == (AT, AT, AT, 0)
    assert json.loads(two.body)["data"]["kinds"] == ["failed"]


def test_of_a_distributed_map_s_children_nobody_is_told() -> None:
    assert made(news(execution=ExecutionId("orders", "7f3c", label="Each")), subscription()) == []


def test_a_start_gets_what_its_expressions_give() -> None:
    template = {
        "order": "{% $states.input.order %}",
        "why": "{% $states.errorOutput.Error %}",
        "n": 1,
    }
    [delivery] = made(news(), subscription(target=StartTarget("refund", template)))
    order = read_start(delivery.body)
    assert json.loads(order.input) == {"order": 7, "why": "Declined", "n": 1}
    assert order.name.startswith("7f3c-then1-")


def test_a_start_without_an_input_gets_the_news() -> None:
    [delivery] = made(news(), subscription(target=StartTarget("refund")))
    assert json.loads(read_start(delivery.body).input) == drawn(news())


def test_each_kind_has_a_type() -> None:
    types = {f"execution.{kind}" for kind in EXECUTION_KINDS} | {f"state.{v}" for v in STATE_VERBS}
    assert types == set(get_args(NewsType))
    for kind in (*EXECUTION_KINDS, *(f"state:Pay.{verb}" for verb in STATE_VERBS)):
        drawn(news(kinds=(kind,)))
