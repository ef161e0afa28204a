"""Tasks in a closed network reach all they call."""

from tests.deploy.grants import granted
from tests.deploy.templates import Template, deployed, load
from tests.deploy.uses import uses

NAMES_OF = {
    "stepfunctions": "states",
    "kinesis": "kinesis-streams",
    "secretsmanager": "secretsmanager",
}
"""Where an endpoint has another name than botocore's client or a policy's prefix."""

SEVERAL = {"ecr": {"ecr.api", "ecr.dkr", "s3"}}
"""https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html"""

REGION = "com.amazonaws.eu-west-1."
SERVICES = load("endpoints")["Parameters"]["Services"]["Default"].split(",")


def reached() -> set[str]:
    found = set()
    for service in SERVICES:
        template = deployed("endpoints", Services=service)
        found |= {each["ServiceName"] for _, each in template.of("EC2::VPCEndpoint")}
    return {name.removeprefix(REGION) for name in found}


def called() -> set[str]:
    """By the service itself, and by ECS that starts it."""
    found = {use.service for use in uses("handrail.entrypoints.serve")}
    found |= {action.partition(":")[0] for action, _ in granted(container(), "ExecutionRole")}
    names = set().union(*(SEVERAL.get(each, {NAMES_OF.get(each, each)}) for each in found))
    starts = {use.operation for use in uses("handrail.entrypoints.serve")}
    return names | ({"sync-states"} if "StartSyncExecution" in starts else set())


def container() -> Template:
    return deployed("container")


def test_every_service_that_is_called_is_reached_and_no_other() -> None:
    assert reached() == called()


def test_an_endpoint_has_the_service_s_own_name_and_lets_the_tasks_in() -> None:
    template = deployed("endpoints", Services="states")
    endpoint = template.properties("EndpointServices")
    group = template.properties("SecurityGroup")

    assert endpoint["PrivateDnsEnabled"] is True
    assert endpoint["SecurityGroupIds"] == ["<SecurityGroup>"]
    [rule] = group["SecurityGroupIngress"]
    assert (rule["CidrIp"], rule["FromPort"], rule["ToPort"]) == ("<TaskCidr>", 443, 443)
    [way_out] = container().properties("TaskSecurityGroup")["SecurityGroupEgress"]
    assert way_out["FromPort"] == rule["FromPort"]


def test_what_is_reached_by_routes_has_those_of_the_tasks() -> None:
    template = deployed("endpoints")

    by_routes = [
        each for _, each in template.of("EC2::VPCEndpoint") if each["VpcEndpointType"] == "Gateway"
    ]
    assert {each["ServiceName"] for each in by_routes} == {f"{REGION}s3", f"{REGION}dynamodb"}
    assert all(each["RouteTableIds"] == ["<RouteTableIds>"] for each in by_routes)
