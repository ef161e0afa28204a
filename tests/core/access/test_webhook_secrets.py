"""Reading webhook secrets from a setting."""

from base64 import b64encode

import pytest

from handrail.core.access.webhook_secrets import check_secret, parse_secrets


def secret(size: int) -> str:
    return "whsec_" + b64encode(b"\xfb" * size).decode()


def test_several_secrets_stand_with_commas() -> None:
    assert parse_secrets(f" {secret(24)} ,{secret(64)}") == (secret(24), secret(64))


def test_padding_may_be_left_out() -> None:
    assert parse_secrets(secret(25).rstrip("=")) == (secret(25).rstrip("="),)


@pytest.mark.parametrize(
    "text",
    ["", "whsec_", secret(23), secret(24).removeprefix("whsec_"), "whsec_!" + "x" * 40, "whsec_ü"],
)
def test_a_secret_that_cant_be_used_is_counted_and_not_shown(text: str) -> None:
    with pytest.raises(ValueError, match=r"^secret 2 must") as caught:
        parse_secrets(f"{secret(24)},{text}")
    assert "-_v7" not in str(caught.value)
    assert secret(24)[6:20] not in str(caught.value)


@pytest.mark.parametrize("size", [24, 64])
def test_a_secret_of_24_to_64_bytes_signs(size: int) -> None:
    check_secret(secret(size))


def test_two_sign_while_one_takes_the_other_s_place() -> None:
    check_secret(f"{secret(24)},{secret(32)}")


@pytest.mark.parametrize(
    "text",
    [
        secret(23),
        secret(65),
        "",
        "whsec_",
        "whsec_-_v7" * 8,
        secret(24)[6:],
        f"{secret(24)},",
        f"{secret(24)},{secret(23)}",
        ",".join([secret(24)] * 3),
    ],
)
def test_any_other_signs_nothing_and_is_not_shown(text: str) -> None:
    with pytest.raises(ValueError, match=r"^must read whsec_ and the base64 of 24 to 64 bytes$"):
        check_secret(text)
