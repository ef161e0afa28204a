"""The table of tests/page/schema_form.test.js, by which the page's forms refuse values."""

import json
from pathlib import Path
from typing import Any

import pytest

from handrail.core.definition.json_schema import InputSchema
from handrail.core.errors import InvalidInput
from handrail.core.json_text import exact

CASES: list[dict[str, Any]] = exact(
    Path(__file__).parents[2].joinpath("page/schema_cases.json").read_bytes()
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: json.dumps(case, default=str)[:80])
def test_a_form_refuses_nothing_that_the_service_takes(case: dict[str, Any]) -> None:
    try:
        InputSchema(case["schema"]).check(case["value"])
    except InvalidInput:
        return
    assert case["errors"] == []
