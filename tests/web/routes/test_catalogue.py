"""State machines are listed and shown."""

import json
from typing import Any

import pytest

from handrail.usecases.local_engine import LocalEngine
from tests.web.conftest import Serving
from tests.web.served import Served
from tests.web.stories import (
    WITH_APPROVAL,
)


async def test_the_catalogue_lists_every_machine_by_name(served: Served) -> None:
    answer = await served.get("/v1/state-machines")
    machines = answer.body["state_machines"]
    assert [(m["name"], m["type"]) for m in machines] == [
        ("order", "STANDARD"),
        ("price", "EXPRESS"),
    ]
    assert machines[0]["created_at"] == "2026-01-01T00:00:00.000Z"
    assert machines[0]["links"]["start"] == "/v1/state-machines/order/executions"


async def test_a_machine_is_shown_with_graph_lint_and_cost(served: Served) -> None:
    served.stub.add_machine("order", definition=WITH_APPROVAL)
    answer = await served.get("/v1/state-machines/order")
    assert answer.status == 200
    assert answer.body["definition"] == WITH_APPROVAL
    assert answer.body["input_schema"] is None
    assert {finding["line"] for finding in answer.body["lint"]} == {1}
    assert "Approve" in json.dumps(answer.body["graph"])
    assert "per 1,000 executions" in answer.body["cost"]["words"]


async def test_the_definition_s_text_has_the_lines_that_lint_names(
    served: Served,
) -> None:
    text = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Fail"}}}, indent=1)
    served.stub.add_machine("order", definition=text)
    assert (await served.get("/v1/state-machines/order")).body["definition_text"] is None
    shown = (await served.get("/v1/state-machines/order?definition_text=1")).body
    assert shown["definition_text"] == text
    (finding,) = shown["lint"]
    assert '"A": {' in text.splitlines()[finding["line"] - 1]
    assert shown["lint_rules"] == {finding["code"]: "All failures look alike."}


async def test_the_project_s_own_files_tell_description_and_input_schema(serve: Serving) -> None:
    async with serve(state_machines_dir="state_machines") as served:
        served.stub.add_machine("order-fulfilment")
        shown = await served.get("/v1/state-machines/order-fulfilment")
        assert shown.body["input_schema"]["title"] == "Order"
        assert shown.body["description"].startswith("Charges and ships")
        refused = await served.post(
            "/v1/state-machines/order-fulfilment/executions", {"input": {"amount": -1}}
        )
        assert (refused.status, refused.body["code"]) == (422, "invalid_input")
        assert "input.amount" in {error["path"] for error in refused.body["errors"]}


async def test_an_unknown_machine_is_not_found(served: Served) -> None:
    answer = await served.get("/v1/state-machines/nothing")
    assert (answer.status, answer.body["code"]) == (404, "state_machine_not_found")


@pytest.fixture
def versioned(served: Served) -> Served:
    arn = served.stub.add_machine("order")
    order = served.stub.account.machines[arn]
    order.versions |= {"2": order.definition, "3": json.dumps(WITH_APPROVAL)}
    order.aliases["live"] = "3"
    return served


async def test_a_machine_is_shown_with_its_versions_and_aliases(versioned: Served) -> None:
    shown = (await versioned.get("/v1/state-machines/order")).body
    assert [each["version"] for each in shown["versions"]] == ["3", "2"]
    assert [each["alias"] for each in shown["aliases"]] == ["live"]
    assert (shown["version"], shown["alias"], shown["routes"]) == (None, None, None)
    assert shown["definition"] != WITH_APPROVAL


@pytest.mark.parametrize(
    ("reference", "alias", "routes"),
    [("order:3", None, None), ("order:live", "live", [{"version": "3", "weight": 100}])],
)
async def test_a_version_and_an_alias_are_shown_with_the_definition_they_run(
    versioned: Served, reference: str, alias: str | None, routes: list[Any] | None
) -> None:
    shown = (await versioned.get(f"/v1/state-machines/{reference}")).body
    assert (shown["name"], shown["version"]) == ("order", "3")
    assert (shown["alias"], shown["routes"]) == (alias, routes)
    assert shown["definition"] == WITH_APPROVAL
    assert "Approve" in json.dumps(shown["graph"])
    assert (shown["versions"], shown["aliases"]) == (None, None)
    assert shown["links"]["start"] == f"/v1/state-machines/{reference}/executions"
    assert shown["links"]["executions"] == f"/v1/executions?state_machine={reference}"


TEXTRACT = "arn:aws:states:::aws-sdk:textract:detectDocumentText"
READING = {
    "StartAt": "Read",
    "States": {"Read": {"Type": "Task", "Resource": TEXTRACT, "End": True}},
}


async def test_the_embedded_engine_s_cases_and_needs_are_shown(served: Served) -> None:
    served.stub.add_machine("order", definition=READING)
    before = (await served.get("/v1/state-machines/order")).body
    assert (before["cases"], before["needs_stand_in"]) == (None, None)
    engine = LocalEngine(lambda name: {"Sad", "Happy"} if name == "order" else (), lambda _: (), ())
    served.services.catalogue.local = engine
    shown = (await served.get("/v1/state-machines/order")).body
    assert shown["cases"] == ["Happy", "Sad"]
    [needed] = shown["needs_stand_in"]
    assert (needed["state"], needed["resource"]) == ("Read", TEXTRACT)
    assert needed["reason"].startswith("The embedded engine would make up")


async def test_a_test_case_is_refused_in_front_of_aws(served: Served) -> None:
    path, body = "/v1/state-machines/order/executions", {"input": {}, "case": "Happy"}
    refused = await served.post(path, body)
    assert (refused.status, refused.body["code"]) == (422, "invalid_request")
    assert [error["path"] for error in refused.body["errors"]] == ["case"]
    sync = await served.post("/v1/state-machines/price/sync-executions", body)
    assert sync.status == 422
