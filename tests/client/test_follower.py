from typing import Any

import pytest

from handrail.client import Client, Message, RequestRefused, ServiceUnreachable, StreamClosed
from handrail.client.follower import socket_address
from tests.client.conftest import Serving
from tests.client.fake_service import (
    EXECUTION,
    READY,
    RECOVERED,
    SUBSCRIBED,
    Close,
    Expect,
    FakeService,
    Script,
    Silence,
    Waits,
    complete,
    snapshot,
    state,
    update,
)

SHIPPING = state("Ship", "RUNNING")


async def followed(
    url: str, waits: Waits, after: str | None = None, level: str = "states"
) -> list[Message]:
    async with Client(url, token=lambda: "t", sleep=waits.sleep, jitter=lambda: 0.0) as client:
        return [message async for message in client.follow(EXECUTION, after=after, level=level)]


async def test_a_stream_is_followed_to_its_end(serving: Serving, waits: Waits) -> None:
    service = FakeService([[READY, SUBSCRIBED, update("9:3", SHIPPING), complete(), Close(1000)]])
    messages = await followed(await serving(service), waits)
    assert [message["type"] for message in messages] == ["subscribed", "update", "complete"]
    assert service.requests[0][2]["Authorization"] == "Bearer t"


@pytest.mark.parametrize("code", [1001, 1006, 1011, 1012, 1013, 4000, 4001, 4002])
async def test_a_drop_is_resumed_from_the_last_cursor_seen(
    code: int, serving: Serving, waits: Waits
) -> None:
    first: Script = [READY, SUBSCRIBED, update("9:3", SHIPPING), Close(code)]
    second: Script = [READY, RECOVERED, update("9:4", SHIPPING), complete()]
    service = FakeService([first, second])
    messages = await followed(await serving(service), waits)
    assert service.afters == [None, "9:3"]
    assert waits.delays_s == [0.5]
    assert [message.get("cursor") for message in messages] == ["9:2", "9:3", "9:8", "9:4", "9:9"]


async def test_a_drop_right_after_recovery_skips_nothing(serving: Serving, waits: Waits) -> None:
    service = FakeService([[READY, RECOVERED, Close(1012)], [READY, RECOVERED, complete()]])
    await followed(await serving(service), waits, after="9:3")
    assert service.afters == ["9:3", "9:3"]
    assert service.shown_after == ["9:0"]  # there is such an execution, whatever AWS shows


async def test_progress_forgets_earlier_failures(serving: Serving, waits: Waits) -> None:
    drop: Script = [READY, SUBSCRIBED, Close(1012)]
    service = FakeService([*([drop] * 12), [READY, SUBSCRIBED, complete()]])
    await followed(await serving(service), waits)
    assert waits.delays_s == [0.5] * 12


async def test_drops_without_progress_end(serving: Serving, waits: Waits) -> None:
    service = FakeService([[READY, Close(1013)]] * 4)
    with pytest.raises(ServiceUnreachable, match="1013"):
        await followed(await serving(service), waits)
    assert waits.delays_s == [0.5, 1.0, 2.0]


async def test_a_handshake_answered_with_503_is_tried_again(serving: Serving, waits: Waits) -> None:
    with pytest.raises(ServiceUnreachable, match="503"):
        await followed(await serving(FakeService(sockets_refused_with=503)), waits)
    assert len(waits.delays_s) == 3


@pytest.mark.parametrize("status", [401, 404])
async def test_a_refused_handshake_is_final(status: int, serving: Serving, waits: Waits) -> None:
    with pytest.raises(RequestRefused) as refusal:
        await followed(await serving(FakeService(sockets_refused_with=status)), waits)
    assert (refusal.value.status, waits.delays_s) == (status, [])


@pytest.mark.parametrize("code", [4400, 4401, 4403, 4404, 4408, 4409, 4429])
async def test_a_refusing_close_is_final(code: int, serving: Serving, waits: Waits) -> None:
    with pytest.raises(RequestRefused) as refusal:
        await followed(await serving(FakeService([[READY, Close(code)]])), waits)
    assert (refusal.value.status, waits.delays_s) == (code - 4000, [])


async def test_a_normal_close_before_the_end_is_told(serving: Serving, waits: Waits) -> None:
    with pytest.raises(StreamClosed, match="before the execution did"):
        await followed(await serving(FakeService([[READY, SUBSCRIBED, Close(1000)]])), waits)


async def test_an_error_is_final_unless_the_stream_goes_on(serving: Serving, waits: Waits) -> None:
    throttled = {"type": "error", "id": "0", "code": "throttled", "detail": "x", "retryable": True}
    missing = {"type": "error", "id": "0", "code": "execution_not_found", "detail": "No such one."}
    service = FakeService([[READY, throttled, SUBSCRIBED, throttled, missing]])
    with pytest.raises(RequestRefused, match=r"No such one\.") as refusal:
        await followed(await serving(service), waits)
    assert (refusal.value.code, len(service.sockets)) == ("execution_not_found", 1)


async def test_a_socket_that_is_closed_after_an_error_is_taken_up_again(
    serving: Serving, waits: Waits
) -> None:
    full = {"type": "error", "id": "0", "code": "unavailable", "detail": "x", "retryable": True}
    service = FakeService([[READY, full, Close(1013)], [READY, SUBSCRIBED, complete()]])
    assert (await followed(await serving(service), waits))[-1]["type"] == "complete"
    assert waits.delays_s == [0.5]


async def test_a_ping_is_answered(serving: Serving, waits: Waits) -> None:
    script: Script = [READY, SUBSCRIBED, {"type": "ping"}, Expect("pong"), complete()]
    assert (await followed(await serving(FakeService([script])), waits))[-1]["type"] == "complete"


async def test_a_quiet_line_is_pinged_and_a_dead_one_is_left(
    serving: Serving, waits: Waits
) -> None:
    quick = {**READY, "heartbeat": 0.01}
    dead: Script = [quick, SUBSCRIBED, Expect("ping"), Silence()]
    alive: Script = [quick, SUBSCRIBED, Expect("ping"), {"type": "pong"}, complete()]
    service = FakeService([dead, alive])
    assert (await followed(await serving(service), waits))[-1]["type"] == "complete"
    assert service.afters == [None, "9:2"]


async def test_a_closing_stands_for_the_code_the_transport_can_not_carry(
    serving: Serving, waits: Waits
) -> None:
    closing = {"type": "closing", "code": 1012, "reason": "Two hours are over."}
    service = FakeService(
        [[READY, SUBSCRIBED, closing, Close(1000)], [READY, RECOVERED, complete()]]
    )
    messages = await followed(await serving(service), waits)
    assert [message["type"] for message in messages] == ["subscribed", "subscribed", "complete"]
    assert (service.afters, waits.delays_s) == ([None, "9:2"], [0.5])


@pytest.mark.parametrize("code", [4401, 4404])
async def test_a_closing_may_refuse(code: int, serving: Serving, waits: Waits) -> None:
    closing = {"type": "closing", "code": code, "reason": "No."}
    with pytest.raises(RequestRefused, match=r"No\.") as refusal:
        await followed(await serving(FakeService([[READY, closing, Close(1000)]])), waits)
    assert (refusal.value.status, waits.delays_s) == (code - 4000, [])


async def test_a_closing_as_normal_ends_the_stream(serving: Serving, waits: Waits) -> None:
    closing = {"type": "closing", "code": 1000, "reason": ""}
    with pytest.raises(StreamClosed):
        await followed(
            await serving(FakeService([[READY, SUBSCRIBED, closing, Close(1001)]])), waits
        )
    assert waits.delays_s == []


async def test_a_closing_without_a_code_is_a_cut(serving: Serving, waits: Waits) -> None:
    service = FakeService([[READY, {"type": "closing"}], [READY, SUBSCRIBED, complete()]])
    assert (await followed(await serving(service), waits))[-1]["type"] == "complete"


async def test_ready_may_come_late(serving: Serving, waits: Waits) -> None:
    service = FakeService([[SUBSCRIBED, READY, complete()]])
    messages = await followed(await serving(service), waits)
    assert [message["type"] for message in messages] == ["subscribed", "complete"]


def living_at(url: str, **members: Any) -> dict[str, Any]:
    """A snapshot whose links name a socket elsewhere."""
    return {**snapshot(), "links": {"ws": url}, **members}


async def test_a_socket_elsewhere_is_found_by_the_execution_s_links(
    serving: Serving, waits: Waits
) -> None:
    sockets = FakeService([[READY, SUBSCRIBED, Close(1001)], [READY, RECOVERED, complete()]])
    named = (await serving(sockets)).replace("http:", "ws:") + "live?execution=a%2FEach%20one:7"
    rest = FakeService(snapshots=[living_at(named)])
    await followed(await serving(rest), waits)
    assert sockets.sockets == [
        "/live?execution=a%2FEach%20one:7&level=states",
        "/live?execution=a%2FEach%20one:7&after=9%3A2&level=states",
    ]
    assert {headers["Authorization"] for _, _, headers, _ in sockets.requests} == {"Bearer t"}


def test_a_path_stays_with_the_rest_of_the_api() -> None:
    for links in ({}, {"ws": "/v1/executions/order:7f3c/ws"}):
        address = socket_address("https://example.com/prefix", EXECUTION, links)
        assert address == f"https://example.com/prefix/v1/executions/{EXECUTION}/ws"


def test_a_service_asked_over_tls_can_not_name_a_socket_without() -> None:
    links = {"ws": "ws://example.com/live?execution=order:7f3c"}
    with pytest.raises(RequestRefused, match="names a socket"):
        socket_address("https://example.com", EXECUTION, links)
    assert socket_address("http://example.com", EXECUTION, links) == links["ws"]


OMITTED = {"omitted": ["*"], "links": {"self": f"/v1/executions/{EXECUTION}"}}


async def test_a_message_too_large_for_the_transport_is_fetched(
    serving: Serving, waits: Waits
) -> None:
    large = {**snapshot(), "input": "large", "tasks": [{"event_id": 3}], "cursor": "9:2"}
    sent = {"type": "subscribed", "id": "0", "recovered": False, "cursor": "9:2", **OMITTED}
    waiting = {"type": "update", "id": "0", "cursor": "9:2", **OMITTED}
    service = FakeService([[READY, sent, waiting, complete(), Close(1000)]], snapshots=[large])
    messages = await followed(await serving(service), waits)
    assert messages[0] == {**SUBSCRIBED, "snapshot": large}
    assert messages[1]["tasks"] == [{"event_id": 3}]
    assert messages[1]["execution"]["input"] == "large"
    assert messages[2]["type"] == "complete"
    assert all("omitted" not in message for message in messages)
    assert service.shown_after[1:] == ["9:2", "9:2"]


async def test_a_snapshot_behind_the_stream_is_asked_for_again(
    serving: Serving, waits: Waits
) -> None:
    early, late = {**snapshot(), "output": None}, {**snapshot(), "output": 7, "cursor": "9:9"}
    sent = {"type": "complete", "id": "0", "cursor": "9:9", "status": "SUCCEEDED", **OMITTED}
    service = FakeService([[READY, SUBSCRIBED, sent]], snapshots=[early, early, late])
    messages = await followed(await serving(service), waits)
    assert messages[-1] == complete(output=7)
    assert waits.delays_s == [0.5]


async def test_a_snapshot_that_stays_behind_ends_the_stream(serving: Serving, waits: Waits) -> None:
    sent = {"type": "complete", "id": "0", "cursor": "9:9", "status": "SUCCEEDED", **OMITTED}
    service = FakeService([[READY, SUBSCRIBED, sent]])
    with pytest.raises(ServiceUnreachable, match="behind"):
        await followed(await serving(service), waits)


def updated_to(event_id: int) -> dict[str, Any]:
    return {"type": "update", "id": "0", "cursor": f"9:{event_id}", **OMITTED}


def page_of(*ids: int) -> tuple[int, dict[str, Any]]:
    return 200, {"events": [{"id": id} for id in ids], "cursor": f"9:{ids[-1]}"}


async def test_at_level_events_those_since_the_held_cursor_are_fetched(
    serving: Serving, waits: Waits
) -> None:
    service = FakeService(
        [[READY, SUBSCRIBED, updated_to(5), complete()]],
        answers=[page_of(3, 4), page_of(5, 6)],
        snapshots=[{**snapshot(state("A", "RUNNING")), "cursor": "9:6"}],
    )
    messages = await followed(await serving(service), waits, level="events")
    assert messages[1]["events"] == [{"id": 3}, {"id": 4}, {"id": 5}]
    assert messages[1]["cursor"] == "9:5"
    assert messages[1]["states"] == [state("A", "RUNNING")]
    assert service.events_asked == [
        {"after": "9:2", "limit": "100"},
        {"after": "9:4", "limit": "100"},
    ]


async def test_a_page_of_events_too_large_for_an_answer_is_fetched_one_by_one(
    serving: Serving, waits: Waits
) -> None:
    service = FakeService(
        [[READY, SUBSCRIBED, updated_to(4), complete()]],
        answers=[(413, {"code": "answer_too_large"}), page_of(3), page_of(4)],
        snapshots=[{**snapshot(), "cursor": "9:4"}],
    )
    messages = await followed(await serving(service), waits, level="events")
    assert messages[1]["events"] == [{"id": 3}, {"id": 4}]
    assert [asked["limit"] for asked in service.events_asked] == ["100", "1", "1"]


async def test_events_that_stay_behind_end_the_stream(serving: Serving, waits: Waits) -> None:
    service = FakeService(
        [[READY, SUBSCRIBED, updated_to(4)]],
        answers=[(200, {"events": [], "cursor": "9:2"})],
        snapshots=[{**snapshot(), "cursor": "9:4"}],
    )
    with pytest.raises(ServiceUnreachable, match="behind"):
        await followed(await serving(service), waits, level="events")


async def test_names_of_what_an_earlier_service_omitted_are_filled_in_too(
    serving: Serving, waits: Waits
) -> None:
    sent = {**complete(), "omitted": ["execution.output"]}
    service = FakeService(
        [[READY, SUBSCRIBED, sent]], snapshots=[{**snapshot(), "output": 7, "cursor": "9:9"}]
    )
    assert (await followed(await serving(service), waits))[-1] == complete(output=7)
