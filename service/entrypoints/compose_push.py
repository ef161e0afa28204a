"""Composes the reader of the stream that events are pushed into, for entry points that stay."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from handrail.aws.calls import AwsCalls
from handrail.aws.kinesis import AwsEventShards
from handrail.entrypoints.compose_base import CALL_SHARE, Base
from handrail.usecases.live.push_stream import PushStream
from handrail.usecases.live.shard_reader import READ_S, StreamParts


@asynccontextmanager
async def reading_pushes(base: Base) -> AsyncIterator[PushStream | None]:
    """Reads the stream meanwhile; None where the settings name none."""
    if base.settings.events_stream is None:
        yield None
        return
    stream = push_stream(base, base.settings.events_stream)
    stream.start()
    try:
        yield stream
    finally:
        await stream.close()


def push_stream(base: Base, name: str) -> PushStream:
    """All processes together read a shard as often as one may alone."""
    # Calls of their own: that Kinesis answers doesn't say that Step Functions does.
    limit_s = CALL_SHARE * base.settings.request_timeout_s
    calls = AwsCalls(base.metrics, breakers=base.breakers, limit_s=limit_s, quiet=True)
    quota = base.shared.quota
    parts = StreamParts(
        AwsEventShards(base.clients, calls, name),
        base.hub,
        base.clock,
        base.metrics,
        base.shared.checkpoints(name),
        quota_of=lambda shard: quota(f"GetRecords:{name}:{shard}", 1 / READ_S, 1),
        account=base.catalogue.known_account,
    )
    return PushStream(name, parts)
