"""GET /v1/executions: one state machine's or all, newest first, with counts, page by page."""

from datetime import timedelta

import pytest

from tests.stubs.account import START, Lag
from tests.web.conftest import Serving
from tests.web.keys import bearer, configured
from tests.web.served import Served
from tests.web.stories import ended, running

LIST = "/v1/executions"


def add(served: Served, *ids: str) -> None:
    for number, id in enumerate(ids):
        machine, name = id.split(":")
        served.stub.add_execution(machine, name, started_at=START + timedelta(seconds=number))


async def test_a_list_is_newest_first_and_paged(served: Served) -> None:
    add(served, *(f"order:n{number}" for number in range(5)))
    seen, page = [], ""
    while page is not None:
        more = f"&page={page}" if page else ""
        body = (await served.get(f"{LIST}?state_machine=order&limit=2{more}")).body
        seen += [item["name"] for item in body["executions"]]
        assert len(body["executions"]) <= 2
        page = body["next_page"]
    assert seen == ["n4", "n3", "n2", "n1", "n0"]


async def test_without_a_name_a_list_is_of_all_state_machines(served: Served) -> None:
    served.stub.add_machine("refund")
    add(served, "order:1", "refund:1", "order:2")
    body = (await served.get(LIST)).body
    assert [each["execution"] for each in body["executions"]] == ["order:2", "refund:1", "order:1"]
    assert (body["counts"]["total"], body["counts"]["at_least"]) == (3, False)
    assert body["counts"]["by_status"]["RUNNING"] == 3
    assert {each["state_machine"]: each["counts"]["total"] for each in body["state_machines"]} == {
        "order": 2,
        "refund": 1,
    }
    assert body["as_of"] == min(each["as_of"] for each in body["state_machines"])
    (unlisted,) = body["unlisted"]
    assert (unlisted["state_machine"], unlisted["code"]) == ("price", "unsupported_by_type")
    assert (unlisted["retryable"], body["next_page"]) == (False, None)


async def test_several_state_machines_are_named_one_by_one(served: Served) -> None:
    served.stub.add_machine("refund")
    served.stub.add_machine("other")
    add(served, "order:1", "refund:1", "other:1")
    body = (await served.get(f"{LIST}?state_machine=order&state_machine=refund")).body
    assert [each["execution"] for each in body["executions"]] == ["refund:1", "order:1"]


async def test_a_list_is_filtered_by_status(served: Served) -> None:
    running(served.stub, "live")
    ended(served.stub, "over")
    path = f"{LIST}?state_machine=order&status="
    names = [
        [item["name"] for item in (await served.get(path + status)).body["executions"]]
        for status in ("RUNNING", "SUCCEEDED", "FAILED")
    ]
    assert names == [["live"], ["over"], []]


async def test_a_list_longer_than_a_page_of_aws_s_goes_on_and_a_stale_page_is_told(
    served: Served,
) -> None:
    add(served, *(f"order:n{number}" for number in range(1001)))
    path = f"{LIST}?state_machine=order&limit=1000"
    body = (await served.get(path)).body
    assert (body["counts"]["total"], body["counts"]["at_least"]) == (1000, True)
    rest = (await served.get(path, params={"page": body["next_page"]})).body
    assert [each["name"] for each in rest["executions"]] == ["n0"]
    assert (rest["counts"], rest["next_page"]) == (None, None)
    one = await served.get(path, params={"page": body["next_page"]})
    assert one.status == 200


async def test_a_page_that_aws_takes_no_more_is_told(served: Served) -> None:
    add(served, *(f"order:n{number}" for number in range(1002)))
    path = f"{LIST}?state_machine=order&limit=1"
    whole = (await served.get(f"{LIST}?state_machine=order&limit=1000")).body["next_page"]
    deep = (await served.get(path, params={"page": whole})).body["next_page"]
    served.stub.expire_page_tokens()
    await served.post("/v1/state-machines/order/executions", {})  # what is known is old now
    answer = await served.get(path, params={"page": deep})
    assert (answer.status, answer.body["code"]) == (422, "invalid_request")
    assert [error["path"] for error in answer.body["errors"]] == ["page"]


async def test_a_start_is_in_the_very_next_list(served: Served) -> None:
    await served.get(LIST)
    served.stub.account.lag = Lag(reads=3)
    started = await served.post("/v1/state-machines/order/executions", {})
    for query in ("", "?state_machine=order"):
        (listed,) = (await served.get(LIST + query)).body["executions"]
        assert listed["execution"] == started.body["execution"]


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=many", "limit"),
        ("limit=", "limit"),
        ("limit=1&limit=2", "limit"),
        ("status=DONE", "status"),
        ("status=failed", "status"),
        ("status=", "status"),
        ("status=FAILED&status=ABORTED", "status"),
        ("page=" + "x" * 16_385, "page"),
        ("page=", "page"),
        ("page=x", "page"),
        ("state_machine=", "state_machine"),
        ("state_machine=order&state_machine=", "state_machine"),
        ("name=", "name"),
        ("Status=FAILED", "Status"),
        ("state_machine[]=order", "state_machine[]"),
    ],
)
async def test_a_wrong_list_query_is_told_with_its_path(
    served: Served, query: str, path: str
) -> None:
    answer = await served.get(f"{LIST}?{query}")
    assert (answer.status, answer.body["errors"][0]["path"]) == (422, path)


async def test_a_wrong_status_is_told_with_those_there_are(served: Served) -> None:
    (error,) = (await served.get(f"{LIST}?status=failed")).body["errors"]
    for status in ("RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"):
        assert status in error["message"]


async def test_a_list_of_one_names_a_machine_that_exists_and_is_standard(served: Served) -> None:
    assert (await served.get(f"{LIST}?state_machine=nothing")).status == 404
    assert (await served.get(f"{LIST}?state_machine=price")).status == 409


async def test_a_list_holds_what_may_be_read(serve: Serving) -> None:
    async with serve(**configured()) as served:
        served.stub.add_machine("refund")
        add(served, "order:1", "refund:1")
        for who, names in (("all", ["refund:1", "order:1"]), ("here", ["order:1"])):
            body = (await served.get(LIST, headers=bearer(who))).body
            assert [each["execution"] for each in body["executions"]] == names
        assert body["unlisted"] == []
        assert (await served.get(LIST, headers=bearer("start"))).status == 403
        assert (await served.get(LIST, headers=bearer("elsewhere"))).body["executions"] == []
