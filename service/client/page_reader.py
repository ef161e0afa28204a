"""Reads lists that the service answers a page at a time."""

from collections.abc import AsyncIterator, Awaitable, Callable

from .view import Message


async def pages(
    ask: Callable[[str | None], Awaitable[Message]], member: str, *, limit: int
) -> AsyncIterator[Message]:
    """The answers to `ask`, which takes a page's token. Under `member` there are `limit` at most in
    all of them together."""
    token: str | None = None
    while True:
        page = await ask(token)
        found = page[member][:limit]
        yield {**page, member: found}
        limit, token = limit - len(found), page.get("next_page")
        if limit <= 0 or token is None:
            return
