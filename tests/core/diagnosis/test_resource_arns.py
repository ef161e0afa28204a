from handrail.core.diagnosis.aws_uses import ResourceKind
from handrail.core.diagnosis.resource_arns import OtherResources, resource_arns
from handrail.core.models import Account

CHINA = Account("aws-cn", "cn-north-1", "123456789012")
EVERYTHING = OtherResources(
    table="sockets",
    index="due",
    queue_url="https://sqs.cn-north-1.amazonaws.com.cn/123456789012/nudges",
    stream="events",
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
    assert found[ResourceKind.TABLE_INDEX][0].endswith(":table/sockets/index/due")


def test_a_stream_named_by_its_arn_keeps_it_wherever_it_is() -> None:
    arn = "arn:aws:kinesis:eu-west-1:210987654321:stream/events"

    found = resource_arns(CHINA, (), OtherResources(stream=arn))

    assert found[ResourceKind.STREAM] == [arn]
    assert found[ResourceKind.STATE_MACHINE][0].endswith(":stateMachine:*")
