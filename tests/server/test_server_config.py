"""Hypercorn's defaults that matter are set on purpose."""

import structlog
from hypercorn.config import Config

from handrail.server.server_config import HEAD_BYTES, ServerConfig, ServerLog


def test_no_ping_of_the_server_s_own_and_no_name_in_its_answers() -> None:
    config = ServerConfig()
    assert config.websocket_ping_interval is None
    assert config.include_server_header is False
    assert config.h11_max_incomplete_size == HEAD_BYTES


def test_one_server_s_end_changes_no_other_s_settings() -> None:
    first, second = ServerConfig(), ServerConfig()
    first.keep_alive_max_requests = 0
    assert second.keep_alive_max_requests > 0


async def test_hypercorn_s_lines_are_ours() -> None:
    with structlog.testing.capture_logs() as lines:
        await ServerLog(Config()).info("Running on %s", "nowhere")
    assert [line["log_level"] for line in lines] == ["debug"]
