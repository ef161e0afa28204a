"""Peers that read slowly, or not at all."""

import json

from tests.web.bare_sockets import bare, drained
from tests.web.conftest import Serving
from tests.web.served import tasks
from tests.web.stories import entered, exited, ran, running

ONE = "/v1/executions/order:one/ws"


async def test_who_doesn_t_read_is_dropped_and_nobody_else_waits(serve: Serving) -> None:
    async with serve(ws_send_timeout_s=0.5) as served:
        arn, before = running(served.stub), tasks()
        async with (
            bare(served, f"{ONE}?level=events", receive_buffer=4096),
            served.ready(f"{ONE}?level=events") as neighbour,
        ):
            await neighbour.hear("subscribed")
            heard: list[int] = []
            payload = json.dumps("x" * 200_000)
            while len(served.services.sockets) > 1:
                last = served.stub.append(arn, *ran("Charge", payload=payload))
                while not heard or heard[-1] < last:
                    update = await neighbour.hear("update")
                    heard += [event["id"] for event in update["events"]]
            assert heard == [*range(2, heard[-1] + 1)]
        await drained(served, before)


async def test_a_slow_reader_gets_the_newest_state_not_every_one(serve: Serving) -> None:
    """What it missed is one update; nothing was queued for it."""
    async with serve(ws_send_timeout_s=60) as served:
        arn = running(served.stub)
        async with served.ready(ONE, max_queue=1) as slow, served.ready(ONE) as quick:
            await slow.hear("subscribed")
            await quick.hear("subscribed")
            slow.raw.transport.pause_reading()
            for number in range(80):
                name = f"State{number}" + "x" * 60
                last = served.stub.append(arn, entered(name), exited(name))
                while int((await quick.hear())["cursor"].partition(":")[2]) < last:
                    continue
            slow.raw.transport.resume_reading()
            updates = [await slow.hear("update")]
            while int(updates[-1]["cursor"].partition(":")[2]) < last:
                updates.append(await slow.hear("update"))
            states = {s["state"]: s for update in updates for s in update["states"]}
            assert len(states) == 80
