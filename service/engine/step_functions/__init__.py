"""Lists the operations of Step Functions that are served; any other isn't."""

from collections.abc import Callable, Mapping

from . import executions, machines, tasks
from .account import AccountRegion, Output, Request

OPERATIONS: Mapping[str, Callable[[AccountRegion, Request], Output | None] | None] = {
    "StartExecution": executions.start_execution,
    "StartSyncExecution": executions.start_sync_execution,
    "StopExecution": executions.stop_execution,
    "RedriveExecution": executions.redrive_execution,
    "DescribeExecution": executions.describe_execution,
    "DescribeStateMachineForExecution": executions.describe_state_machine_for_execution,
    "ListExecutions": executions.list_executions,
    "ListStateMachines": machines.list_state_machines,
    "GetExecutionHistory": executions.get_execution_history,
    "SendTaskSuccess": tasks.send_task_success,
    "SendTaskFailure": tasks.send_task_failure,
    "SendTaskHeartbeat": tasks.send_task_heartbeat,
    "CreateActivity": tasks.create_activity,
    "DescribeActivity": tasks.describe_activity,
    "DeleteActivity": tasks.delete_activity,
    "ListActivities": tasks.list_activities,
    "GetActivityTask": tasks.get_activity_task,
    "CreateStateMachine": machines.check_create,
    "UpdateStateMachine": machines.check_update,
    "DescribeStateMachine": machines.check_exists,
    "DeleteStateMachine": machines.forget_deleted,
    **dict.fromkeys(("ListMapRuns", "DescribeMapRun", "UpdateMapRun")),
    **dict.fromkeys(("TagResource", "UntagResource", "ListTagsForResource")),
}
"""Each answers, or checks the request and leaves the answer to moto; None is moto's alone."""
