"""The limit on file descriptors, raised or lived within."""

import resource
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from handrail.server.file_descriptors import HEADROOM, Capacity, ProcessFiles, capacity


@dataclass
class Files(ProcessFiles):
    """A made-up RLIMIT_NOFILE."""

    soft: int
    hard: int
    stubborn: bool = False
    asked: list[int] = field(default_factory=list)

    def limits(self) -> tuple[int, int]:
        return self.soft, self.hard

    def set_soft(self, limit: int) -> None:
        self.asked.append(limit)
        if self.stubborn or limit > self.hard:
            raise ValueError("not allowed to raise maximum limit")
        self.soft = limit


def test_what_is_enough_is_left_alone() -> None:
    files = Files(soft=65_536, hard=65_536)
    with capture_logs() as logs:
        found = capacity(sockets=10_000, calls=100, files=files)
    assert found.sockets == 10_000
    assert found.connections > 60_000
    assert (files.asked, logs) == ([], [])


def test_the_soft_limit_is_raised_to_what_is_needed() -> None:
    files = Files(soft=1024, hard=65_536)
    with capture_logs() as logs:
        found = capacity(sockets=10_000, calls=100, files=files)
    assert files.soft == 10_000 + 100 + HEADROOM
    assert (found.sockets, logs) == (10_000, [])


def test_a_hard_limit_that_is_too_low_lowers_the_capacity_and_says_so() -> None:
    files = Files(soft=1024, hard=4096)
    with capture_logs() as logs:
        found = capacity(sockets=10_000, calls=100, files=files)
    assert files.soft == 4096
    assert found.sockets == 4096 - 100 - HEADROOM
    assert logs == [
        {
            "event": "too few file descriptors",
            "log_level": "warning",
            "limit": 4096,
            "needed": 11_124,
            "max_sockets": found.sockets,
            "wanted_sockets": 10_000,
        }
    ]


def test_a_limit_the_system_won_t_raise_is_lived_with() -> None:
    files = Files(soft=2560, hard=2**31 - 1, stubborn=True)
    found = capacity(sockets=10_000, calls=100, files=files)
    assert (files.soft, found.sockets) == (2560, 2560 - 100 - HEADROOM)


@pytest.mark.parametrize("limit", [1, 64, 256, 1024])
def test_of_very_few_half_are_for_sockets(limit: int) -> None:
    found = capacity(sockets=10_000, calls=100, files=Files(limit, limit))
    assert 1 <= found.sockets <= max(1, limit // 2)
    assert found.connections >= found.sockets


def test_fewer_sockets_need_no_more() -> None:
    files = Files(soft=1024, hard=2048)
    assert capacity(sockets=50, calls=10, files=files) == Capacity(50, 1084 - 10 - 64)


def test_the_process_s_own_limit_is_read_and_set() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = ProcessFiles()
    soft, hard = files.limits()
    try:
        files.set_soft(soft - 1)
        assert files.limits() == (soft - 1, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
