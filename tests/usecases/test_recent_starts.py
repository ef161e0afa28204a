"""Fingerprints of inputs."""

from service.usecases.recent_starts import fingerprint_of


def test_a_fingerprint_is_the_value_s_and_not_the_text_s() -> None:
    assert fingerprint_of('{"a":1,"b":2}') == fingerprint_of('{ "b": 2, "a": 1 }')
    assert fingerprint_of("1") != fingerprint_of("1.0")
