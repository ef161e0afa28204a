"""Names of machines, executions, states and tasks as the service knows them: what `@latest` stands
for, and what a shell completes. Completing is quick or silent."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NoReturn

import click
from click.shell_completion import CompletionItem

from handrail.client import Client, ClientError, Message, RequestRefused
from handrail.client.page_reader import pages
from handrail.core.errors import UnsupportedByType

from .credential import token
from .group import Failed, Unreachable

LATEST = "@latest"
_TIMEOUT_S = 2.0
_MOST = 100  # offered by a shell
_PAGE = 1000  # as many as the service answers at once

Names = AsyncIterator[tuple[str, str]]
"""Names and what is said beside each."""
Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


async def latest(client: Client, execution: str) -> str:
    """The id that `@latest` or `MACHINE@latest` stands for now; any other text is one itself.

    Raises Failed where there is no execution, or where the newest can't be told. Behind a colon
    stands an execution's name, which may end with `@latest` too."""
    if ":" in execution or not execution.endswith(LATEST):
        return execution
    async for page in listed(client, execution.removesuffix(LATEST) or None, limit=1):
        if missing := unlisted_line(page):
            raise Unreachable(f"{execution}: {missing}")
        if page["executions"]:
            return str(page["executions"][0]["execution"])
    raise Failed(f"{execution}: there is no execution yet.")


async def listed(
    client: Client, machine: str | None, *, status: str | None = None, limit: int
) -> AsyncIterator[Message]:
    """Pages of executions. Raises Failed where the service is older and lists one state machine at
    a time."""
    machines, most = [machine] if machine else [], min(limit, _PAGE)

    def ask(page: str | None) -> Awaitable[Message]:
        return client.executions(*machines, status=status, limit=most, page=page)

    try:
        async for page in pages(ask, "executions", limit=limit):
            yield page
    except RequestRefused as refused:
        if machine is None and refused.status == 422 and "state_machine" in str(refused):
            message = "This service is older and lists one state machine at a time: name it."
            raise Failed(message) from refused
        raise


def unlisted_line(page: Message) -> str:
    """Which state machines a page lacks, and why, "" for none: Express ones have no executions that
    could be listed."""
    unlisted = (one for one in page.get("unlisted") or () if one["code"] != UnsupportedByType.code)
    parts = [f"{one['state_machine']} ({one['detail']})" for one in unlisted]
    return f"Not listed: {', '.join(parts)}" if parts else ""


def _completer(names: Callable[[Client, click.Context, str], Names]) -> Completer:
    """Asks the service for names that begin as the word does. Whatever is wrong, there are none."""

    async def ask(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        url, found = str(ctx.params.get("url")), list[CompletionItem]()
        try:
            async with asyncio.timeout(_TIMEOUT_S), Client(url, token=token, sleep=_no) as client:
                async for name, help in names(client, ctx, incomplete):
                    if name.startswith(incomplete) and name.isprintable():
                        found.append(CompletionItem(name, help=help))
        except (ClientError, Failed, TimeoutError, KeyError, TypeError):
            return found
        return found

    return lambda ctx, _, incomplete: asyncio.run(ask(ctx, incomplete))


async def _no(_delay_s: float) -> NoReturn:
    raise TimeoutError("Whoever types waits for no second try.")


async def _machines(client: Client, _: click.Context, __: str) -> Names:
    for machine in (await client.catalogue())["state_machines"]:
        yield machine["name"], machine["type"]


async def _executions(client: Client, _: click.Context, incomplete: str) -> Names:
    yield LATEST, "the newest"
    machine, colon, __ = incomplete.partition(":")
    if not colon and "@" in incomplete:
        yield incomplete.partition("@")[0] + LATEST, "its newest"
    async for page in listed(client, machine if colon else None, limit=_MOST):
        for execution in page["executions"]:
            yield execution["execution"], f"{execution['status']} {execution['started_at']}"


async def _states(client: Client, ctx: click.Context, _: str) -> Names:
    snapshot = await client.execution(await latest(client, ctx.params["execution"]))
    for state in snapshot["states"]:
        yield state["state"], state["status"]


async def _tasks(client: Client, ctx: click.Context, _: str) -> Names:
    for task in await client.tasks(await latest(client, ctx.params["execution"])):
        yield str(task["event_id"]), task["state"]


async def _news(client: Client, _: click.Context, __: str) -> Names:
    found = await client.news(limit=_MOST)
    for one in (*found["dead"], *found["waiting"]):
        yield one["key"], f"{one['target']} {' '.join(one['kinds'])}"


machines = _completer(_machines)
executions = _completer(_executions)
states = _completer(_states)
tasks = _completer(_tasks)
news = _completer(_news)
