"""Liveness, readiness and metrics."""

import asyncio

from prometheus_client.parser import text_string_to_metric_families

from handrail.telemetry.metrics import OTHER
from tests.web.conftest import Serving
from tests.web.served import Served, eventually
from tests.web.stories import entered, running


async def samples(served: Served, family: str, *labels: str) -> dict[tuple[str, ...], float]:
    """Values by these labels, of one metric family."""
    answer = await served.get("/metrics")
    assert (answer.status, answer.media_type) == (200, "text/plain")
    return {
        tuple(sample.labels[label] for label in labels): sample.value
        for found in text_string_to_metric_families(answer.body.decode())
        if found.name == family
        for sample in found.samples
        if not sample.name.endswith("_created")
    }


async def test_the_service_is_alive_and_ready(served: Served) -> None:
    for path in ("/healthz", "/readyz"):
        answer = await served.get(path)
        assert (answer.status, answer.body) == (200, {"status": "ok"})


async def test_liveness_asks_nothing_of_aws(served: Served) -> None:
    await served.get("/healthz")
    assert not served.stub.calls


async def test_many_probes_are_one_question_to_aws(served: Served) -> None:
    await asyncio.gather(*(served.get("/readyz") for _ in range(20)))
    assert served.stub.calls["ListStateMachines"] == 1


async def test_without_credentials_that_hold_it_isn_t_ready(served: Served) -> None:
    served.stub.fail_next("ListStateMachines", code="AccessDeniedException")
    answer = await served.get("/readyz")
    assert (answer.status, answer.body) == (503, {"status": "unreachable"})


async def test_a_hanging_aws_is_not_ready_in_time(served: Served) -> None:
    served.stub.hang_next("ListStateMachines")
    async with asyncio.timeout(5):
        assert (await served.get("/readyz")).status == 503


async def test_a_process_about_to_end_isn_t_ready_but_alive(served: Served) -> None:
    async with served.ready() as socket:
        served.services.sockets.leaving = True
        ready = await served.get("/readyz")
        assert (ready.status, ready.body) == (503, {"status": "draining"})
        assert (await served.get("/healthz")).status == 200
        await socket.say("ping")
        assert await socket.hear() == {"type": "pong"}


async def test_where_events_should_be_pushed_and_aren_t_it_is_ready_all_the_same(
    serve: Serving,
) -> None:
    async with serve(events_stream="events") as served:
        answer = await served.get("/readyz")
        assert (answer.status, answer.body) == (200, {"status": "degraded", "push": "degraded"})


async def test_answers_are_counted_by_route_and_status(served: Served) -> None:
    running(served.stub)
    await served.get("/v1/executions/order:one")
    await served.get("/v1/executions/order:nothing")
    counted = await samples(served, "handrail_http_requests", "route", "method", "status")
    route = "/v1/executions/<execution:execution>"
    assert counted[route, "GET", "200"] == 1
    assert counted[route, "GET", "404"] == 1


async def test_a_client_can_t_make_up_metrics(served: Served) -> None:
    """Labels are kept for ever: a path or method of the client's own must not become one."""
    for number in range(5):
        await served.call(f"METHOD{number}", f"/path/{number}")
        await served.call(f"METHOD{number}", "/v1/executions/a:b")
    counted = await samples(served, "handrail_http_requests", "route", "method")
    assert {labels for labels in counted if labels[1] != "GET"} == {("unmatched", "other")}


async def test_calls_to_aws_are_counted_by_outcome(served: Served) -> None:
    served.stub.fail_next("StartExecution", code="ThrottlingException")
    for _ in range(2):
        await served.post("/v1/state-machines/order/executions", {})
    counted = await samples(served, "handrail_aws_calls", "operation", "outcome")
    assert counted["StartExecution", "ok"] == counted["StartExecution", "throttled"] == 1
    started = await samples(served, "handrail_executions_started", "state_machine")
    assert started == {("order",): 1}
    starts = await samples(served, "handrail_starts", "state_machine", "outcome")
    assert starts["order", "started"] == 1


async def test_starts_are_counted_by_outcome_and_by_names_that_are_known(served: Served) -> None:
    """A label is kept for ever: a state machine that a client makes up must not become one."""
    await served.get("/v1/state-machines")
    for name in ("order", "nothing", "order:3", "%20", "a" * 200, *(f"no{n}" for n in range(5))):
        await served.post(f"/v1/state-machines/{name}/executions", {"name": "*"})
        await served.post(f"/v1/state-machines/{name}/executions", {})
    await served.post("/v1/state-machines/order/executions", {"name": "one", "input": 1})
    again = await served.post("/v1/state-machines/order/executions", {"name": "one", "input": 1})
    other = await served.post("/v1/state-machines/order/executions", {"name": "one", "input": 2})
    assert (again.status, other.status) == (200, 409)
    starts = await samples(served, "handrail_starts", "state_machine", "outcome")
    assert {machine for machine, _ in starts} == {"order", OTHER}
    assert starts["order", "refused"] == 2
    assert (starts["order", "replayed"], starts["order", "conflict"]) == (1, 1)
    assert starts[OTHER, "not_found"] >= 6


async def test_answers_to_tasks_are_counted_by_outcome(served: Served) -> None:
    token = "AAAA" + "Zk3+w0Rt9/" * 40
    for _ in range(2):
        await served.post("/v1/task-tokens/success", {"token": token, "output": None})
    await served.post("/v1/task-tokens/heartbeat", {"token": "x" * 4096})
    answers = await samples(served, "handrail_task_answers", "answer", "outcome")
    assert answers == {("success", "not_found"): 2, ("heartbeat", "refused"): 1}


async def test_the_end_of_an_execution_that_is_watched_is_counted_once(served: Served) -> None:
    arn = running(served.stub)
    for _ in range(2):
        async with served.ready("/v1/executions/order:one/ws") as socket:
            await socket.hear("subscribed")
            if served.stub.calls["StopExecution"] == 0:
                await served.post("/v1/executions/order:one/stop", {})
            await socket.hear("complete")
    await served.get("/v1/executions?state_machine=order")
    assert arn
    ended = await samples(served, "handrail_executions_ended", "state_machine", "status")
    assert ended == {("order", "ABORTED"): 1}


async def test_the_reads_budget_is_shown_by_operation(served: Served) -> None:
    running(served.stub)
    before = await samples(served, "handrail_read_budget_used_ratio", "operation")
    assert before["GetExecutionHistory",] == 0
    await served.get("/v1/executions/order:one")
    used = await samples(served, "handrail_read_budget_used_ratio", "operation")
    assert 0 <= used["GetExecutionHistory",] <= 1
    assert set(used) == set(await samples(served, "handrail_reads_waiting", "operation"))


async def test_what_the_trigger_starts_is_counted_once(served: Served) -> None:
    served.stub.add_machine("orchestration-dev")
    for _ in range(2):
        answer = await served.post("/trigger-workflow", {}, headers={"Idempotency-Key": "k"})
        assert answer.status == 200
    started = await samples(served, "handrail_executions_started", "state_machine")
    assert started == {("orchestration-dev",): 1}


async def test_sockets_and_watchers_are_counted_while_they_are_there(served: Served) -> None:
    running(served.stub)
    async with served.ready("/v1/executions/order:one/ws") as socket:
        await socket.hear("subscribed")
        sockets = await samples(served, "handrail_sockets", "transport")
        assert sockets == {("websocket",): 1, ("sse",): 0, ("long_poll",): 0}
        watchers = await samples(served, "handrail_watchers", "state")
        assert {state: count for state, count in watchers.items() if count} == {("read",): 1}
    await eventually(lambda: served.services.hub.watchers == 0)
    assert set((await samples(served, "handrail_sockets", "transport")).values()) == {0}
    assert set((await samples(served, "handrail_watchers", "state")).values()) == {0}
    opened = await samples(served, "handrail_sockets_opened", "transport")
    assert opened == {("websocket",): 1}


async def test_a_long_poll_and_a_stream_count_as_what_they_are(served: Served) -> None:
    arn, one = running(served.stub), "/v1/executions/order:one"
    async with served.http.get(f"{one}/stream") as stream:
        await stream.content.readline()
        assert (await samples(served, "handrail_sockets", "transport"))["sse",] == 1
    cursor = (await served.get(f"{one}/events")).body["cursor"]
    polling = asyncio.create_task(served.get(f"{one}/events?after={cursor}&wait=20"))
    while (await samples(served, "handrail_sockets", "transport"))["long_poll",] != 1:
        assert not polling.done()
    served.stub.append(arn, entered("Charge"))
    assert (await polling).status == 200
    assert (await samples(served, "handrail_sockets", "transport"))["long_poll",] == 0
    opened = await samples(served, "handrail_sockets_opened", "transport")
    assert opened == {("sse",): 1, ("long_poll",): 1}
