"""Reads what a `machine.json` says of a state machine's logs: Step Functions' LoggingConfiguration,
with one log group as its destination.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_LoggingConfiguration.html
"""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from handrail.core.execution_logging import ExecutionLogging, LogLevel
from handrail.core.models import Account, Json

from .callback_choices import Part
from .substitution import fill

_UPPER = BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value)
_ANY_STREAM = ":*"


class LoggingPart(Part):
    """`logging` of a `machine.json`. `log_group` is a name or an ARN."""

    level: Annotated[LogLevel, _UPPER] = LogLevel.ALL
    include_execution_data: bool = False
    log_group: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _goes_somewhere(self) -> Self:
        if self.level is not LogLevel.OFF and self.log_group is None:
            raise ValueError(f"level {self.level} needs a log_group")
        return self

    def filled(self, values: Mapping[str, Json], account: Account) -> ExecutionLogging:
        """With `values` in the log group's name. Raises InvalidDefinition for one without a
        value."""
        group = self.log_group and log_group_arn(fill(self.log_group, values), account)
        return ExecutionLogging(self.level, self.include_execution_data, group)


def log_group_arn(name_or_arn: str, account: Account) -> str:
    """As Step Functions takes it, with `:*` at its end."""
    if not name_or_arn.startswith("arn:"):
        here = f"{account.region}:{account.account_id}"
        name_or_arn = f"arn:{account.partition}:logs:{here}:log-group:{name_or_arn}"
    return name_or_arn.removesuffix(_ANY_STREAM) + _ANY_STREAM
