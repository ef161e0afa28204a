"""Every driver of the session says what the session says: the same scripts, played by a process's
socket and by a socket that API Gateway holds, come to the same messages and the same close code.

What is different by design is left out: a handshake that API Gateway refuses by its HTTP status
instead of a close code, `closing`, which stands for the close code there, and on an event stream
`ready`, and an error in place of the close code of an expired credential.
"""

import asyncio
import json
from collections.abc import Coroutine, Sequence
from typing import Any, Protocol

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from handrail.auth.authentication import Authentication
from handrail.core.access.principals import Credential, Principal
from handrail.core.apigateway import SubscriptionRequest
from handrail.core.errors import ExecutionNotFound
from handrail.core.models import ExecutionId
from handrail.core.protocol.close_codes import CloseCode
from handrail.core.protocol.encoded_messages import Message
from handrail.core.protocol.session import Session
from handrail.core.shares import Shares
from handrail.telemetry.metrics import Metrics
from handrail.telemetry.request_log import RequestLog
from handrail.usecases.apigateway.limits import GatewayLimits
from handrail.web.live.registry import SocketRegistry
from handrail.web.live.socket import Connection
from handrail.web.live.socket_record import SocketRecord
from handrail.web.live.sse import EventStream
from tests.core.histories import History
from tests.core.protocol.session_scripts import (
    LIMITS,
    LIVES_S,
    ONLY,
    READER,
    SCRIPTS,
    SessionModel,
    Step,
    answer_to,
    played,
    said,
    summary,
)
from tests.fakes import BEGIN, run_until_idle
from tests.usecases.apigateway.stage import GatewayStage
from tests.usecases.live.stage import Stage

ALIKE = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FLOOD = [said("ping")] * 10
SUBSCRIBE = said("subscribe", id="a", execution="orders:one")
AGAIN = [SUBSCRIBE, said("unsubscribe", id="a"), SUBSCRIBE, SUBSCRIBE]
REFUSED = [said("subscribe", id="a", execution="orders:one:run"), SUBSCRIBE, said("ping")]


class WritesAtOnce:
    """A socket's end whose peer takes everything. Implements `SocketEnd`."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.closed_with: int | None = None

    def ready(self) -> bool:
        return True

    def write(self, message: Message) -> None:
        self.heard.append(json.loads(message.text))

    def close(self, code: int, reason: str) -> None:
        del reason
        self.closed_with = self.closed_with or code


class AnswersToTokens(Authentication):
    @property
    def asks(self) -> bool:
        return True

    async def principal_of(self, credential: Credential) -> Principal:
        answer = answer_to(credential.bearer or "")
        if isinstance(answer, Exception):
            raise answer
        return answer


class ProcessPeer:
    """Of a socket that a process holds. Implements `Peer`."""

    def __init__(self) -> None:
        self.stage = Stage(promises=False)
        self.histories = [self.stage.execution(f"orders:{name}") for name in ("one", "two")]
        self._end = WritesAtOnce()

    @property
    def heard(self) -> Sequence[dict[str, Any]]:
        return self._end.heard

    @property
    def closed_with(self) -> int | None:
        return self._end.closed_with

    async def connect(self, token: str | None, *, only: SubscriptionRequest | None) -> None:
        time = self.stage.clock.monotonic
        session = Session("p", LIMITS, time(), only, auth=True)
        registry = SocketRegistry(
            max_sockets=1, shares=Shares(1), heartbeat_s=60, metrics=Metrics()
        )
        record = SocketRecord(RequestLog(), "p", None, None)
        self.connection = connection = Connection(
            session, time, self._end, self.stage.hub, self.stage.lists, registry, record
        )

        async def let_in() -> None:
            answer = answer_to(token or await connection.token())
            connection.perform(session.authenticated(answer, BEGIN))

        connection.let_in(let_in())
        await run_until_idle()

    async def says(self, data: str | bytes) -> None:
        self.connection.received(data)
        await run_until_idle()

    async def waits(self, seconds: int) -> None:
        await self.stage.clock.advance(seconds)
        self.connection.sweep(self.stage.clock.monotonic())
        who = self.connection.session.principal
        if who is not None and who.expired(self.stage.clock.now()):
            self.connection.expire()
        await run_until_idle()

    async def goes_on(self) -> None:
        await self.stage.hub.nudge(ExecutionId.parse(ONLY.execution))
        await run_until_idle()

    async def close(self) -> None:
        self.connection.gone(CloseCode.LOST)
        await self.stage.hub.close()


class GatewayPeer:
    """Of a socket that API Gateway holds, each message taken by an instance that has read nothing.
    Implements `Peer`."""

    def __init__(self) -> None:
        self.stage = GatewayStage(
            auth=True,
            limits=GatewayLimits(
                heartbeat_s=LIMITS.heartbeat_s,
                max_subscriptions=LIMITS.max_subscriptions,
                max_messages_per_s=LIMITS.max_messages_per_s,
                max_message_bytes=LIMITS.max_message_bytes,
            ),
        )
        self.stage.auth = AnswersToTokens()
        self.stage.sockets = self.stage.colder()
        self.histories = [self.stage.execution(f"orders:{name}") for name in ("one", "two")]

    @property
    def heard(self) -> Sequence[dict[str, Any]]:
        return [message for message in self.stage.socket().said if message["type"] != "closing"]

    @property
    def closed_with(self) -> int | None:
        return self.stage.socket().closed_with

    async def connect(self, token: str | None, *, only: SubscriptionRequest | None) -> None:
        shown = Credential(bearer=token) if token else Credential()
        execution = None if only is None else only.execution
        await self.stage.connect(credential=shown, execution=execution)
        await self.stage.greet()

    async def says(self, data: str | bytes) -> None:
        self.stage.sockets = self.stage.colder()
        await self.stage.says(data)

    async def waits(self, seconds: int) -> None:
        await self.stage.clock.advance(seconds)
        await self.stage.tick()

    async def goes_on(self) -> None:
        await self.stage.deliver()

    async def close(self) -> None:
        await self.stage.close()


class StreamPeer:
    """Of an event stream, whose client says nothing."""

    def __init__(self) -> None:
        self.stage = Stage(promises=False)
        self.histories = [self.stage.execution(f"orders:{name}") for name in ("one", "two")]
        self.heard: list[dict[str, Any]] = []

    async def connect(self, token: str | None, *, only: SubscriptionRequest | None) -> None:
        assert only is not None
        self._stream = EventStream(self.stage.hub, only, self.stage.clock)
        self._reading = asyncio.create_task(self._read())
        await run_until_idle()

    async def waits(self, seconds: int) -> None:
        await self.stage.clock.advance(seconds)
        if READER.expired(self.stage.clock.now()):
            self._stream.expire()
        await run_until_idle()

    async def goes_on(self) -> None:
        await self.stage.hub.nudge(ExecutionId.parse(ONLY.execution))
        await run_until_idle()

    @property
    def closed_with(self) -> int | None:
        if not self._reading.done():
            return None
        return 4002 if self.heard[-1].get("code") == "credential_expired" else 1000

    async def close(self) -> None:
        self._reading.cancel()
        self._stream.close()
        await self.stage.hub.close()

    async def _read(self) -> None:
        await self._stream.opened()
        async for frame in self._stream.frames():
            if data := frame.partition(b"data: ")[2]:
                self.heard.append(json.loads(data))


class Watching(Protocol):
    """A peer of an execution that goes on."""

    histories: list[History]

    @property
    def heard(self) -> Sequence[dict[str, Any]]: ...

    @property
    def closed_with(self) -> int | None: ...

    async def connect(self, token: str | None, *, only: SubscriptionRequest | None) -> None: ...

    async def waits(self, seconds: int) -> None: ...

    async def goes_on(self) -> None: ...

    async def close(self) -> None: ...


async def closed_behind(peer: ProcessPeer | GatewayPeer, play: Coroutine[Any, Any, Any]) -> Any:
    try:
        return await play
    finally:
        await peer.close()


@ALIKE
@given(
    script=SCRIPTS,
    token=st.sampled_from([None, "reader"]),
    only=st.sampled_from([None, None, ONLY]),
)
@example(script=FLOOD, token="reader", only=None)
@example(script=FLOOD, token="reader", only=ONLY)
@example(script=AGAIN, token="reader", only=None)
@example(script=REFUSED, token="reader", only=None)
@example(script=[said("init", token="starter"), *FLOOD], token=None, only=ONLY)
def test_every_driver_says_what_the_session_says(
    script: Sequence[Step], token: str | None, only: SubscriptionRequest | None
) -> None:
    async def all_play() -> None:
        expected = await played(SessionModel(), script, token, only)
        for make in (ProcessPeer, GatewayPeer):
            peer = make()
            assert await closed_behind(peer, played(peer, script, token, only)) == expected, make

    asyncio.run(all_play())


async def watched(peer: Watching, script: Sequence[str]) -> Any:
    await peer.connect("reader", only=ONLY)
    history = peer.histories[0]
    for step in script:
        if step == "waits":
            await peer.waits(LIVES_S // 2)
            continue
        if history.events[-1].type != "ExecutionSucceeded":
            if step == "ends":
                history.main.then("ExecutionSucceeded", output="{}")
            else:
                history.main.task("Charge")
        await peer.goes_on()
    heard = [summary(message) for message in peer.heard]
    closed_with = peer.closed_with
    await peer.close()
    return heard, closed_with


@ALIKE
@given(st.lists(st.sampled_from(["progresses", "waits", "ends"]), max_size=6))
def test_one_execution_is_told_alike_by_socket_gateway_and_stream(script: Sequence[str]) -> None:
    async def all_watch() -> None:
        heard, code = await watched(ProcessPeer(), script)
        assert await watched(GatewayPeer(), script) == (heard, code)
        streamed, ended = await watched(StreamPeer(), script)
        if code == 4002:
            assert (streamed.pop()["code"], ended) == ("credential_expired", 4002)
        assert ["ready", *(message["type"] for message in streamed)] == [
            message["type"] for message in heard
        ]
        assert ended == code

    asyncio.run(all_watch())


def test_a_stream_says_like_a_socket_why_there_is_nothing_more_to_come() -> None:
    async def both_end() -> None:
        for peer in (ProcessPeer(), StreamPeer()):
            await peer.connect("reader", only=ONLY)
            for watcher in peer.stage.hub._pool.watchers.values():
                watcher.end(ExecutionNotFound("It is gone."))
            await run_until_idle()
            last = summary(peer.heard[-1])
            assert (last["type"], last["code"], last["id"]) == ("error", "execution_not_found", "0")
            assert peer.closed_with is not None
            await peer.close()

    asyncio.run(both_end())
