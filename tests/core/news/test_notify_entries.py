"""What `notify` may say, and how it is told what is wrong with it."""

import json
from traceback import format_exception
from typing import Any

import pytest
from pydantic import ValidationError

from handrail.core.definition.field_errors import field_errors
from handrail.core.errors import InvalidDefinition
from handrail.core.models import Json
from handrail.core.news.notify_entries import NotifyEntry, filled_entries, parse_notify
from handrail.core.news.targets import THE_NEWS, StartTarget, TopicTarget, WebhookTarget

from .made_news import SECRET

URL = "https://hooks.example.com/T0KEN"
TOPIC = "sns:arn:aws:sns:eu-west-1:123456789012:news"
HOOK = {"on": ["failed"], "url": URL, "secret": SECRET}


def entry(**given: Any) -> NotifyEntry:
    return NotifyEntry.model_validate(given)


def said_of(given: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as refused:
        NotifyEntry.model_validate(given)
    written = "".join(format_exception(refused.value))
    assert "T0KEN" not in written
    assert SECRET not in written
    return "; ".join(f"{e.path}: {e.message}" for e in field_errors(refused.value, root="it"))


def test_an_entry_says_on_what_and_where_to() -> None:
    assert entry(**HOOK).target({}) == WebhookTarget(URL, SECRET)
    assert entry(on=["waiting"], url=TOPIC, links=True).links
    assert entry(on=["failed"], then={"machine": "m"}).target({}) == StartTarget("m", THE_NEWS)
    assert entry(on=["failed"], then={"machine": "m", "input": None}).target({}) == (
        StartTarget("m", None)
    )


def test_nothing_secret_shows_in_its_repr() -> None:
    assert "T0KEN" not in repr(entry(**HOOK))
    assert SECRET not in repr(entry(**HOOK))


def test_a_secret_may_stand_in_a_variable() -> None:
    given = entry(on=["failed"], url=URL, secret="env:HOOK_SECRET")
    assert given.target({"HOOK_SECRET": f" {SECRET}\n"}) == WebhookTarget(URL, SECRET)
    for environment in ({}, {"HOOK_SECRET": " "}):
        with pytest.raises(ValueError, match=r"HOOK_SECRET, which holds its secret, isn't set"):
            given.target(environment)
    with pytest.raises(ValueError, match="HOOK_SECRET must read whsec_") as refused:
        given.target({"HOOK_SECRET": "T0KEN"})
    assert "T0KEN" not in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"on": []}, "on: "),
        ({"on": ["fail"]}, "on: fail is no kind of news"),
        ({"on": ["failed", "failed"]}, "on: failed stands there twice"),
        ({"secret": "T0KEN"}, "secret: reads whsec_"),
        ({"secret": "whsec_T0KEN"}, "secret: must read whsec_ and the base64 of 24 to 64 bytes"),
        ({"secret": "whsec_" + "QUJD" * 22}, "secret: must read whsec_"),
        ({"secret": "env:"}, "secret: reads whsec_"),
        ({"secret": None}, "it: url: a webhook needs a secret"),
        ({"url": "https://u:T0KEN@example.com"}, "it: url: a URL holds no user"),
        ({"url": TOPIC}, "it: url: sns: takes no secret"),
        ({"url": None}, "it: has either a url or a then"),
        ({"then": {"machine": "m"}}, "it: has either a url or a then"),
        ({"then": {"machine": ""}}, "then.machine: "),
        ({"then": {"machine": "m", "depth": 1}}, "then.depth: "),
        ({"url": None, "then": {"machine": "m"}}, "it: secret: a then takes none"),
        ({"links": True}, "it: links: only news of waiting"),
        ({"to": "T0KEN"}, "to: "),
        (
            {"then": {"machine": "m", "input": {"a": ["{% $x %}"]}}},
            "then.input: input.a[0]: there is no variable $x here",
        ),
    ],
)
def test_a_mistake_is_told_where_it_is(changes: dict[str, Any], said: str) -> None:
    assert said in said_of(HOOK | changes)


def test_links_go_with_what_waits_and_not_with_a_start() -> None:
    assert "links" in said_of({"on": ["waiting"], "links": True, "then": {"machine": "m"}})
    assert entry(on=["failed", "state:*.waiting"], url=TOPIC, links=True).links


def test_substitutions_are_filled_in_and_checked_then() -> None:
    values: dict[str, Json] = {"REGION": "eu-west-1", "ACCOUNT_ID": "123456789012", "SUFFIX": "-x"}
    topic = entry(on=["failed"], url="sns:arn:aws:sns:${REGION}:${ACCOUNT_ID}:news${SUFFIX}")
    start = entry(on=["failed"], then={"machine": "m${SUFFIX}", "input": ["${REGION}", 1]})
    omitted = entry(on=["failed"], then={"machine": "m"})
    one, two, three = filled_entries([topic, start, omitted], values)
    assert one.target({}) == TopicTarget("arn:aws:sns:eu-west-1:123456789012:news-x")
    assert two.target({}) == StartTarget("m-x", ["eu-west-1", 1])
    assert three.target({}) == StartTarget("m", THE_NEWS)


def test_what_is_wrong_once_filled_in_is_told_by_entry() -> None:
    given = entry(on=["failed"], url="sns:${NAME}")
    with pytest.raises(InvalidDefinition, match=r"notify\[1\] url: sns: is followed by") as refused:
        filled_entries([entry(**HOOK), given], {"NAME": "T0" + "KEN"})
    assert [error.path for error in refused.value.errors] == ["notify[1]"]
    assert "T0KEN" not in "".join(format_exception(refused.value))
    with pytest.raises(InvalidDefinition, match=r"machine\.json: notify\[0\]: .*NAME"):
        filled_entries([given], {})


def test_the_setting_names_machines_besides() -> None:
    one, two, three = parse_notify(
        json.dumps(
            [
                {**HOOK, "machines": "orders-*, refunds"},
                {**HOOK, "machines": ["arn:aws:states:eu-west-1:123456789012:stateMachine:orders"]},
                HOOK,
            ]
        )
    )
    assert one.patterns.match("orders-eu")
    assert one.patterns.match("refunds")
    assert not one.patterns.match("returns")
    assert two.patterns.match("orders")
    assert not two.patterns.match("refunds")
    assert three.patterns.match("anything")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("T0KEN", "is no JSON"),
        ('{"url": "T0KEN"}', "it: Input should be a valid list"),
        (json.dumps([HOOK | {"secret": "T0KEN"}]), r"\[0\]\.secret: reads whsec_"),
        (json.dumps([HOOK, HOOK | {"on": ["fail"]}]), r"\[1\]\.on: fail is no kind"),
        (json.dumps([HOOK | {"machines": "a:b"}]), r"\[0\]\.machines: a:b names no state machine"),
        (json.dumps([HOOK | {"url": "https://${T0KEN}"}]), "holds no"),
    ],
)
def test_a_setting_that_can_t_be_read_is_told_without_its_secrets(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        parse_notify(text)
    assert "T0KEN" not in "".join(format_exception(refused.value))
