"""Every name that AWS takes leads from a start to its links on Lambda too, whether what is before
the function decodes paths or not."""

import json
from urllib.parse import quote, unquote

import pytest

from tests.names import ODD
from tests.stubs.stepfunctions import StepFunctionsStub

from .instances import Instance
from .test_http_events import SENDERS, Ask


@pytest.mark.parametrize("decoded", [True, False])
@pytest.mark.parametrize("sender", SENDERS, ids=lambda sender: sender.__name__)
async def test_an_execution_of_any_name_is_found_by_its_links(
    warm: Instance, stub: StepFunctionsStub, sender: Ask, decoded: bool
) -> None:
    for name in ODD:
        stub.add_machine(name)

    def path_of(link: str) -> str:
        return unquote(link) if decoded else link

    listed = (await warm.ask(sender("GET", "/v1/state-machines"))).body["state_machines"]
    starts = {each["name"]: each["links"]["start"] for each in listed}
    for name in ODD:
        asked = json.dumps({"name": name})
        started = await warm.ask(sender("POST", path_of(starts[name]), asked))
        assert (started.status, started.body["name"]) == (202, name)
        links = started.body["links"]
        shown = await warm.ask(sender("GET", path_of(links["self"])))
        assert (shown.status, shown.body["execution"]) == (200, f"{name}:{name}")
        stopped = await warm.ask(sender("POST", path_of(links["stop"])))
        assert (stopped.status, stopped.body["status"]) == (200, "ABORTED")


@pytest.mark.parametrize("reference", ["order:live", "order%3Alive", "{arn}:live", "{quoted}"])
@pytest.mark.parametrize("sender", SENDERS, ids=lambda sender: sender.__name__)
async def test_an_execution_is_started_by_an_alias(
    warm: Instance, stub: StepFunctionsStub, sender: Ask, reference: str
) -> None:
    arn = stub.add_machine("order")
    order = stub.account.machines[arn]
    order.versions["3"], order.aliases["live"] = order.definition, "3"
    named = reference.format(arn=arn, quoted=quote(f"{arn}:live", safe=""))
    started = await warm.ask(sender("POST", f"/v1/state-machines/{named}/executions", "{}"))
    assert (started.status, started.body["alias"]) == (202, "live")
    shown = await warm.ask(sender("GET", started.body["links"]["self"]))
    assert (shown.body["version"], shown.body["alias"]) == ("3", "live")
