"""No request takes longer than it may."""

from tests.web.conftest import Serving
from tests.web.stories import running

ONE = "/v1/executions/order:one"
MACHINES = "/v1/state-machines"


async def test_a_handler_that_takes_too_long_is_a_504_that_may_be_repeated(
    serve: Serving,
) -> None:
    async with serve(request_timeout_s=3, read_timeout_s=5) as served:
        for operation in ("ListStateMachines", "DescribeStateMachine"):
            served.stub.slow_next(operation, delay_s=1.8)  # within its limit; together too slow
        answer = await served.get(f"{MACHINES}/order")
        assert (answer.status, answer.body["code"]) == (504, "timeout")
        assert answer.body["retryable"] is True
        assert answer.headers["retry-after"] == "1"


async def test_a_long_poll_has_its_wait_on_top(serve: Serving) -> None:
    async with serve(request_timeout_s=1) as served:
        running(served.stub)
        first = await served.get(f"{ONE}/events")
        polled = await served.get(f"{ONE}/events?wait=1.5&after={first.body['cursor']}")
        assert (polled.status, polled.body["events"]) == (200, [])


async def test_a_synchronous_start_has_its_own_time(serve: Serving) -> None:
    async with serve(request_timeout_s=1) as served:
        served.stub.slow_next("StartSyncExecution", delay_s=1.4)
        answer = await served.post("/v1/state-machines/price/sync-executions", {})
        assert answer.status == 200
