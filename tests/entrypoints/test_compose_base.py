"""What every entry point needs is opened, and closed in the end."""

import pytest

from handrail.aws.clients import AwsConfig
from handrail.core.errors import Draining
from handrail.core.protocol.client_messages import Level
from handrail.entrypoints.compose_base import open_base
from tests.environment import settings_of
from tests.stubs.stepfunctions import StepFunctionsStub


async def test_nothing_is_watched_any_more_once_it_is_closed() -> None:
    async with StepFunctionsStub() as stub:
        stub.add_machine("order")
        async with open_base(settings_of(), AwsConfig(endpoint_url=stub.url)) as base:
            assert (await base.hub.account()).region == "us-east-1"
        assert base.hub.tasks == frozenset()
        with pytest.raises(Draining):
            base.hub.subscribe(
                "order:one", id="s1", after=None, level=Level.STATES, wake=lambda: None
            )
