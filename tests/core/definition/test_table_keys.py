"""The keys of tables, as machine.json writes them."""

import pytest
from pydantic import ValidationError

from handrail.core.definition.table_keys import TableKeys


def test_a_key_is_a_text_unless_its_type_is_given() -> None:
    table = TableKeys(partition_key="order_id", sort_key="line:N")
    assert table.typed() == (("order_id", "S"), ("line", "N"))
    assert TableKeys(partition_key="id:B").typed() == (("id", "B"),)


@pytest.mark.parametrize("key", ["", "id:", "id:X", "a:b:S"])
def test_another_form_is_refused(key: str) -> None:
    with pytest.raises(ValidationError, match=r"partition_key|a key reads"):
        TableKeys(partition_key=key)
