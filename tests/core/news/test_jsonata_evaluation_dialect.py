"""A `then` speaks the JSONata that the embedded engine speaks, which is held against AWS's."""

import pytest

from handrail.core.errors import InvalidInput
from handrail.core.models import Json
from handrail.core.news.jsonata_evaluation import evaluate
from handrail.engine.jsonata import evaluation as of_engine
from handrail.engine.jsonata.exchange import UNDEFINED, NoJsonResult

STATES: dict[str, Json] = {
    "input": {
        "a": [1, 2, 3],
        "one": [{"x": 1}],
        "n": None,
        "s": "Hello",
        "f": 1.5,
        "items": [{"name": "a", "price": 2, "qty": 3}, {"name": "b", "price": 5.25, "qty": 1}],
        "e": [],
        "d": "2026-01-01T00:00:00Z",
    },
    "errorOutput": {"Error": "E", "Cause": '{"m": 1}'},
    "context": {"Execution": {"Name": "7f3c"}},
}
NOTHING = object()
EXPRESSIONS = [
    "$states.input.one.x",
    "$states.input.one[x=1]",
    "[$states.input.one.x]",
    "$states.input.one[0]",
    "$string(1.0)",
    "$string($states.input.f*2)",
    "$sum($states.input.items.(price*qty))",
    "$states.input.items.{'n':name}",
    "$states.input.items[price>3].name",
    "$merge($states.input.items.{name: price})",
    "$map($states.input.items, function($i){$i.name})",
    "$filter($states.input.a,function($v){$v>5})",
    "$count($states.input.e)",
    "$states.input.e",
    "$states.input.n",
    "$type($states.input.n)",
    "$exists($states.input.zz)",
    "$states.input.zz ? 1 : 2",
    "$uppercase($states.input.s)",
    "$substring($states.input.s,1,3)",
    "$split('a,b',',')",
    "$join($states.input.items.name,'-')",
    "$parse($states.errorOutput.Cause).m",
    "$string($states.input.items)",
    "$round(2.5)",
    "$number('3')",
    "$formatNumber(1234.5,'#,##0.00')",
    "$toMillis($states.input.d)",
    "$keys($states.input.items[0])",
    "$lookup($states.input,'s')",
    "$states.input.items{name: price}",
    "$sort($states.input.a,function($l,$r){$l<$r})",
    "$distinct([1,1,2])",
    "$reverse($states.input.a)",
    "$append(1,2)",
    "$zip([1,2],[3,4])",
    "$each($states.input.items[0],function($v,$k){$k})",
    "$sift($states.input,function($v,$k){$k='s'})",
    "'a' & 1 & null & true",
    "1=1.0",
    "$states.input.a[-1]",
    "[1..3]",
    "$boolean([])",
    "$not(null)",
    "$partition($states.input.a,2)",
    "$range(0,10,5)",
    "$hash('a','SHA-256')",
    "{'a':[]}",
    "{'a':$states.input.one}",
    "($x:=1; $x+1)",
    "$abs(-1.5)",
    "$power(2,3)",
    "$max($states.input.a)",
    "$contains('abc','b')",
    "$trim(' a ')",
    "$base64encode('a')",
    "$encodeUrlComponent('a b')",
    "$replace('abab','a','x')",
    "$pad('5',-3,'0')",
    "$formatBase(255,16)",
    "$spread($states.input.items[0])",
    "$single($states.input.a,function($v){$v=2})",
    "$reduce($states.input.a,function($a,$b){$a+$b})",
    "$average($states.input.a)",
    "5/2",
    "7 % 3",
    "$floor(2.7)",
    "'2' in ['1','2']",
    "$states.context.Execution.Name",
    "$range(3,3,2)",
    "$range(1,5)",
    "$pad(5,2)",
    "$replace('a','','b')",
    "$join([1,2])",
    "$parse('{bad')",
    '$parse(\'{"a":1,"a":2}\')',
    "$hash('a','X')",
    "$length('äö')",
]


def here(expression: str) -> Json:
    try:
        return evaluate(expression, STATES, at_ms=0)
    except InvalidInput:
        return NOTHING


def on_the_engine(expression: str) -> Json:
    try:
        found = of_engine.evaluate(expression, {"states": STATES})
    except (of_engine.QueryFailed, NoJsonResult):
        return NOTHING
    return NOTHING if found is UNDEFINED else found


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_gives_what_it_gives_on_the_engine(expression: str) -> None:
    assert here(expression) == on_the_engine(expression)
