"""Starts the execution that a machine's `then` asks for."""

from dataclasses import dataclass

import structlog

from handrail.core.errors import (
    ExecutionConflict,
    InvalidRequest,
    PayloadTooLarge,
    StateMachineNotFound,
    UnsupportedByType,
)
from handrail.core.json_text import JsonText
from handrail.core.news.deliveries import Delivery, DeliveryFailed
from handrail.core.news.started_executions import read_start
from handrail.usecases.executions import ExecutionService, NewExecution

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, repr=False)
class FollowingStart:
    """A NewsTarget. The same news gives the same name, so that a start that is repeated is the one
    that was made before. AWS lets names of Express executions repeat: one may be started again."""

    machine: str
    executions: ExecutionService

    async def deliver(self, delivery: Delivery) -> None:
        order = read_start(delivery.body)
        start = NewExecution(self.machine, JsonText(order.input), name=order.name)
        try:
            started = await self.executions.start(start, patience_s=0)
        except StateMachineNotFound as error:
            raise DeliveryFailed(f"there is no state machine {self.machine}") from error
        except ExecutionConflict as error:
            told = f"{self.machine} has an execution {order.name} with another input"
            raise DeliveryFailed(told, final=True) from error
        except (InvalidRequest, PayloadTooLarge, UnsupportedByType) as error:
            raise DeliveryFailed(f"{self.machine}: {error.detail}", final=True) from error
        execution = started.execution
        log.info(
            "start repeated" if started.replayed else "execution started",
            audit=True,
            action="start",
            outcome="repeated" if started.replayed else "done",
            execution=str(execution.id),
            execution_arn=execution.arn,
            news=delivery.id,
        )
