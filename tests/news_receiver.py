"""A receiver of webhooks on loopback, which verifies what comes as Standard Webhooks has it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class ReceivedNews:
    """`kinds` are those that were asked for and happened."""

    id: str
    kinds: tuple[str, ...]
    document: Any

    @property
    def data(self) -> Any:
        return self.document["data"]


@dataclass
class NewsReceiver:
    """`status` is what it answers next."""

    url: str = ""
    status: int = 204
    _news: list[ReceivedNews] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def news(self) -> list[ReceivedNews]:
        """All that were taken, in the order they came."""
        with self._changed:
            return list(self._news)

    def wait_for(self, kind: str, execution: str, patience_s: float = PATIENCE_S) -> ReceivedNews:
        """Blocks its thread; fails where it doesn't come."""

        def find() -> ReceivedNews | None:
            of = (each for each in self._news if each.data["execution"] == execution)
            return next((each for each in of if kind in each.kinds), None)

        with self._changed:
            self._changed.wait_for(lambda: find() is not None, patience_s)
            found = find()
            came = [(each.data["execution"], each.kinds) for each in self._news]
        assert found is not None, f"wanted {kind} of {execution}, came {came}"
        return found

    def take(self, body: bytes, headers: dict[str, str]) -> int:
        """The status to answer. Raises where the signature is wrong."""
        document = Webhook(SECRET).verify(body, headers)
        with self._changed:
            if self.status < 300:
                kinds = tuple(document["data"]["kinds"])
                self._news.append(ReceivedNews(headers["webhook-id"], kinds, document))
                self._changed.notify_all()
            return self.status


def _handler(take: Callable[[bytes, dict[str, str]], int]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(take(body, headers))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    return Handler


@contextmanager
def news_receiver() -> Iterator[NewsReceiver]:
    """Listens on a port of its own."""
    receiver = NewsReceiver()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(receiver.take)) as server:
        server.daemon_threads = True
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}/news"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
