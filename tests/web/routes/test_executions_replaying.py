"""POST …/replay: answered as a start, with what it replays; never with a secret."""

import json

import pytest

from tests.web.conftest import Serving
from tests.web.keys import bearer, configured
from tests.web.served import Served
from tests.web.stories import TOKEN, WITH_APPROVAL, ended, running, waiting

REPLAY = "/v1/executions/order:one/replay"
ODD = '{"n": 12345678901234567890.10, "e": 1E5}'


async def test_a_replay_answers_as_a_start_and_says_of_what(served: Served) -> None:
    served.stub.execution(ended(served.stub)).input = ODD
    answer = await served.post(REPLAY)
    assert answer.status == 202
    assert (answer.body["replay_of"], answer.body["status"]) == ("order:one", "RUNNING")
    assert answer.headers["location"] == answer.body["links"]["self"]
    new = served.stub.execution(list(served.stub.account.runs)[-1])
    assert (new.name, new.input) == (answer.body["name"], ODD)
    shown = (await served.get(answer.headers["location"])).body
    assert shown["replay_of"] == "order:one"
    listed = (await served.get("/v1/executions?state_machine=order")).body["executions"]
    assert [each["replay_of"] for each in listed] == ["order:one", None]


async def test_a_replay_takes_another_input_a_name_and_a_key(served: Served) -> None:
    ended(served.stub)
    body = {"input": None, "name": "two"}
    named = await served.post(REPLAY, body)
    assert (named.body["execution"], named.body["input"]) == ("order:two", None)
    assert named.body["replay_of"] == "order:one"
    again = await served.post(REPLAY, body)
    assert (again.status, again.body["replayed"], again.body["replay_of"]) == (
        200,
        True,
        "order:one",
    )
    key = {"Idempotency-Key": "k"}
    first, second = [await served.post(REPLAY, headers=key) for _ in range(2)]
    assert (first.status, second.status) == (202, 200)
    assert first.body["execution"] == second.body["execution"]
    assert (await served.post(REPLAY, {"input": 2}, headers=key)).status == 409


async def test_a_replay_is_waited_for(served: Served) -> None:
    served.stub.add_machine("order", definition=WITH_APPROVAL)
    served.stub.append(running(served.stub), *waiting())
    answer = await served.post(f"{REPLAY}?wait=0.05", {})
    assert (answer.status, answer.body["replay_of"]) == (202, "order:one")
    assert not answer.body["cursor"].endswith(":0")  # the snapshot, not the start's answer


async def test_a_parent_s_task_token_in_the_old_input_is_passed_on_and_not_shown(
    served: Served,
) -> None:
    served.stub.execution(ended(served.stub)).input = json.dumps({"token": TOKEN})
    for path in (REPLAY, f"{REPLAY}?wait=0.05"):
        answer = await served.post(path)
        assert answer.status == 202
        assert TOKEN not in json.dumps(answer.body)
    new = served.stub.execution(list(served.stub.account.runs)[-1])
    assert json.loads(new.input or "") == {"token": TOKEN}


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/v1/executions/price:one:uuid/replay", {}, 409, "unsupported_by_type"),
        ("/v1/executions/order/Each:one/replay", {}, 409, "unsupported_by_type"),
        ("/v1/executions/nonsense/replay", {}, 404, "execution_not_found"),
        (REPLAY, {"name": "one"}, 409, "execution_conflict"),
        (REPLAY, {"name": "a b"}, 422, "invalid_name"),
        (REPLAY, {"inputs": {}}, 422, "invalid_request"),
        (REPLAY, [], 422, "invalid_request"),
        (f"{REPLAY}?wait=26", {}, 422, "invalid_request"),
    ],
)
async def test_what_can_t_be_replayed_is_refused_in_words(
    served: Served, path: str, body: object, status: int, code: str
) -> None:
    ended(served.stub)
    answer = await served.post(path, body)
    assert (answer.status, answer.body["code"]) == (status, code)
    assert len(served.stub.account.runs) == 1


async def test_an_input_aws_leaves_out_must_be_sent(served: Served) -> None:
    served.stub.execution(ended(served.stub)).input_left_out = True
    answer = await served.post(REPLAY, {})
    assert (answer.status, answer.body["code"]) == (409, "input_unavailable")
    assert (await served.post(REPLAY, {"input": {}})).status == 202


async def test_a_replay_needs_to_read_the_execution_and_to_start_its_machine(
    serve: Serving,
) -> None:
    async with serve(**configured()) as served:
        ended(served.stub)
        statuses = {
            who: (await served.post(REPLAY, {}, headers=bearer(who))).status
            for who in ("all", "here", "read", "start", "elsewhere")
        }
    assert statuses == {"all": 202, "here": 202, "read": 403, "start": 403, "elsewhere": 404}
