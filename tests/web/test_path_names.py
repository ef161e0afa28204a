"""What log lines and spans tell of a path."""

import pytest

from handrail.core.models import ExecutionId
from handrail.web.path_names import PathNames, path_names
from tests.web.keys import key
from tests.web.stories import TOKEN

ONE = ExecutionId("order", "one")
BOTH = {"machine": "order", "execution": "order:one"}
NONE = PathNames()


def known(name: str) -> str | None:
    return name if name == "order" else None


@pytest.mark.parametrize("status", [200, 202, 403, 409, 410, 502, 503, None])
def test_what_is_there_is_told(status: int | None) -> None:
    assert path_names(known, BOTH, status) == PathNames("order", ONE)


@pytest.mark.parametrize("status", [400, 401, 404, 405, 413, 415, 422])
def test_what_an_answer_doesnt_say_to_be_there_isnt(status: int) -> None:
    assert path_names(known, BOTH, status) == NONE


def test_an_answer_says_that_a_state_machine_is_there_which_nobody_knew() -> None:
    given = {"machine": "new", "execution": "new:one"}
    assert path_names(known, given, 200) == PathNames("new", ExecutionId("new", "one"))
    for status in (403, 503, None):
        assert path_names(known, given, status) == NONE


@pytest.mark.parametrize("secret", [key("all"), "hrt_token", TOKEN, "x" * 301])
@pytest.mark.parametrize("status", [200, 403])
def test_a_secret_isnt_wherever_it_stands(secret: str, status: int) -> None:
    for name in (secret, f"order:{secret}", f"order/{secret}:one", f"order:one:{secret}"):
        assert path_names(lambda name: name, {"machine": name}, status) == NONE
        assert path_names(lambda name: name, {"execution": name}, status) == NONE


def test_what_is_no_execution_s_id_is_no_name() -> None:
    assert path_names(known, {"execution": "order"}, 200) == NONE
    assert path_names(known, {"signed": "a.b"}, 200) == NONE
    assert path_names(known, None, 200) == NONE
