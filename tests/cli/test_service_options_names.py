"""Names that are empty, as a script's unset variable gives them."""

import pytest

from tests.client.fake_service import EXECUTION, FakeService

from .commands import handrail
from .conftest import Serving


@pytest.mark.parametrize(
    "args",
    [
        ["list", ""],
        ["start", ""],
        ["show", ""],
        ["show", EXECUTION, ""],
        ["stop", ""],
        ["complete", "", "14", "--output", "1"],
    ],
)
async def test_an_empty_name_asks_for_nothing(args: list[str], serving: Serving) -> None:
    service = FakeService()
    result = await handrail(*args, url=await serving(service))
    assert (result.exit_code, service.requests) == (2, [])
    assert result.stderr.endswith(": it is empty.\n")
