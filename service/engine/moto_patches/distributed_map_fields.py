"""Takes all fields of a distributed Map."""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_map import tolerated_failure

from handrail.engine.map_runs.map_fields import attach, in_the_grammar
from handrail.engine.map_runs.map_items import MembersAsItems

from .patches import Fault, replaces, wraps

_TOLERANCE = (
    "component.state.exec.state_map.tolerated_failure:ToleratedFailurePercentageStringJSONata"
)

FAULT = Fault(
    moto="A definition is refused for `ItemBatcher`, `ProcessorConfig.ExecutionType: EXPRESS`, a"
    " whole `ToleratedFailurePercentage`, the ReaderConfig's `ItemsPointer`, `CSVDelimiter`,"
    " `ManifestType`, `Transformation` and InputTypes beyond CSV and JSON, and the ResultWriter's"
    " `WriterConfig` and `Arguments`; a JSONata `ToleratedFailureCount` counts as a percentage, and"
    " a percentage loses its fraction. An object fails the state that is to map over its members.",
    since="5.0.16",
    aws="All of them are fields of a Map, and an object's members are items with a key.",
    known="The developer guide's pages on ItemReader, ItemBatcher and ResultWriter; executions"
    " recorded on AWS that batch items.",
)


@wraps("parse.asl_parser:AmazonStateLanguageParser.parse")
def parse(original: Callable[[str], Any], definition: str) -> Any:
    """The grammar is compiled: fields it lacks stand elsewhere while it reads the definition."""
    program, tree = original(in_the_grammar(definition))
    attach(definition, program)
    return program, tree


@replaces("parse.preprocessor:Preprocessor.visitTolerated_failure_count_string_jsonata")
def read_count(self: Any, ctx: Any) -> Any:
    """moto makes a percentage of it."""
    expression = self.visitString_jsonata(ctx=ctx.string_jsonata())
    return tolerated_failure.ToleratedFailureCountStringJSONata(string_jsonata=expression)


@replaces(f"{_TOLERANCE}._eval_tolerated_failure_percentage")
def evaluate_percentage(self: Any, env: Any) -> float:
    """moto makes a whole number of it."""
    self.string_jsonata.eval(env=env)
    return float(env.stack.pop())


@wraps("component.common.path.items_path:ItemsPath._eval_body")
def find_items(original: Callable[..., None], self: Any, env: Any) -> None:
    """moto maps over arrays alone."""
    original(self, env)
    if getattr(self, "takes_objects", False) and isinstance(env.stack[-1], dict):
        env.stack.append(MembersAsItems(env.stack.pop()))


@wraps("component.state.exec.state_map.items.items:ItemsJSONata._eval_body")
def evaluate_items(original: Callable[..., None], self: Any, env: Any) -> None:
    """moto maps over arrays alone."""
    if getattr(self, "takes_objects", False):
        self.string_jsonata.eval(env)
        if isinstance(found := env.stack.pop(), dict):
            env.stack.append(MembersAsItems(found))
            return
    original(self, env)
