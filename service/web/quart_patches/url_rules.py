"""Rules that compile what builds their URLs only when a URL is asked for: we ask for none, and to
compile them all, two a rule, took most of what making the app takes."""

from collections.abc import Callable
from functools import cache
from typing import Any

from quart.routing import QuartRule


class UnbuiltRule(QuartRule):
    """A rule without its builders until one is called; it matches as ever."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiling: Any = super()._compile_builder
        compiled = cache(lambda: compiling(append_unknown))

        def build(rule: QuartRule, **values: Any) -> tuple[str, str]:
            built: tuple[str, str] = compiled()(rule, **values)
            return built

        return build
