"""A queue is found by its URL, its ARN or its name."""

import pytest

from handrail.core.queue_reference import QueueReference

ARN = "arn:aws:sqs:eu-west-1:123456789012:callbacks"
URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/callbacks"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("callbacks", ("callbacks", None, None, None)),
        ("callbacks.fifo", ("callbacks.fifo", None, None, None)),
        (ARN, ("callbacks", "eu-west-1", "123456789012", None)),
        (URL, ("callbacks", "eu-west-1", "123456789012", URL)),
        (
            "https://vpce-1a2b.sqs.us-gov-west-1.vpce.amazonaws.com/123456789012/c",
            (
                "c",
                "us-gov-west-1",
                "123456789012",
                "https://vpce-1a2b.sqs.us-gov-west-1.vpce.amazonaws.com/123456789012/c",
            ),
        ),
        ("http://127.0.0.1:4566/0/c", ("c", None, None, "http://127.0.0.1:4566/0/c")),
        ("https://queue.test/c", ("c", None, None, "https://queue.test/c")),
    ],
)
def test_what_names_a_queue(text: str, found: tuple[str | None, ...]) -> None:
    read = QueueReference.parse(text)
    assert (read.name, read.region, read.account, read.url) == found
    assert read.fifo is text.endswith(".fifo")


@pytest.mark.parametrize(
    "text",
    ["", "a queue", "x" * 81, "arn:aws:sns:eu-west-1:123456789012:c", "https://x.test/?c", "a.b"],
)
def test_what_names_none_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match=r"^An SQS queue is named by") as refused:
        QueueReference.parse(text)
    assert not text or text not in str(refused.value)


@pytest.mark.parametrize(
    ("setting", "arn", "its"),
    [
        ("callbacks", ARN, True),
        (ARN, ARN, True),
        (URL, ARN, True),
        ("nudges", ARN, False),
        (URL, ARN.replace("eu-west-1", "eu-west-2"), False),
        (URL, ARN.replace("1234", "4321"), False),
        ("callbacks", "None", False),
        ("callbacks", "arn:aws:kinesis:eu-west-1:123456789012:stream/callbacks", False),
    ],
)
def test_a_batch_is_told_by_the_arn_of_its_queue(setting: str, arn: str, *, its: bool) -> None:
    assert QueueReference.parse(setting).is_at(arn) is its
