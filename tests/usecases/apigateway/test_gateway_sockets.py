"""The use-cases of one instance share its limits, and nothing with another."""

from handrail.core.apigateway import Nudge
from tests.usecases.apigateway.stage import ID, ORIGIN, GatewayStage


async def test_all_use_cases_deliver_by_one_fan_out(stage: GatewayStage) -> None:
    sockets = stage.sockets
    assert sockets.schedule.fan_out is sockets.conversation.fan_out is sockets.fan_out
    assert sockets.fan_out.posting._value == stage.limits.posts_at_once
    assert sockets.origins.lists(ORIGIN)


async def test_another_instance_reads_for_itself(stage: GatewayStage) -> None:
    stage.execution()
    await stage.watching()
    reads = stage.live.read_count
    stage.sockets = stage.colder()
    await stage.sockets.fan_out.deliver(Nudge(ID), deadline=stage.deadline)
    assert stage.live.read_count > reads
