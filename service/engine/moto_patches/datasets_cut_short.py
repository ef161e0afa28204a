"""Reads the items of a distributed Map as its ItemReader says."""

from collections.abc import Iterable, Mapping
from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_task.credentials import (
    StateCredentials,
)
from moto.stepfunctions.parser.asl.utils.boto_client import boto_client_for

from handrail.engine.map_runs.datasets import Dataset
from handrail.engine.map_runs.map_items import MapItem, state_items

from .patches import Fault

FAULT = Fault(
    moto="A listing of S3 ends after 1,000 objects, or fails where there are none; JSON Lines,"
    " delimiters, manifests and pointers are unknown. A bucket, key or file that can't be read"
    " fails the state with `States.Runtime`.",
    since="5.0.16",
    aws="The dataset is read whole, in any of these forms, and what can't be read fails the Map Run"
    " with `States.ItemReaderFailed`.",
    known="The developer guide's page on ItemReader; executions recorded on AWS.",
)


def read_items(
    env: Any, given: Any, action: str, reader: Mapping[str, Any] | None
) -> list[MapItem]:
    """`given` is what moto knows of the Map, `reader` its ItemReader, evaluated. Raises
    MapRunFailure."""
    if reader is None:
        return state_items(given.input_items)
    arguments, config = reader.get("Arguments", {}), reader.get("ReaderConfig", {})
    return Dataset(s3(env), action, arguments, config).items()


def select(env: Any, given: Any, items: Iterable[MapItem]) -> Iterable[Any]:
    """What the child executions get for the items, in turn. `env` is there to be evaluated in."""
    selector = given.item_selector or given.parameters
    context, input = env.states.context_object.context_object_data, env.states.get_input()
    for index, item in enumerate(items):
        if selector is None:
            yield item.input
            continue
        context["Map"] = {"Item": item.context(index)}
        env.states.reset(input_value=input)
        env.stack[:] = [input]
        selector.eval(env)
        yield env.stack.pop()


def s3(env: Any) -> Any:
    """The engine's S3, with the execution's role."""
    details = env.aws_execution_details
    credentials = StateCredentials(role_arn=details.role_arn)
    return boto_client_for(service="s3", region=details.region, state_credentials=credentials)
