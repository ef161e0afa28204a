"""Every name that AWS takes leads from a start to its links, its socket and its stop."""

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.core.limits import check_name
from handrail.core.models import ExecutionId
from handrail.core.protocol.paths import PATHS, execution_path
from tests.names import NAMES, ODD
from tests.web.approvals import KEY
from tests.web.conftest import Serving
from tests.web.served import Served
from tests.web.stories import TOKEN, WITH_APPROVAL, waiting

LIST = "/v1/executions?state_machine="


@pytest.mark.parametrize("name", ODD)
async def test_an_execution_of_any_name_is_followed_by_its_links(serve: Serving, name: str) -> None:
    async with serve(link_keys=KEY) as served:
        served.stub.add_machine(name, definition=WITH_APPROVAL)
        machine = (await listed(served, name))["links"]
        started = await served.post(machine["start"], {"name": name})
        assert (started.status, started.body["name"]) == (202, name)
        links = started.body["links"]
        assert started.headers["location"] == links["self"]
        [run] = served.stub.account.runs.values()
        served.stub.append(run.arn, *waiting())
        served.stub.add_task_token(TOKEN, run.arn, 3)
        shown = await served.get(links["self"])
        assert (shown.status, shown.body["execution"]) == (200, f"{name}:{name}")
        events = await served.get(f"{links['events']}?after={started.body['cursor']}")
        assert len(events.body["events"]) == 5
        async with served.ready(links["ws"]) as socket:
            assert (await socket.hear("subscribed"))["snapshot"]["name"] == name
        async with served.ready() as socket:
            await socket.say("subscribe", id="s", execution=f"{name}:{name}")
            assert (await socket.hear("subscribed"))["snapshot"]["name"] == name
        async with served.http.get(links["stream"]) as stream:
            assert stream.status == 200
        [task] = (await served.get(links["tasks"])).body["tasks"]
        assert (await served.post(task["links"]["heartbeat"])).status == 200
        made = await served.post(f"{links['tasks']}/3/links")
        asked = await served.get("/v1/callbacks/" + made.body["url"].rpartition("/")[2])
        assert (asked.status, asked.body["execution"]) == (200, f"{name}:{name}")
        for reference in (machine["executions"], f"{LIST}{quote(run.machine.arn, safe='')}"):
            [item] = (await served.get(reference)).body["executions"]
            assert item["links"]["self"] == links["self"]
        assert (await served.post(task["links"]["success"], {"output": 1})).status == 200
        stopped = await served.post(links["stop"])
        assert (stopped.status, stopped.body["status"]) == (200, "ABORTED")
        assert (await served.get(machine["self"])).body["name"] == name


async def listed(served: Served, name: str) -> dict[str, Any]:
    catalogue = (await served.get("/v1/state-machines")).body["state_machines"]
    [line] = [each for each in catalogue if each["name"] == name]
    return dict(line)


@pytest.mark.parametrize("character", '/:#%?*"<>{}[]|\\^~`$&,; \t\n\u00a0\u0085\u2028\x7f')
async def test_a_name_that_aws_refuses_is_told_with_its_character(
    served: Served, character: str
) -> None:
    answer = await served.post("/v1/state-machines/order/executions", {"name": f"a{character}b"})
    assert (answer.status, answer.body["code"]) == (422, "invalid_name")
    assert f"U+{ord(character):04X}" in answer.body["detail"]
    assert served.stub.calls["StartExecution"] == 0


@settings(max_examples=300)
@given(NAMES, NAMES, st.one_of(st.none(), NAMES))
def test_an_id_of_any_names_is_read_as_it_was_written(
    machine: str, name: str, label: str | None
) -> None:
    check_name(name)
    id = ExecutionId(machine, name, label)
    assert ExecutionId.parse(str(id)) == id
    assert ExecutionId.parse(f"arn:aws-cn:states:cn-north-1:123456789012:execution:{id}") == id
    path = execution_path(id)
    assert path.isascii()
    assert path.count("/") == 3
    assert all(link.startswith(path) for link in PATHS.of_execution(id).values())
