"""How AWS is reached, by the settings."""

from handrail.aws.clients import AwsConfig
from handrail.entrypoints.compose_aws import aws_config
from handrail.settings import Settings


def test_each_setting_of_aws_counts_and_the_rest_is_left_to_aws_s_variables() -> None:
    settings = Settings(
        role_arn="arn:aws:iam::123456789012:role/handrail",
        aws_connect_timeout_s=1,
        aws_read_timeout_s=2,
        aws_max_attempts=4,
        aws_pool_size=5,
        aws_fast=False,
        lean_start=False,
    )
    assert aws_config(settings) == AwsConfig(
        role_arn="arn:aws:iam::123456789012:role/handrail",
        connect_timeout_s=1,
        read_timeout_s=2,
        max_attempts=4,
        pool_size=5,
        fast=False,
        lean_start=False,
    )
