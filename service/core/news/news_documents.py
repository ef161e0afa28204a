"""Draws what is sent of news, in the form of Standard Webhooks: a type, a timestamp, data.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import cast

from handrail.core.json_grammar import deeper_than
from handrail.core.json_text import json_bytes, shown
from handrail.core.models import Account, Json, rfc3339

from .deliveries import Delivery, message_id
from .news import News
from .news_kinds import ENDS, state_and_verb
from .news_shapes import NewsData, NewsDocument, NewsType
from .started_executions import ordered, start_body, started_name
from .subscriptions import NewsSubscription
from .targets import THE_NEWS, StartTarget

MOST_BODY = 128 * 1024
"""Bytes of a body, its links included, for which some of it is left."""

FOR_LINKS = 8 * 1024
DEEPEST = 60
"""Levels of a payload that is sent: some receivers' parsers of JSON read no more than 64."""

_NO_LINKS = ',"links":{}}}'
_TASK = re.compile(r',"task":\{"event_id":[0-9]+,"state":"(?:[^"\\]|\\.)*"(?=\}$)')


def deliveries(
    news: News,
    subscriptions: Iterable[NewsSubscription],
    *,
    now: datetime,
    account: Account,
    deepest: int,
) -> list[Delivery]:
    """One for each subscription that asks for one of the news' kinds. Evaluates the JSONata of
    `then` (up to a second each): call it in a thread where a subscription starts something."""
    made = []
    for subscription in subscriptions:
        kinds = subscription.on.matching(news.kinds)
        if kinds and subscription.about(news.execution):
            made.append(
                Delivery(
                    subscription=subscription.id,
                    execution=news.execution,
                    event_id=news.event_id,
                    at=news.at,
                    kinds=kinds,
                    body=_body(news, kinds, subscription, account, deepest),
                    created_at=now,
                    due_at=now,
                )
            )
    return made


def _body(
    news: News,
    kinds: tuple[str, ...],
    subscription: NewsSubscription,
    account: Account,
    deepest: int,
) -> str:
    target = subscription.target
    if not isinstance(target, StartTarget):
        return body(news, kinds)
    if target.input is not THE_NEWS:
        return start_body(news, target, subscription, account, deepest)
    name = started_name(news, subscription.id, target.machine)
    return ordered(news, name, body(news, kinds), deepest)


def body(news: News, kinds: tuple[str, ...]) -> str:
    """The document of a news for whoever asked for these kinds, as JSON text of 128 KiB at most:
    the longest of what it would show beyond that (input, output, cause) is omitted, as is what no
    parser may be able to read, and it says so."""
    data: dict[str, Json] = {**_data(news, kinds)}
    texts = _texts(news, kinds)
    document: NewsDocument = {
        "type": cast(NewsType, _type(kinds[0])),
        "id": message_id(news.execution, news.event_id),
        "timestamp": rfc3339(news.at),
        "data": cast(NewsData, data),
    }
    task = {"event_id": news.event_id, "state": news.task} if news.task is not None else None
    around = {**data, **{f"{name}_omitted": True for name in texts}, "task": task, "links": {}}
    left = MOST_BODY - FOR_LINKS - len(json_bytes({**document, "data": around}))
    for name, value in sorted(texts.items(), key=lambda each: len(json_bytes(each[1]))):
        size = len(json_bytes(value))
        if value is None or size > left:
            data[f"{name}_omitted"] = True
        else:
            left -= size
            data[name] = value
    if task is not None:
        data["task"] = task
    data["links"] = data.pop("links")  # last, where `with_links` looks for them
    return json_bytes(document).decode()


def with_links(
    body: str,
    links: Mapping[str, str],
    *,
    task_link: str | None = None,
    no_task_link: str | None = None,
) -> str:
    """The body of a delivery with these links in its data (`self`: the execution), and with the
    signed one to the task that waits, or why there is none. Raises ValueError for what is no such
    body."""
    asked = task_link is not None or no_task_link is not None
    head, task = body.removesuffix(_NO_LINKS), ""
    if head == body or (asked and _TASK.search(head) is None):
        raise ValueError("no links belong into this body")
    if asked:
        omitted = "" if no_task_link is None else f',"link_omitted":{_json(no_task_link)}'
        head, task = head.removesuffix("}"), f',"link":{_json(task_link)}{omitted}}}'
    return f'{head}{task},"links":{_json(dict(links))}}}}}'


def _json(value: Json) -> str:
    return json_bytes(value).decode()


def _type(kind: str) -> str:
    """`execution.failed`, `state.failed`."""
    found = state_and_verb(kind)
    return f"execution.{kind}" if found is None else f"state.{found[1]}"


def _data(news: News, kinds: tuple[str, ...]) -> NewsData:
    """Without what may be long."""
    data: NewsData = {
        "execution": str(news.execution),
        "state_machine": news.execution.machine,
        "name": news.execution.name,
        "status": news.status.value,
        "event_id": news.event_id,
        "kinds": list(kinds),
        "started_at": rfc3339(news.started_at),
        "links": {},
    }
    if state := next((found for kind in kinds if (found := state_and_verb(kind))), None):
        data["state"] = state[0]
    error, _ = news.failure_of(kinds)
    if error is not None:
        data["error"] = error
    return data


def _texts(news: News, kinds: tuple[str, ...]) -> dict[str, Json]:
    """What may be long; None stands for what AWS left out, and for what nests too deep."""
    texts: dict[str, Json] = {}
    _, cause = news.failure_of(kinds)
    if cause is not None:
        texts["cause"] = cause
    if state_and_verb(kinds[0]) is not None:
        return texts  # a state's news says nothing of the execution's payloads
    texts["input"] = _payload(news.input)
    if kinds[0] in ENDS and (news.output is not None or kinds[0] == "succeeded"):
        texts["output"] = _payload(news.output)
    return texts


def _payload(text: str | None) -> Json:
    """None where it can't be shown."""
    if text is None or deeper_than(text, DEEPEST) is not None:
        return None
    return shown(text)
