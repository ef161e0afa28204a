from benchmarks.processes.quotas import LARGE, Quotas


def admitted(quotas: Quotas, action: str, *, times: int, now: float) -> int:
    return sum(quotas.admit(action, now) for _ in range(times))


def test_a_bucket_gives_its_size_at_once_and_its_refill_a_second() -> None:
    quotas = Quotas({"GetExecutionHistory": (400, 20)})
    assert admitted(quotas, "GetExecutionHistory", times=1000, now=5.0) == 400
    assert admitted(quotas, "GetExecutionHistory", times=1000, now=7.0) == 40


def test_a_bucket_never_holds_more_than_its_size() -> None:
    quotas = Quotas({"ListExecutions": (200, 5)})
    assert admitted(quotas, "ListExecutions", times=1, now=0.0) == 1
    assert admitted(quotas, "ListExecutions", times=1000, now=3600.0) == 200


def test_each_action_has_a_bucket_of_its_own() -> None:
    quotas = Quotas(LARGE)
    admitted(quotas, "DescribeExecution", times=1000, now=0.0)
    assert not quotas.admit("DescribeExecution", 0.0)
    assert quotas.admit("GetExecutionHistory", 0.0)


def test_what_has_no_quota_is_always_admitted() -> None:
    assert admitted(Quotas({}), "GetExecutionHistory", times=1000, now=0.0) == 1000
