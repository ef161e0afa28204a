"""Writes the results of a distributed Map as its ResultWriter says."""

from collections.abc import Mapping
from typing import Any

from handrail.engine.map_runs.map_run import LiveMapRun
from handrail.engine.map_runs.results import ResultFiles, outputs

from .datasets_cut_short import s3
from .patches import Fault

FAULT = Fault(
    moto="A ResultWriter writes a manifest that names no file, and no file; without `Prefix` it"
    " breaks. Failed items leave null in the output.",
    since="5.0.16",
    aws="The results of child executions that succeeded, failed or weren't started are written to"
    " files that the manifest names, in the form WriterConfig asks for. A child execution that"
    " failed is shown with its metadata.",
    known="The developer guide's page on ResultWriter.",
)


def result_files(env: Any, writer: Mapping[str, Any]) -> ResultFiles:
    """Where the files go. `writer` is the ResultWriter, evaluated."""
    arguments, config = writer.get("Arguments", {}), writer.get("WriterConfig", {})
    return ResultFiles(
        s3(env),
        bucket=str(arguments.get("Bucket")),
        prefix=str(arguments.get("Prefix", "")),
        transformation=config.get("Transformation", "NONE"),
        lines=config.get("OutputType") == "JSONL",
    )


def result(env: Any, run: LiveMapRun, writer: Mapping[str, Any], *, exports: bool) -> Any:
    """The state's output, once the children have ended. Raises MapRunFailure."""
    ended = [child.written() for child in run.children]
    if not exports:
        config = writer.get("WriterConfig", {})
        return list(outputs(ended, config.get("Transformation", "COMPACT")))
    output = result_files(env, writer).write(run.map_run_arn, ended, run.pending)
    run.exported = True
    return output
