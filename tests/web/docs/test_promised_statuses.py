"""Which failures an operation lists. That none is missing, every answer of the tests is held to."""

import pytest

from handrail.web.access import ACCESS, EXECUTION, TASK
from handrail.web.docs.promised_statuses import failures

START = "/v1/state-machines/<machine>/executions"


@pytest.mark.parametrize(
    ("rule", "method", "listed", "unlisted"),
    [
        ("/healthz", "GET", {400, 500, 503}, {401, 403, 404, 502, 504}),
        ("/v1/state-machines", "GET", {401, 403, 502}, {404, 408, 410, 413, 429}),
        (START, "POST", {401, 404, 408, 409, 413, 415, 429, 501}, {410}),
        (EXECUTION, "GET", {404, 410, 429}, {408, 413, 415}),
        (f"{TASK}/success", "POST", {401, 404, 409, 410, 413}, set()),
        ("/v1/task-tokens/success", "POST", {404, 410}, {429}),
        ("/v1/callbacks/<path:signed>", "GET", {403, 404, 409, 410}, {401, 413, 429}),
        ("/v1/ws-tickets", "POST", {401, 404, 429}, {410}),
        ("/v1/events/aws", "POST", {401, 413, 422, 429, 501, 503}, {404, 409, 410}),
    ],
)
def test_a_route_lists_what_it_may_answer(
    rule: str, method: str, listed: set[int], unlisted: set[int]
) -> None:
    found = failures(rule, ACCESS[rule], method, reads=True)
    assert listed <= found
    assert not unlisted & found


def test_a_signature_may_be_refused_where_nobody_need_sign_in() -> None:
    rule = "/v1/webhooks/<execution:execution>/<int:event_id>"
    assert 401 in failures(rule, ACCESS[rule], "POST", reads=True)


@pytest.mark.parametrize(("rule", "refused"), [("/docs", False), ("/v1/state-machines", True)])
def test_values_are_refused_where_there_are_some_and_where_the_query_is_checked(
    rule: str, *, refused: bool
) -> None:
    assert (422 in failures(rule, ACCESS[rule], "GET", reads=False)) is refused
    assert 422 in failures(rule, ACCESS[rule], "GET", reads=True)
