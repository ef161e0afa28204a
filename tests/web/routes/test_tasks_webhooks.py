"""Webhooks signed by the Standard Webhooks specification settle tasks, once."""

import json
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

import pytest
from pydantic_core import to_json
from quart import Quart

from handrail.web import problems
from handrail.web.app import ExecutionConverter
from handrail.web.routes.tasks import tasks
from handrail.web.services import EXTENSION
from tests.web.approvals import KEY, approval
from tests.web.conftest import Serving
from tests.web.served import Answer, Served
from tests.web.signed_webhooks import NEW, OLD, OTHER, signed

API_KEY = "hr_" + "k" * 43
HOOK = "/v1/webhooks/order:one/3"
TASK = "/v1/executions/order:one/tasks/3"
ACCOUNT = "arn:aws:states:us-east-1:123456789012"
YES = {"output": {"approved": True}}


@pytest.fixture
async def served(serve: Serving) -> AsyncIterator[Served]:
    async with serve(webhook_secrets=f"{NEW},{OLD}") as served:
        approval(served.stub)
        yield served


async def send(
    served: Served, path: str, value: Any, *, headers: dict[str, str] | None = None, **how: Any
) -> Answer:
    body = to_json(value)
    sent = signed(body, **how) if headers is None else headers
    return await served.call("POST", path, data=body, headers=sent)


def settled(served: Served) -> int:
    return sum(r.operation.startswith("SendTask") for r in served.stub.requests)


@pytest.mark.parametrize("value", [{}, None, {"action": "success"}, {"event_id": 3}])
async def test_only_a_deliberate_message_settles(served: Served, value: Any) -> None:
    answer = await send(served, HOOK, value)
    assert (answer.status, answer.body["code"]) == (422, "invalid_request")
    assert settled(served) == 0


@pytest.mark.parametrize("secret", [NEW, OLD])
@pytest.mark.parametrize("aged_s", [0, 290, -290])
async def test_a_signed_message_settles_the_task(
    served: Served, secret: str, aged_s: float
) -> None:
    answer = await send(served, HOOK, YES, secret=secret, aged_s=aged_s)
    assert (answer.status, answer.body["outcome"]) == (200, "success")


async def test_a_signed_failure_fails_it(served: Served) -> None:
    answer = await send(served, HOOK, {"error": "Refused", "cause": "Too dear."})
    assert (answer.status, answer.body["outcome"]) == (200, "failure")


async def test_the_same_message_again_is_answered_as_the_first_time(served: Served) -> None:
    first, again = await send(served, HOOK, YES), await send(served, HOOK, YES)
    assert [a.status for a in (first, again)] == [200, 200]
    assert [a.body["replayed"] for a in (first, again)] == [False, True]
    for name in ("execution", "event_id", "state", "outcome"):
        assert again.body[name] == first.body[name]
    assert settled(served) == 1


async def test_another_message_with_another_outcome_is_a_conflict(served: Served) -> None:
    await send(served, HOOK, YES)
    answer = await send(served, HOOK, {"error": "Refused"}, id="msg_2")
    assert (answer.status, answer.body["code"]) == (409, "task_already_settled")


def bad() -> dict[str, dict[str, str]]:
    good = signed(to_json(YES))
    signature = good["webhook-signature"]
    return {
        "no headers": {},
        "no signature": {k: v for k, v in good.items() if k != "webhook-signature"},
        "no id": {k: v for k, v in good.items() if k != "webhook-id"},
        "another id": {**good, "webhook-id": "msg_2"},
        "another body": signed(b'{"output":{"approved":false}}'),
        "another secret": signed(to_json(YES), secret=OTHER),
        "too old": signed(to_json(YES), aged_s=330),
        "too new": signed(to_json(YES), aged_s=-400),
        "no number": {**good, "webhook-timestamp": "now"},
        "not a number": {**good, "webhook-timestamp": "nan"},
        "no comma": {**good, "webhook-signature": "v1"},
        "no base64": {**good, "webhook-signature": "v1,!!!"},
        "another version": {**good, "webhook-signature": signature.replace("1", "2", 1)},
        "a long id": signed(to_json(YES), id="m" * 257),
    }


@pytest.mark.parametrize("fault", bad())
async def test_a_bad_signature_is_refused_and_never_says_why(served: Served, fault: str) -> None:
    answer = await send(served, HOOK, YES, headers=bad()[fault])
    assert (answer.status, answer.body["code"]) == (401, "signature_invalid")
    assert answer.body["detail"] == "The webhook's signature isn't valid."
    assert settled(served) == 0


async def test_without_secrets_no_webhook_is_taken(serve: Serving) -> None:
    async with serve() as served:
        approval(served.stub)
        answer = await send(served, HOOK, YES)
        assert (answer.status, answer.body["code"]) == (401, "signature_invalid")


async def test_a_message_settles_no_other_task_than_the_one_it_was_sent_to(served: Served) -> None:
    """The specification doesn't sign the address, so a message overheard would do elsewhere."""
    await send(served, HOOK, YES)
    for path in ("/v1/webhooks/order:two/3", "/v1/webhooks/order:one/9", f"{TASK}/success"):
        answer = await send(served, path, YES)
        assert (answer.status, answer.body["code"]) == (401, "signature_invalid")


@pytest.mark.parametrize(
    ("named", "status"),
    [
        ({"execution": "order:one", "event_id": 3}, 200),
        ({"execution": f"{ACCOUNT}:execution:order:one"}, 200),
        ({"execution": f"{ACCOUNT}:execution:order:two"}, 401),
        ({"execution": "arn:aws:states:eu-west-1:999999999999:execution:order:one"}, 404),
        ({"execution": "order:two"}, 401),
        ({"execution": "one"}, 401),
        ({"event_id": 4}, 401),
    ],
)
async def test_a_body_that_names_its_task_is_held_to_it(
    served: Served, named: dict[str, Any], status: int
) -> None:
    assert (await send(served, HOOK, {**YES, **named})).status == status


async def test_the_task_s_own_address_takes_signed_messages_too(served: Served) -> None:
    answer = await send(served, f"{TASK}/success", YES)
    assert (answer.status, answer.body["replayed"]) == (200, False)


@pytest.mark.parametrize("action", ["success", "failure"])
async def test_a_bad_signature_is_refused_where_none_is_needed(served: Served, action: str) -> None:
    body = YES if action == "success" else {"error": "E"}
    answer = await send(served, f"{TASK}/{action}", body, secret=OTHER)
    assert (answer.status, answer.body["code"]) == (401, "signature_invalid")
    assert settled(served) == 0


async def test_the_tasks_routes_check_signatures_without_the_webhooks_routes(
    served: Served,
) -> None:
    app = Quart(__name__)
    app.url_map.converters["execution"] = ExecutionConverter
    app.extensions[EXTENSION] = served.services
    problems.register(app)
    app.register_blueprint(tasks)
    sent = {"data": to_json(YES), "headers": signed(to_json(YES), secret=OTHER)}
    answer = await app.test_client().post(f"{TASK}/success", **sent)
    assert (answer.status_code, (await answer.get_json())["code"]) == (401, "signature_invalid")
    assert [check.__module__ for check in tasks.before_request_funcs[None]] == [tasks.import_name]


# What is remembered


def sign(id: str) -> dict[str, str]:
    return signed(b"{}", id=id)


# Where callers must say who they are


@pytest.fixture
async def guarded(serve: Serving) -> AsyncIterator[Served]:
    known = {"name": "ops", "sha256": sha256(API_KEY.encode()).hexdigest(), "scopes": ["complete"]}
    settings = {"auth": "api-key", "api_keys": json.dumps(known)}
    async with serve(webhook_secrets=NEW, link_keys=KEY, **settings) as served:
        approval(served.stub)
        yield served


@pytest.mark.parametrize("path", [HOOK, f"{TASK}/success"])
async def test_a_signature_stands_for_a_principal(guarded: Served, path: str) -> None:
    assert (await guarded.post(path, YES)).status == 401
    assert (await send(guarded, path, YES, secret=OTHER)).body["code"] == "signature_invalid"
    assert settled(guarded) == 0
    assert (await send(guarded, path, YES)).status == 200


async def test_a_signature_stands_for_nothing_else(guarded: Served) -> None:
    for path in ("/v1/executions/order:one/stop", f"{TASK}/links", "/v1/task-tokens/success"):
        answer = await send(guarded, path, {})
        assert (answer.status, answer.body["code"]) == (401, "unauthenticated")


async def test_making_a_link_needs_a_principal_and_following_it_none(guarded: Served) -> None:
    made = await guarded.post(f"{TASK}/links", {}, headers={"X-Api-Key": API_KEY})
    path = "/v1/callbacks/" + made.body["url"].rpartition("/")[2]
    assert (await guarded.get(path)).status == 200
    assert (await guarded.post(path, YES)).status == 200
