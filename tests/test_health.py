"""The health check's old name."""

import sys
from subprocess import run

from tests.entrypoints.test_healthcheck import answering


def test_its_old_name_works_and_names_the_new_one() -> None:
    with answering(b"HTTP/1.1 200 OK\r\n") as port:
        command = [sys.executable, "-m", "handrail.health", str(port)]
        done = run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0
    assert "write python -m handrail.entrypoints.healthcheck" in done.stderr
