"""Composes what settles waiting tasks, for entry points with and without a web framework."""

from handrail.aws.step_functions.tasks import AwsTasks
from handrail.entrypoints.compose_base import Base
from handrail.usecases.metered_tasks import MeteredTasks
from handrail.usecases.tasks import TaskService


def task_service(base: Base) -> TaskService:
    sending, applied = AwsTasks(base.clients, base.calls), base.shared.settlements
    parts = base.hub, sending, base.catalogue, applied, base.clock
    return MeteredTasks(*parts, base.metrics)
