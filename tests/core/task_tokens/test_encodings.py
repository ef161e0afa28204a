"""A token is found however a text spells it."""

import base64
import json
from string import ascii_letters, digits
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from handrail.core.task_tokens.redaction import REDACTED, Redactor
from tests.core.definitions import UUID_TOKEN

TOKENS = st.text(ascii_letters + digits + '+/=-_:<>" \\é😀', min_size=12, max_size=60)
NOISE = st.text(ascii_letters + digits + '+/=-"\\{}:, é', max_size=40)


@given(
    TOKENS,
    NOISE,
    st.sampled_from(
        [
            quote,
            lambda token: quote(token, safe=""),
            lambda token: quote(quote(token, safe=""), safe=""),
            lambda token: json.dumps(token)[1:-1],
            lambda token: json.dumps(json.dumps(token))[3:-3],
            lambda token: base64.b64encode(token.encode()).decode(),
            lambda token: base64.urlsafe_b64encode(token.encode()).decode(),
        ]
    ),
)
def test_every_spelling_of_a_token_is_replaced(token: str, noise: str, spell: object) -> None:
    assert callable(spell)
    spelled = spell(token)

    text = Redactor([token]).text(f"{noise} <{spelled}> {noise}")

    assert text is not None
    assert f"<{REDACTED}>" in text


@given(st.binary(max_size=20), st.binary(max_size=20))
def test_a_token_inside_a_larger_base64_text_is_replaced(left: bytes, right: bytes) -> None:
    whole = base64.b64encode(left + UUID_TOKEN.encode() + right).decode()

    assert REDACTED in str(Redactor([UUID_TOKEN]).text(whole))


def test_a_string_that_is_nearly_a_token_takes_no_longer_than_another() -> None:
    """Each character of a token reads one way only: else this would go on for years."""
    token = "a_task_token" + "b7/Q+x9Lk2" * 60
    nearly = f"{token}! {token[-10:]}1"
    assert Redactor([f"{token}1"]).text(nearly) == nearly
