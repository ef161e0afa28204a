"""Reads items out of what an object holds: JSON, JSON Lines, or text with a delimiter.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from .map_items import reader_failure

_DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}
_MOST_OF_AN_ITEM = 8 * 2**20
_NOT_ITERABLE = "Attempting to map over non-iterable node."

Config = Mapping[str, Any]


def read_json(text: str, config: Config) -> Iterator[Any]:
    """The elements of the array that the file is, or has at ItemsPointer (RFC 6901)."""
    found = _parsed(text)
    for part in (config.get("ItemsPointer") or "").split("/")[1:]:
        found = _member(found, part.replace("~1", "/").replace("~0", "~"))
    if not isinstance(found, list):
        raise reader_failure(_NOT_ITERABLE)
    yield from found


def _member(value: Any, name: str) -> Any:
    if isinstance(value, dict) and name in value:
        return value[name]
    if isinstance(value, list) and name.isdecimal() and int(name) < len(value):
        return value[int(name)]
    raise reader_failure(_NOT_ITERABLE)


def read_json_lines(text: str, _: Config) -> Iterator[Any]:
    return (_parsed(line) for line in text.splitlines() if line.strip())


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise reader_failure(f"Failed to parse the dataset as JSON: {error}") from error


def _no_number(constant: str) -> Any:
    """Python reads NaN and Infinity; JSON has neither."""
    raise ValueError(f"{constant} is no JSON")


def read_delimited(text: str, config: Config) -> Iterator[dict[str, str]]:
    """Each row by its header. What a row lacks is empty, and what it has beyond is left out."""
    rows = _rows(text, config)
    if config.get("CSVHeaderLocation") == "GIVEN":
        headers = given_headers(config)
    else:
        headers = _distinct(next(rows, []))
    order = sorted(headers, key=_bucket(len(headers)))
    for row in rows:
        found = dict.fromkeys(headers, "") | dict(zip(headers, row, strict=False))
        yield {name: found[name] for name in order}


def given_headers(config: Config) -> Sequence[str]:
    """Those of the definition. Raises MapRunFailure where one stands twice."""
    return _distinct(config.get("CSVHeaders") or [])


def _rows(text: str, config: Config) -> Iterator[list[str]]:
    """A backslash goes, and what stands behind it means itself. Raises MapRunFailure."""
    csv.field_size_limit(_MOST_OF_AN_ITEM)
    delimiter = _DELIMITERS.get(config.get("CSVDelimiter", "COMMA"), ",")
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, escapechar="\\")
    try:
        yield from (row for row in rows if row)
    except csv.Error as error:
        raise reader_failure(f"Failed to parse the dataset as CSV: {error}") from error


def _distinct(headers: Sequence[str]) -> Sequence[str]:
    if len(set(headers)) < len(headers):
        raise reader_failure("CSV headers cannot contain duplicates.")
    return headers


def _bucket(count: int) -> Callable[[str], int]:
    """The place of a name in AWS's rows, which come in the order of a Java HashMap: recorded rows
    have `{}` before `True`, and an empty name before `H1`, whatever the file's order is."""
    size = 16
    while count > size * 3 // 4:
        size *= 2

    def place(name: str) -> int:
        code = 0
        units = name.encode("utf-16-be")
        for at in range(0, len(units), 2):
            code = (31 * code + int.from_bytes(units[at : at + 2])) & 0xFFFFFFFF
        return (code ^ code >> 16) & size - 1

    return place


FORMATS: Mapping[str, Callable[[str, Config], Iterator[Any]]] = {
    "JSON": read_json,
    "JSONL": read_json_lines,
    "CSV": read_delimited,
}
