"""Checks Map states: their body, how they read, batch and write items, and what they tolerate."""

from collections.abc import Iterator, Mapping

from handrail.core.definition.definition import Definition, QueryLanguage, State
from handrail.core.models import Json

from .fields import exclusive, foreign, held
from .findings import Finding, Step, in_state

_INSIDE: Mapping[tuple[str, ...], set[str]] = {
    ("ItemReader",): {"Resource", "ReaderConfig", "Parameters", "Arguments", "Comment"},
    ("ItemReader", "ReaderConfig"): {
        "InputType", "CSVHeaderLocation", "CSVHeaders", "CSVDelimiter", "MaxItems", "MaxItemsPath",
        "ManifestType", "Transformation", "ItemsPointer",
    },
    ("ItemBatcher",): {
        "MaxItemsPerBatch", "MaxItemsPerBatchPath", "MaxInputBytesPerBatch",
        "MaxInputBytesPerBatchPath", "BatchInput", "Comment",
    },
    ("ResultWriter",): {"Resource", "Parameters", "Arguments", "WriterConfig", "Comment"},
    ("ResultWriter", "WriterConfig"): {"OutputType", "Transformation"},
    ("ItemProcessor", "ProcessorConfig"): {"Mode", "ExecutionType"},
}  # fmt: skip
_EXCLUSIVE = (
    ("MaxItems", "MaxItemsPath"),
    ("MaxItemsPerBatch", "MaxItemsPerBatchPath"),
    ("MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath"),
)
_JSONPATH_ONLY = {"Parameters", *(path for _, path in _EXCLUSIVE)}
_READERS = ("s3:getObject", "s3:listObjectsV2")
_WRITERS = ("s3:putObject",)
_DISTRIBUTED = (
    "ItemReader", "ItemBatcher", "ResultWriter", "ToleratedFailureCount",
    "ToleratedFailureCountPath", "ToleratedFailurePercentage", "ToleratedFailurePercentagePath",
)  # fmt: skip


def check_map(state: State) -> Iterator[Finding]:
    if state.type != "Map":
        return
    body = state.raw.get("ItemProcessor", state.raw.get("Iterator"))
    if not isinstance(body, dict) or "States" not in body:
        message = "These fields are required: [ItemProcessor]"
        yield in_state(state, "missing-item-processor", message, "ItemProcessor")
    elif "ItemProcessor" not in state.raw:
        message = "Iterator is deprecated: use ItemProcessor."
        yield in_state(state, "deprecated-iterator", message, "Iterator")
    if not {"MaxConcurrency", "MaxConcurrencyPath"} & state.raw.keys():
        message = "Without MaxConcurrency all items may start at once."
        yield in_state(state, "map-without-max-concurrency", message)
    for place, known in _INSIDE.items():
        yield from _inside(state, place, known)
    yield from _resource(state, "ItemReader", _READERS)
    yield from _resource(state, "ResultWriter", _WRITERS)
    yield from _mode(state)


def check_labels(definition: Definition) -> Iterator[Finding]:
    seen: set[str] = set()
    for state in definition.all_states:
        label = state.raw.get("Label")
        if state.type == "Map" and isinstance(label, str):
            if label in seen:
                message = f"The label {label} is already another Map's."
                yield in_state(state, "bad-label", message, "Label")
            seen.add(label)


def _inside(state: State, place: tuple[str, ...], known: set[str]) -> Iterator[Finding]:
    value: Json = state.raw
    for key in place:
        value = value.get(key) if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping):
        return
    jsonata = state.query_language is QueryLanguage.JSONATA
    of_the_other = _JSONPATH_ONLY if jsonata else {"Arguments"}
    for field in value:
        if field not in known:
            message = f"Field '{field}' is not supported"
            yield in_state(state, "unknown-field", message, *place, field)
        elif field in of_the_other and state.language_declared:
            other = QueryLanguage.JSONPATH if jsonata else QueryLanguage.JSONATA
            yield foreign(state, field, other, *place, field)
    yield from exclusive(state, value, _EXCLUSIVE, *place)
    yield from held(state, value, *place)


def _resource(state: State, field: str, known: tuple[str, ...]) -> Iterator[Finding]:
    """A ResultWriter may have a WriterConfig alone; an ItemReader reads something."""
    whole = state.raw.get(field)
    if not isinstance(whole, Mapping):
        return
    resource, place = whole.get("Resource"), (field, "Resource")
    if resource is None:
        if field == "ItemReader" or "WriterConfig" not in whole:
            message = "These fields are required: [Resource]"
            yield in_state(state, "missing-resource", message, field)
    elif "${" not in str(resource) and not str(resource).endswith(
        tuple(f":states:::{each}" for each in known)
    ):
        listed = ", ".join(f"arn:<partition>:states:::{each}" for each in known)
        message = f"The field 'Resource' does not match any of the allowed values: [{listed}]"
        yield in_state(state, "unknown-integration", message, *place)


def _mode(state: State) -> Iterator[Finding]:
    config: Step = "ProcessorConfig"
    if state.map_mode == "DISTRIBUTED":
        processor = state.raw.get("ItemProcessor")
        given = processor.get(config) if isinstance(processor, Mapping) else None
        if isinstance(given, Mapping) and "ExecutionType" not in given:
            message = "A distributed Map needs ExecutionType, STANDARD or EXPRESS."
            yield in_state(state, "missing-execution-type", message, "ItemProcessor", config)
        return
    for field in _DISTRIBUTED:
        if field in state.raw:
            message = f"{field} counts in a distributed Map alone."
            yield in_state(state, "distributed-only", message, field)
