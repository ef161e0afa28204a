from typing import Any

import pytest

from handrail.core.diagnosis.bus_facts import BusFacts, judge_bus
from handrail.core.diagnosis.diagnoses import Diagnosis, Verdict


def found(
    where: str = "bus.example.com:6379", *, tls: bool = True, **facts: Any
) -> list[Diagnosis]:
    return list(judge_bus(BusFacts(where, tls, **facts)))


def test_a_bus_as_it_should_be() -> None:
    [fine] = found(version="8.0.1", cluster=True, eviction="noeviction")

    assert fine.text == "bus.example.com:6379 (a cluster), version 8.0.1"


@pytest.mark.parametrize(
    ("failure", "mend"),
    [
        ("WRONGPASS", "another user or password"),
        ("NOAUTH", "another user or password"),
        ("NOPERM", "ACL SETUSER"),
        ("unknown name", "that DNS knows"),
        ("closed", "start what listens"),
        ("tls", "ssl_ca_certs"),
        ("no cluster", "rediss://… where it is none"),
        ("TimeoutError", "security group"),
    ],
)
def test_one_that_doesn_t_answer_is_told_by_why(failure: str, mend: str) -> None:
    [missing] = found(failure=failure)

    assert missing.verdict is Verdict.MISSING
    assert mend in str(missing.mend)


def test_silence_may_be_the_wrong_kind_of_connection() -> None:
    [tls] = found(failure="TimeoutError")
    [plain] = found(failure="ConnectionError", tls=False)

    assert "redis://… where it speaks no TLS" in str(tls.mend)
    assert "rediss://… where it speaks TLS" in str(plain.mend)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"version": "5.0.7"}, "older"),
        ({"eviction": "allkeys-lru"}, "maxmemory-policy"),
        ({"tls": False}, "in the clear"),
    ],
)
def test_what_it_would_run_with_and_be_sorry_for(facts: dict[str, Any], said: str) -> None:
    _, warned = found(**facts)

    assert warned.verdict is Verdict.WARNING
    assert said in warned.text


def test_on_this_machine_it_needs_no_tls() -> None:
    assert [each.verdict for each in found("127.0.0.1:6379", tls=False)] == [Verdict.OK]


def test_a_replica_takes_no_writes() -> None:
    [missing] = found(read_only=True)

    assert "primary" in str(missing.mend)
