"""What the limits of API Gateway's sockets come to."""

from handrail.usecases.apigateway.limits import GatewayLimits


def test_a_tick_takes_what_may_be_read_at_once_and_is_regained_by_the_next() -> None:
    assert GatewayLimits().executions_a_tick == 66
    assert GatewayLimits(reads_per_s=0.3, reads_burst=20).executions_a_tick == 9
    assert GatewayLimits(reads_per_s=0.001).executions_a_tick == 1
