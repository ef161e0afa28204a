import json

import pytest

from handrail.cli.json_output import json_output
from handrail.core.json_text import exact

WRITTEN = '{"amount":1.10,"id":12345678901234567890123,"e":1E5,"zero":-0,"text":"é支"}'


def test_it_comes_out_as_it_was_written() -> None:
    assert json_output(exact(WRITTEN)) == WRITTEN


def test_where_only_ascii_goes_it_is_the_same_value() -> None:
    text = json_output(exact('{"é":"支😀 \x7f"}'), ascii_only=True)
    assert text == r'{"\u00e9":"\u652f\ud83d\ude00 \u007f"}'


@pytest.mark.parametrize("control", ["\x1b", "\x9b", "\x7f", "\u202e", "\u2028", "\u2066"])
def test_nothing_steers_the_terminal(control: str) -> None:
    text = json_output({f"a{control}": f"b{control}"})
    assert text.isprintable()
    assert json.loads(text) == {f"a{control}": f"b{control}"}


def test_one_member_a_line_reads_well() -> None:
    assert json_output(exact('{"a":[1.10,{}],"b":[]}'), indent=2).splitlines() == [
        "{",
        '  "a": [',
        "    1.10,",
        "    {}",
        "  ],",
        '  "b": []',
        "}",
    ]
