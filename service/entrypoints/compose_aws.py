"""Tells from the settings how to reach AWS."""

from handrail.aws.clients import AwsConfig
from handrail.settings import Settings


def aws_config(settings: Settings) -> AwsConfig:
    """The rest is AWS's own variables' to say."""
    return AwsConfig(
        role_arn=settings.role_arn,
        connect_timeout_s=settings.aws_connect_timeout_s,
        read_timeout_s=settings.aws_read_timeout_s,
        max_attempts=settings.aws_max_attempts,
        pool_size=settings.aws_pool_size,
        fast=settings.aws_fast,
        lean_start=settings.lean_start,
    )
