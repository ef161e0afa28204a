"""What a hostile or careless client can send: always a problem, never a 500, never a hang."""

import json

import pytest

from tests.web.served import Served

ORDER = "/v1/state-machines/order/executions"
KEYS = {"type", "title", "status", "detail", "code", "retryable", "request_id"}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "BREW"])
async def test_a_wrong_method_is_a_problem_that_names_the_right_ones(
    served: Served, method: str
) -> None:
    answer = await served.call(method, ORDER)
    assert (answer.status, answer.body["code"]) == (405, "method_not_allowed")
    assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize(
    "path", ["/nothing", "/v1", "/v1/", "/v1/state-machines/", "/v1/executions/a:b/nothing", "/%00"]
)
async def test_an_unknown_path_is_a_problem(served: Served, path: str) -> None:
    answer = await served.get(path)
    assert (answer.status, answer.body["code"]) == (404, "not_found")
    assert set(answer.body) == KEYS


@pytest.mark.parametrize("path", ["/v1/ws", "/v1/executions/order:one/ws"])
async def test_a_socket_s_path_asks_for_an_upgrade(served: Served, path: str) -> None:
    answer = await served.get(path)
    assert (answer.status, answer.body["code"]) == (426, "upgrade_required")


async def test_a_problem_repeats_nothing_of_what_was_sent(served: Served) -> None:
    secret = "sk-12345"
    for body in ({"name": secret + "/"}, {"name": [secret]}, {secret: 1}):
        answer = await served.post(ORDER, body)
        shown = {key: value for key, value in answer.body.items() if key != "errors"}
        assert secret not in json.dumps(shown)
