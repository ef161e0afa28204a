"""State machines under a KMS key of one's own, and who then needs it."""

from tests.deploy.grants import granted
from tests.deploy.templates import deployed

KEY = "arn:aws:kms:eu-west-1:111122223333:key/8f7d2c1a"


def test_every_state_machine_and_the_activity_have_the_key_where_one_is_given() -> None:
    template = deployed("state-machines", StateMachineKeyArn=KEY)
    types = ("StepFunctions::StateMachine", "StepFunctions::Activity")

    encrypted = [each["EncryptionConfiguration"] for type in types for _, each in template.of(type)]

    assert len(encrypted) == 6
    assert all(each["KmsKeyId"] == KEY for each in encrypted)
    assert all(each["Type"] == "CUSTOMER_MANAGED_KMS_KEY" for each in encrypted)
    bare = deployed("state-machines", StateMachineKeyArn="")
    assert not [
        each for type in types for _, each in bare.of(type) if "EncryptionConfiguration" in each
    ]


def test_the_service_takes_the_key_from_the_state_machines() -> None:
    template = deployed("state-machines", StateMachineKeyArn=KEY)

    assert template.outputs["StateMachineKeyArns"] == KEY
    assert "StateMachineKeyArns" not in deployed("state-machines", StateMachineKeyArn="").outputs


def test_without_a_key_nobody_may_use_one() -> None:
    """But for those of the stream, the queues, what news go to, and the functions' environment."""
    keys = {
        "<EventsStreamKeyArn>",
        "<CallbacksKeyArn>",
        "<NewsKeyArns>",
        "<EnvironmentKey.Arn>",
    }
    for name, role in (
        ("container", "TaskRole"),
        ("serverless", "HttpRole"),
        ("serverless", "LiveRole"),
    ):
        bare = granted(deployed(name, StateMachineKeyArns=""), role)
        assert {resource for action, resource in bare if action.startswith("kms:")} <= keys
    bare = granted(deployed("state-machines", StateMachineKeyArn=""), "OrchestrationRole")
    assert not [action for action, _ in bare if action.startswith("kms:")]


def test_the_function_for_sockets_reads_what_is_encrypted_and_encrypts_nothing() -> None:
    has = granted(deployed("serverless", StateMachineKeyArns=KEY), "LiveRole")

    assert ("kms:Decrypt", KEY) in has
    assert ("kms:GenerateDataKey", KEY) not in has
