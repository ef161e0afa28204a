"""Gives the `TypedDict` that pydantic and Quart-Schema both know: pydantic takes only
typing_extensions' before Python 3.12, Quart-Schema only typing's from then on."""

import sys

if sys.version_info >= (3, 12):
    from typing import TypedDict  # noqa: TID251
else:
    from typing_extensions import TypedDict  # noqa: TID251

__all__ = ["TypedDict"]
