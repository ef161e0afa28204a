"""Finds what a question names that its task is never called with, as far as the definition tells:
where it takes a whole value from elsewhere, anything may be in that."""

from collections.abc import Iterator
from typing import Any

from handrail.core.models import Json

from .callback_choices import Callback
from .callback_titles import named_in
from .definition import State
from .parameter_references import Missing, find


class _Anything(dict[str, Any]):
    """A value that isn't known before the execution runs: it may have any member."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: str) -> "_Anything":
        return self

    def get(self, key: str, default: Json = None) -> Json:
        return self


def names_nothing(callback: Callback, state: State) -> Iterator[str]:
    """The names and paths of `title` and `show` that lead nowhere, each once."""
    given = state.raw.get("Arguments", state.raw.get("Parameters"))
    parameters = _known(given) if given is not None else _Anything()
    asked = [*named_in(callback.title or ""), *(shown.path for shown in callback.show)]
    for reference in dict.fromkeys(asked):
        try:
            find(reference.partition("[")[0], parameters)
        except Missing:
            yield reference


def _known(template: Json) -> Json:
    """The template with `_Anything` for what it takes from elsewhere."""
    if isinstance(template, dict):
        return {
            name.removesuffix(".$"): _Anything() if name.endswith(".$") else _known(value)
            for name, value in template.items()
        }
    if isinstance(template, list):
        return [_known(value) for value in template]
    computed = isinstance(template, str) and template.lstrip().startswith("{%")
    return _Anything() if computed else template
