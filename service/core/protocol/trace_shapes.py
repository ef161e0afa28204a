"""The member of documents that names a trace."""

from typing import Annotated

from pydantic import Field

from handrail.core.typed_dict import TypedDict


class TracedDocument(TypedDict, total=False):
    trace_id: Annotated[
        str,
        Field(
            description="The trace that the execution's start was a part of, in 32 hexadecimal "
            "digits; absent where none is known. `links.trace` is AWS's console of it."
        ),
    ]
