from handrail.core.diagnosis.aws_uses import ResourceKind
from handrail.core.diagnosis.resource_arns import OtherResources, resource_arns
from handrail.core.models import Account
from handrail.core.news.targets import EventBusTarget, QueueTarget, TopicTarget, WebhookTarget
from handrail.core.queue_reference import QueueReference

CHINA = Account("aws-cn", "cn-north-1", "123456789012")
EVERYTHING = OtherResources(
    table="sockets",
    index="due",
    queue_url="https://sqs.cn-north-1.amazonaws.com.cn/123456789012/nudges",
    stream="events",
    callbacks=QueueReference.parse("callbacks"),
    dead_callbacks="arn:aws-cn:sqs:cn-north-1:123456789012:callbacks-dead",
    news=(
        TopicTarget("arn:aws-cn:sns:cn-north-1:123456789012:orders"),
        EventBusTarget("orders"),
        EventBusTarget("arn:aws-cn:events:cn-north-1:210987654321:event-bus/theirs"),
        QueueTarget("https://sqs.cn-northwest-1.amazonaws.com.cn/210987654321/news.fifo"),
        WebhookTarget("https://hooks.example", "whsec_"),
    ),
    function="trigger-lambda-prod",
    socket_endpoint="https://abc.execute-api.cn-north-1.amazonaws.com.cn/live",
)


def test_there_is_an_arn_of_every_kind_in_the_account_s_partition() -> None:
    found = resource_arns(CHINA, ["order"], EVERYTHING)

    assert found.keys() == set(ResourceKind)
    assert {
        arn for arns in found.values() for arn in arns if not arn.startswith("arn:aws-cn:")
    } == {"*"}
    assert found[ResourceKind.EXECUTION] == [
        "arn:aws-cn:states:cn-north-1:123456789012:execution:order:*"
    ]
    assert found[ResourceKind.SOCKETS] == [
        "arn:aws-cn:execute-api:cn-north-1:123456789012:abc/live/*/@connections/*"
    ]
    assert found[ResourceKind.QUEUE] == ["arn:aws-cn:sqs:cn-north-1:123456789012:nudges"]
    assert found[ResourceKind.CALLBACKS] == ["arn:aws-cn:sqs:cn-north-1:123456789012:callbacks"]
    assert found[ResourceKind.NEWS_BUS] == [
        "arn:aws-cn:events:cn-north-1:123456789012:event-bus/orders",
        "arn:aws-cn:events:cn-north-1:210987654321:event-bus/theirs",
    ]
    assert found[ResourceKind.NEWS_QUEUE] == [
        "arn:aws-cn:sqs:cn-northwest-1:210987654321:news.fifo"
    ]
    assert found[ResourceKind.TABLE_INDEX][0].endswith(":table/sockets/index/due")


def test_a_stream_named_by_its_arn_keeps_it_wherever_it_is() -> None:
    arn = "arn:aws:kinesis:eu-west-1:210987654321:stream/events"

    found = resource_arns(CHINA, (), OtherResources(stream=arn))

    assert found[ResourceKind.STREAM] == [arn]
    assert found[ResourceKind.STATE_MACHINE][0].endswith(":stateMachine:*")
