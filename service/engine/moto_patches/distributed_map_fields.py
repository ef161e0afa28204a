"""Takes all fields of a distributed Map."""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_map import tolerated_failure

from handrail.engine.map_runs.map_fields import attach, in_the_grammar

from .patches import Fault, replaces, wraps

FAULT = Fault(
    moto="A definition is refused for `ItemBatcher`, `ProcessorConfig.ExecutionType: EXPRESS`, a"
    " whole `ToleratedFailurePercentage`, the ReaderConfig's `ItemsPointer`, `CSVDelimiter`,"
    " `ManifestType`, `Transformation` and InputTypes beyond CSV and JSON, and the ResultWriter's"
    " `WriterConfig` and `Arguments`; a JSONata `ToleratedFailureCount` counts as a percentage.",
    since="5.1.0",
    aws="All of them are fields of a Map.",
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
