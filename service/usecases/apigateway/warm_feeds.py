"""Folds what is pushed into a feed that this instance read before, so that the history needn't be
read for it."""

from collections.abc import Sequence
from contextlib import suppress

from handrail.core.apigateway import Nudge
from handrail.core.errors import ServiceError
from handrail.core.pushes import PushedEvent
from handrail.usecases.live import Feed, Hub
from handrail.usecases.live.history_reader import contiguous
from handrail.usecases.live.watcher import Watcher


async def folded(hub: Hub, nudge: Nudge, pushes: Sequence[PushedEvent]) -> Feed | None:
    """The feed with these events of the nudge's execution. None where only the history tells: an
    event between them and what is known is missing, a payload is cut or left out, they are another
    account's, or something follows an end."""
    watcher = next((w for w in hub.read_watchers if str(w.id) == nudge.execution), None)
    feed = watcher.feed if watcher is not None else None
    if watcher is None or feed is None or not _may_fold(watcher, feed, pushes):
        return None
    with suppress(ServiceError), watcher.kept_running(None):  # the read that follows says why
        await watcher.take([push.event for push in pushes], raw=True)
    return feed if shows(nudge, feed) else None


def _may_fold(watcher: Watcher, feed: Feed, pushes: Sequence[PushedEvent]) -> bool:
    new = contiguous((push.event for push in pushes), feed.position)
    cut = {push.event.id for push in pushes if push.truncated}
    return (
        bool(pushes)
        and not feed.ended
        and not watcher.hidden
        and cut.isdisjoint(event.id for event in new)
        and all(push.account == watcher.account for push in pushes)
    )


def shows(nudge: Nudge, feed: Feed) -> bool:
    """True where the history shows what the nudge knows: the event; the redrives; the end, or what
    followed."""
    known, fields = nudge.event_id or 0, feed.projection.execution
    if feed.position < known or (fields.redrive_count if fields else 0) < nudge.redrives:
        return False
    return not nudge.ended or feed.ended or 0 < known < feed.position
