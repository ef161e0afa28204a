"""Who settles tasks is composed alike for every entry point."""

from handrail.aws.clients import AwsConfig
from handrail.entrypoints.compose_base import open_base
from handrail.entrypoints.compose_tasks import task_service
from handrail.settings import Settings
from handrail.usecases.metered_tasks import MeteredTasks


async def test_settlements_are_counted_and_remembered_with_the_others() -> None:
    config = AwsConfig(endpoint_url="http://127.0.0.1:1", region="us-east-1")
    async with open_base(Settings(), config) as base:
        tasks = task_service(base)
        assert isinstance(tasks, MeteredTasks)
        assert (tasks.meter, tasks.hub) == (base.metrics, base.hub)
        assert tasks.applied is base.shared.settlements
