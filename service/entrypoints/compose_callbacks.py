"""Composes what takes callbacks off a queue, for containers and for Lambda."""

import random
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial

from handrail.aws.callback_queue import AwsCallbackQueue
from handrail.aws.calls import AwsCalls
from handrail.core.errors import SettingsError
from handrail.core.queue_reference import QueueReference
from handrail.core.trace_context import TraceContext
from handrail.entrypoints.compose_base import CALL_SHARE, Base
from handrail.settings import variable_of
from handrail.usecases.callback_consumer import CallbackConsumer
from handrail.usecases.queued_callbacks import QueuedCallbacks
from handrail.usecases.tasks import TaskService

WORK = {"messaging.system": "aws_sqs", "messaging.operation.type": "process"}
"""https://opentelemetry.io/docs/specs/semconv/messaging/sqs/"""


def callback_consumer(base: Base, tasks: TaskService) -> CallbackConsumer:
    """Raises SettingsError."""
    callbacks = queued_callbacks(base, tasks)
    return CallbackConsumer(callbacks.queue, callbacks, base.clock, random.random)


def queued_callbacks(base: Base, tasks: TaskService) -> QueuedCallbacks:
    """Raises SettingsError where the queue is that of nudges, which are no callbacks."""
    settings = base.settings
    reference = QueueReference.parse(settings.callbacks_queue or "")
    if (settings.queue_url or "").rpartition("/")[2] == reference.name:
        both = f"{variable_of('callbacks_queue')}, {variable_of('queue_url')}"
        raise SettingsError(f"{both}: name the same queue; callbacks need one of their own")
    # Calls of their own: that SQS answers doesn't say that Step Functions does.
    limit_s = CALL_SHARE * settings.request_timeout_s
    calls = AwsCalls(base.metrics, limit_s=limit_s, quiet=True, tracer=base.tracer)
    queue = AwsCallbackQueue(base.clients, calls, base.clock, reference)
    return QueuedCallbacks(tasks, queue, base.catalogue, base.metrics, working_on(base))


def working_on(base: Base) -> Callable[[TraceContext | None], AbstractContextManager[object]]:
    """A span for each message, where traces are recorded."""
    if base.tracer is None:
        return nullcontext
    return partial(base.tracer.working, "callback", attributes=WORK)
