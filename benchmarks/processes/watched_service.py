"""The service as it runs in production, which looks at itself: how long its event loop was held at
the longest, in CPU time, so that a busy machine doesn't show.

A callback comes back in every turn of the loop. What the thread worked between two of its visits is
the cost of one turn, whoever had it. It answers the longest, in milliseconds, to whoever connects
to its control port, and forgets it then.
"""

import argparse
import asyncio
import time

import uvloop

from handrail.entrypoints.compose_aws import aws_config
from handrail.entrypoints.serve import serve_app
from handrail.settings import Settings
from handrail.telemetry.logs import configure_logs
from handrail.web.services import Services


class Watch:
    """The longest turn of the running loop since it was last asked."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._longest_s = 0.0
        self._seen_s = time.thread_time()
        self._loop.call_soon(self._look)

    def _look(self) -> None:
        now_s = time.thread_time()
        self._longest_s = max(self._longest_s, now_s - self._seen_s)
        self._seen_s = now_s
        self._loop.call_soon(self._look)

    async def answer(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        longest_s, self._longest_s = self._longest_s, 0.0
        writer.write(f"{longest_s * 1000:.3f}".encode())
        writer.close()


async def main() -> None:
    settings = Settings.read()
    configure_logs("error", "json")

    async def ready(url: str, _: Services) -> None:
        control = await asyncio.start_server(Watch().answer, "127.0.0.1", 0)
        print(control.sockets[0].getsockname()[1], url, flush=True)

    await serve_app(settings, aws_config(settings), host="127.0.0.1", port=0, ready=ready)


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    uvloop.run(main())
