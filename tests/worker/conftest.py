from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from .fakes import FakeActivities
from .rig import Rig


@pytest.fixture
def rig() -> Rig:
    return Rig(FakeActivities("review", "print"))


@pytest.fixture
def logs() -> Iterator[list[dict[str, Any]]]:
    """What is logged meanwhile, at any level."""
    structlog.configure(cache_logger_on_first_use=False)
    with capture_logs() as lines:
        yield lines  # type: ignore[misc] # mutable mappings are what they are
