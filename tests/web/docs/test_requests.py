"""What requests may hold."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from handrail.web.docs import requests


def test_a_start_without_an_input_has_an_empty_one() -> None:
    assert requests.StartRequest().input == {}


@pytest.mark.parametrize(
    ("model", "sent"),
    [
        (requests.StartRequest, {"inputs": {}}),
        (requests.SuccessRequest, {}),
        (requests.LinkRequest, {"actions": []}),
        (requests.StartQuery, {"wait": 26}),
        (requests.ListQuery, {"state_machine": ""}),
    ],
)
def test_what_is_unknown_missing_or_out_of_bounds_is_refused(
    model: type[BaseModel], sent: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError):
        model.model_validate(sent)


def test_a_task_token_is_in_no_representation() -> None:
    assert "secret" not in repr(requests.TokenRequest(token="secret"))
