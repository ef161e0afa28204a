"""Looking names up."""

import asyncio
import socket
from threading import Event
from typing import Any

import pytest

from handrail.webhooks.resolver import ThreadPerLookUp

FOUND = [
    (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 443)),
    (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2001:db8::1", 443, 0, 0)),
]


async def test_a_name_leads_to_addresses() -> None:
    asked: list[Any] = []

    def look_up(*names: Any, **how: Any) -> list[Any]:
        asked.append((names, how))
        return FOUND

    async with asyncio.timeout(20):
        found = await ThreadPerLookUp(look_up).resolve("hooks.example.com", 443)
    assert [(each["host"], each["port"]) for each in found] == [
        ("192.0.2.1", 443),
        ("2001:db8::1", 443),
    ]
    how = {"family": socket.AF_UNSPEC, "type": socket.SOCK_STREAM}
    assert asked == [(("hooks.example.com", 443), how)]


@pytest.mark.parametrize("error", [socket.gaierror(8, "no"), UnicodeError("label too long")])
async def test_one_that_leads_nowhere_fails(error: Exception) -> None:
    def look_up(*_: Any, **__: Any) -> list[Any]:
        raise error

    async with asyncio.timeout(20):
        with pytest.raises(OSError, match=type(error).__name__):
            await ThreadPerLookUp(look_up).resolve("nowhere.example.com")


async def test_names_whose_servers_don_t_answer_hold_up_no_other() -> None:
    go_on = Event()

    def look_up(host: str, *_: Any, **__: Any) -> list[Any]:
        if host.startswith("dead"):
            go_on.wait(20)
        return FOUND

    resolver = ThreadPerLookUp(look_up)
    dead = [asyncio.ensure_future(resolver.resolve(f"dead-{n}.example.com")) for n in range(40)]
    async with asyncio.timeout(20):
        assert await resolver.resolve("alive.example.com", 443)
        assert not any(each.done() for each in dead)
        dead[0].cancel()
        go_on.set()
        await asyncio.gather(*dead[1:])
    assert dead[0].cancelled()


def test_one_that_nobody_waits_for_any_more_ends_by_itself() -> None:
    go_on, ended = Event(), Event()

    def look_up(*_: Any, **__: Any) -> list[Any]:
        go_on.wait(20)
        ended.set()
        return FOUND

    async def give_up() -> None:
        looking = asyncio.ensure_future(ThreadPerLookUp(look_up).resolve("dead.example.com"))
        await asyncio.sleep(0)
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)

    asyncio.run(give_up())
    go_on.set()
    assert ended.wait(20)
