"""Where the service's own paths begin, wherever it is mounted or proxied."""

from typing import Any

import pytest

from handrail.web.quart_patches.root_path import own_path, rooted


def scope(path: str, root_path: str = "") -> dict[str, Any]:
    return {"path": path, "root_path": root_path}


@pytest.mark.parametrize(
    ("sent", "prefix", "root_path", "own"),
    [
        (scope("/healthz"), "", "", "/healthz"),
        (scope("/steps/healthz", "/steps"), "", "/steps", "/healthz"),
        (scope("/steps/healthz", "/steps/"), "", "/steps", "/healthz"),
        (scope("/healthz", "/steps"), "", "/steps", "/healthz"),
        (scope("/steps/healthz"), "/steps", "/steps", "/healthz"),
        (scope("/healthz"), "/steps", "", "/healthz"),
        (scope("/stepsister"), "/steps", "", "/stepsister"),
        (scope("/stage/healthz", "/stage"), "/steps", "/stage", "/healthz"),
        (scope("/v1/state-machines"), "/v1", "", "/v1/state-machines"),
        (scope("/v1/v1/state-machines"), "/v1", "/v1", "/v1/state-machines"),
    ],
)
def test_a_path_begins_with_its_root_path(
    sent: dict[str, Any], prefix: str, root_path: str, own: str
) -> None:
    found = rooted(sent, prefix)
    assert found["root_path"] == root_path
    assert found["path"] == root_path + own
    assert own_path(found) == own
    assert rooted(found, prefix) == found
