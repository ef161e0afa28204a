"""The image's HEALTHCHECK: exit code 0 where the service answers 200, else 1 and why."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import run
from threading import Thread

import pytest

from handrail.entrypoints.healthcheck import main
from tests.server.free_port import free_port


@contextmanager
def answering(*pieces: bytes) -> Iterator[int]:
    """A port where one connection is answered with these, whatever it asks."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                for piece in pieces:
                    connection.sendall(piece)

        thread = Thread(target=answer)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def test_a_service_that_answers_200_is_healthy() -> None:
    with answering(b"HTTP/1.1 200 \r\n\r\n") as port:
        assert main([str(port)]) == 0


def test_an_answer_that_comes_in_pieces_is_put_together() -> None:
    with answering(b"HTTP/", b"1.1 2", b"00 OK\r\n\r\n") as port:
        assert main([str(port)]) == 0


@pytest.mark.parametrize("answer", [b"HTTP/1.1 503 \r\n\r\n", b"nonsense", b""])
def test_any_other_answer_is_not(answer: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    with answering(answer) as port:
        assert main([str(port)]) == 1
    assert capsys.readouterr().err.startswith("not healthy: ")


@pytest.mark.parametrize("port", ["x", "-1", "70000", ""])
def test_a_port_that_is_none_is_one_line_and_not_healthy(
    port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([port]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_nobody_listening_is_not_healthy() -> None:
    assert main([str(free_port())]) == 1


def test_it_imports_neither_the_app_nor_an_http_client() -> None:
    code = "import sys, handrail.entrypoints.healthcheck; print(*sys.modules)"
    done = run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    loaded = set(done.stdout.split())
    assert {name for name in loaded if name.startswith("handrail")} == {
        "handrail",
        "handrail.entrypoints",
        "handrail.entrypoints.healthcheck",
    }
    assert loaded.isdisjoint({"asyncio", "email", "http.client", "quart", "ssl", "urllib.request"})
