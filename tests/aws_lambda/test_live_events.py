"""How long live events may take."""

import pytest

from handrail.aws_lambda.invocation import LIVE, Kind
from handrail.aws_lambda.live_events import time_for

API_GATEWAY_S = 29
COLD_START_S = 3


def test_a_socket_s_event_is_over_before_api_gateway_gives_it_up() -> None:
    assert time_for(Kind.WEBSOCKET, 60) + COLD_START_S < API_GATEWAY_S
    assert time_for(Kind.WEBSOCKET, 10) == 10


@pytest.mark.parametrize("kind", sorted(LIVE - {Kind.WEBSOCKET}))
def test_other_events_have_all_that_the_invocation_has(kind: Kind) -> None:
    assert time_for(kind, 55) == 55
