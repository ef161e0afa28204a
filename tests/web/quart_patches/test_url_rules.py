"""What builds URLs is compiled for whoever asks for one, and builds as ever."""

from typing import Any

import pytest
from quart import Quart
from quart.routing import QuartRule
from werkzeug.routing import Map

from handrail.web.quart_patches.deadlines import App
from handrail.web.quart_patches.url_rules import UnbuiltRule

TEXT = "/v1/<path:execution>/states/<state>"


class Counted(QuartRule):
    """Tells what is compiled."""

    compiled = 0

    def _compile_builder(self, append_unknown: bool = True) -> Any:
        Counted.compiled += 1
        return super()._compile_builder(append_unknown)


class UnbuiltAndCounted(UnbuiltRule, Counted):
    """The patch, over what counts."""


def test_nothing_is_compiled_until_a_url_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Counted, "compiled", 0)
    rules = Map([UnbuiltAndCounted(TEXT, endpoint="state")])
    asked = rules.bind("a")
    assert asked.match("/v1/a:b/states/C") == ("state", {"execution": "a:b", "state": "C"})
    assert Counted.compiled == 0
    for _ in range(2):
        built = asked.build("state", {"execution": "a:b", "state": "C", "after": 1})
        assert built == "/v1/a:b/states/C?after=1"
    assert Counted.compiled == 1


@pytest.mark.parametrize("values", [{}, {"after": "ä b"}, {"after": [1, 2]}])
async def test_an_app_builds_the_urls_that_quart_does(values: dict[str, Any]) -> None:
    built = []
    for app in (App("test"), Quart("test")):
        app.add_url_rule(TEXT, "state", lambda **_: "")
        async with app.test_request_context("/"):
            built.append(app.url_for("state", execution="a/b:c", state="D E", **values))
    assert built[0] == built[1]
