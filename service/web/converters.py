"""Execution ids in paths: they hold colons, and a Map Run's child a slash."""

from werkzeug.routing import BaseConverter


class ExecutionConverter(BaseConverter):
    """`machine:name`, `machine/label:name`, or a full ARN. What it names is decided later."""

    regex = r"[^/]+(?:/[^/:]+:[^/]+)?"
    part_isolating = False
