"""What a file of a dataset holds, item by item. The rows of CSV are those recorded on AWS."""

from typing import Any

import pytest

from handrail.engine.map_runs.item_formats import FORMATS
from handrail.engine.map_runs.map_items import MapRunFailure

ROWS = "Value1,Value2,Value3\nValue4,Value5,Value6\n,,,\ntrue,1,'HelloWorld'\nNull,None,\n   \n"


def read(kind: str, text: str, **config: Any) -> list[Any]:
    return list(FORMATS[kind](text, config))


def test_a_row_is_filled_up_and_cut_to_its_headers() -> None:
    assert read("CSV", ROWS, CSVHeaderLocation="GIVEN", CSVHeaders=["H1", "H2", "H3"]) == [
        {"H1": "Value1", "H2": "Value2", "H3": "Value3"},
        {"H1": "Value4", "H2": "Value5", "H3": "Value6"},
        {"H1": "", "H2": "", "H3": ""},
        {"H1": "true", "H2": "1", "H3": "'HelloWorld'"},
        {"H1": "Null", "H2": "None", "H3": ""},
        {"H1": "   ", "H2": "", "H3": ""},
    ]
    assert read("CSV", ROWS, CSVHeaderLocation="GIVEN", CSVHeaders=["H1"])[0] == {"H1": "Value1"}


@pytest.mark.parametrize(
    ("headers", "order"),
    [("0,True,{}", ["0", "{}", "True"]), ("H1,", ["", "H1"]), ("Col1,Col2", ["Col1", "Col2"])],
)
def test_the_members_of_a_row_stand_in_the_order_aws_has_them(
    headers: str, order: list[str]
) -> None:
    [row] = read("CSV", f"{headers}\n1,2,3\n", CSVHeaderLocation="FIRST_ROW")
    assert list(row) == order


def test_many_headers_keep_their_values() -> None:
    names = [f"column {number}" for number in range(40)]
    [row] = read("CSV", ",".join(names) + "\n" + ",".join(map(str, range(40))))
    assert row == {name: str(number) for number, name in enumerate(names)}


@pytest.mark.parametrize(
    ("delimiter", "sign"),
    [("COMMA", ","), ("PIPE", "|"), ("SEMICOLON", ";"), ("SPACE", " "), ("TAB", "\t")],
)
def test_the_delimiter_is_one_of_five(delimiter: str, sign: str) -> None:
    assert read("CSV", f"a{sign}b\n1{sign}2\n", CSVDelimiter=delimiter) == [{"a": "1", "b": "2"}]


def test_quotes_and_backslashes_escape() -> None:
    text = 'path,size\n"C:\\\\Program Files, x",""""\n'
    assert read("CSV", text) == [{"path": "C:\\Program Files, x", "size": '"'}]


def test_a_field_may_be_larger_than_an_execution_s_input() -> None:
    [row] = read("CSV", f"a\n{'x' * 300_000}\n")
    assert len(row["a"]) == 300_000


@pytest.mark.parametrize("location", ["FIRST_ROW", "GIVEN"])
def test_headers_stand_once(location: str) -> None:
    with pytest.raises(MapRunFailure, match=r"CSV headers cannot contain duplicates\.") as caught:
        read("CSV", "H1,H1\n1,2\n", CSVHeaderLocation=location, CSVHeaders=["H1", "H1"])
    assert caught.value.error == "States.ItemReaderFailed"


def test_json_is_an_array_perhaps_by_a_pointer() -> None:
    assert read("JSON", '[1, {"a": 2}]') == [1, {"a": 2}]
    assert read("JSON", '{"a": [{"b/~": [3]}]}', ItemsPointer="/a/0/b~1~0") == [3]
    assert read("JSON", "[4]", ItemsPointer="") == [4]


@pytest.mark.parametrize(("text", "pointer"), [('{"Hello": "world"}', ""), ('{"a": 1}', "/b")])
def test_json_of_another_shape_fails_as_recorded(text: str, pointer: str) -> None:
    with pytest.raises(MapRunFailure, match=r"^Attempting to map over non-iterable node\.$"):
        read("JSON", text, ItemsPointer=pointer)


def test_json_lines_are_items_but_for_empty_ones() -> None:
    assert read("JSONL", '{"a": 1}\n\n"b"\n') == [{"a": 1}, "b"]


@pytest.mark.parametrize(
    ("kind", "text"), [("JSON", "[1"), ("JSONL", '{"a": 1}\n{'), ("JSON", "[NaN]")]
)
def test_what_is_no_json_fails_the_reader(kind: str, text: str) -> None:
    with pytest.raises(MapRunFailure, match="Failed to parse the dataset as JSON") as caught:
        read(kind, text)
    assert caught.value.error == "States.ItemReaderFailed"
