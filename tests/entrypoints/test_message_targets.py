"""What the settings and the folder name of queues, topics and event buses."""

from pathlib import Path

from handrail.core.models import Account
from handrail.core.news.targets import TopicTarget
from handrail.entrypoints.message_targets import callbacks_of, news_targets
from tests.environment import settings_of

HERE = Account("aws", "eu-west-1", "123456789012")
TOPIC = "arn:aws:sns:eu-west-1:123456789012:orders"
NOTIFY = f'[{{"on": ["failed"], "url": "sns:{TOPIC}"}}]'


def test_what_news_goes_to_is_that_of_the_settings_where_they_are_sent_here() -> None:
    sent, off = settings_of(notify=NOTIFY), settings_of(notify=NOTIFY, news="off")

    assert news_targets(sent, HERE) == [TopicTarget(TOPIC)]
    assert news_targets(off, HERE) == []


def test_a_folder_that_cant_be_read_is_told_elsewhere(tmp_path: Path) -> None:
    (folder := tmp_path / "orders").mkdir()
    (folder / "definition.asl.json").write_text("{")
    (folder / "machine.json").write_text("{")

    assert news_targets(settings_of(state_machines_dir=tmp_path), HERE) == []


def test_a_queue_is_named_or_not() -> None:
    assert callbacks_of(settings_of()) is None
    named = callbacks_of(settings_of(callbacks_queue="callbacks.fifo"))
    assert named is not None
    assert (named.name, named.fifo) == ("callbacks.fifo", True)
