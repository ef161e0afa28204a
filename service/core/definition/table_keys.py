"""Reads the keys of a DynamoDB table, as `machine.json` writes them: `order_id`, or `line:N` where
the type is another than a text's."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from .callback_choices import Part

_KEY = re.compile(r"[^:]{1,255}(:[SNB])?")


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError("a key reads <attribute>, or <attribute>:S, :N or :B by its type")
    return key


Key = Annotated[str, AfterValidator(_checked)]


class IndexKeys(Part):
    """The keys of a table or of one of its secondary indexes."""

    partition_key: Key
    sort_key: Key | None = None

    def typed(self) -> tuple[tuple[str, str], ...]:
        """The attributes with their types, the partition key first."""
        split = (key.partition(":") for key in (self.partition_key, self.sort_key) if key)
        return tuple((name, type or "S") for name, _, type in split)


class TableKeys(IndexKeys):
    indexes: dict[str, IndexKeys] = Field(default_factory=dict)
