"""Names fields as AWS does."""

import re
from typing import Any

from .patches import Fault, replaces

FAULT = Fault(
    moto="Moto says of which class of its own a value was where it tells that one couldn't be had.",
    since="5.1.12",
    aws="Causes name the field: 'TimeoutSecondsPath', 'Output'.",
    known="Executions recorded on AWS.",
)

_FIELD = re.compile(
    r"(Input|Output|Items|Result|Seconds|Timestamp|TimeoutSeconds|HeartbeatSeconds|MaxConcurrency"
    r"|Error|Cause)Path"
    r"|(?P<name>Output|Assign|Arguments|Items|ItemSelector|Parameters|ResultSelector|Credentials"
    r"|Seconds|Timestamp|TimeoutSeconds|HeartbeatSeconds|MaxConcurrency|Condition|Error|Cause)"
    r"(Decl|Array|(String)?JSONata(TemplateValueObject)?)?"
)


@replaces("component.eval_component:EvalComponent._field_name")
def field(component: Any) -> str | None:
    """The field that the component is the value of, None inside one, where moto gives the class."""
    match = _FIELD.fullmatch(type(component).__name__)
    return match and (match["name"] or match[0])
