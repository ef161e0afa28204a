"""The server's settings, and the order of the end."""

from types import SimpleNamespace
from typing import Any

from handrail.entrypoints.serve import InOrder, server_config
from handrail.settings import Settings


def test_the_server_goes_by_the_settings() -> None:
    settings = Settings(
        keep_alive_s=5,
        graceful_timeout_s=6,
        ws_max_message_bytes=700,
        ws_max_messages_per_s=8,
        drain_window_s=9,
    )
    config = server_config(settings, max_connections=10)
    assert (config.keep_alive_timeout, config.graceful_timeout) == (5, 6)
    assert (config.websocket_max_message_size, config.max_frames_per_s) == (700, 8)
    assert (config.linger_s, config.max_connections) == (9, 10)


async def test_readiness_fails_before_anything_else_ends() -> None:
    sockets = SimpleNamespace(leaving=False, draining=False)
    services: Any = SimpleNamespace(sockets=sockets, callbacks=None)
    await InOrder(services, Settings(drain_delay_s=0)).leave()
    assert (sockets.leaving, sockets.draining) == (True, False)


async def test_callbacks_in_hand_are_finished_before_the_port_closes() -> None:
    finished: list[float] = []

    async def finish(within_s: float) -> None:
        assert services.sockets.leaving
        finished.append(within_s)

    callbacks = SimpleNamespace(finish=finish)
    services: Any = SimpleNamespace(sockets=SimpleNamespace(), callbacks=callbacks)
    await InOrder(services, Settings(drain_delay_s=0, graceful_timeout_s=3)).leave()
    assert finished == [3]
