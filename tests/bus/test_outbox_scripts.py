"""The scripts of the outbox, as the server sees them."""

from typing import Any

import pytest

from handrail.bus import outbox_scripts as scripts
from handrail.bus.connection import BusScript
from tests.bus_server import BusServer

SCRIPTS = [each for each in vars(scripts).values() if isinstance(each, BusScript)]


def test_each_script_has_a_name_of_its_own() -> None:
    assert len({each.name for each in SCRIPTS}) == len(SCRIPTS) > 5


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda each: each.name)
def test_each_script_is_lua_that_the_server_takes(script: BusScript, bus_server: BusServer) -> None:
    with bus_server.blocking() as client:
        loaded: Any = client.script_load(script.text)
    assert loaded == script.sha
