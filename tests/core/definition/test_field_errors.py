import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from handrail.core.definition.field_errors import field_errors


class Inner(BaseModel):
    count: int


class Outer(BaseModel):
    inner: list[Inner]


@pytest.mark.parametrize(
    ("document", "paths"),
    [
        ({"inner": [{"count": 1}, {"count": "x"}]}, ["inner[1].count"]),
        ({"inner": [{}, 1]}, ["inner[0].count", "inner[1]"]),
        ([], ["the file"]),
    ],
)
def test_a_mistake_has_its_path(document: object, paths: list[str]) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(Outer).validate_python(document)
    assert [each.path for each in field_errors(caught.value, root="the file")] == paths
