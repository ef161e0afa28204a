"""Definitions parsed at once."""

from threading import Lock, Thread
from time import sleep
from typing import Any

from handrail.engine.moto_patches.parser_caches_shared import parse


def test_one_definition_is_parsed_at_a_time() -> None:
    busy, overlaps = Lock(), []

    def parsing(definition: str) -> Any:
        overlaps.append(not busy.acquire(blocking=False))
        sleep(0.001)
        busy.release()
        return definition

    threads = [Thread(target=parse, args=(parsing, "{}")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert overlaps == [False] * 8
