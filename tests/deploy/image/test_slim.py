"""What is taken out of the image's environment, and what stays."""

from pathlib import Path

import pytest

from deploy.image.slim import SERVICES, main

STAYS = (
    "bin/handrail",
    "bin/python3",
    f"{(PACKAGES := 'lib/python3.11/site-packages')}/botocore/data/endpoints.json",
    f"{PACKAGES}/botocore/data/stepfunctions/2016-11-23/service-2.json.gz",
    f"{PACKAGES}/botocore/py.typed",
    f"{PACKAGES}/click/core.py",
    f"{PACKAGES}/click/testing.py",
    f"{PACKAGES}/click-8.dist-info/licenses/LICENSE.txt",
)
GOES = (
    "bin/flask",
    "bin/activate",
    f"{PACKAGES}/botocore/data/ec2/2016-11-15/service-2.json.gz",
    f"{PACKAGES}/botocore/data/stepfunctions/2016-11-23/examples-1.json",
    f"{PACKAGES}/boto3/examples/s3.rst",
    f"{PACKAGES}/jsonschema/tests/test_cli.py",
    f"{PACKAGES}/jsonschema/tests/stubs.pyi",
    f"{PACKAGES}/multidict/_multidict.c",
)


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    for name in (*STAYS, *GOES):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    return tmp_path


def test_what_the_service_never_reads_goes_and_the_rest_stays(environment: Path) -> None:
    main([str(environment)])
    left = {str(path.relative_to(environment)) for path in environment.rglob("*") if path.is_file()}
    assert left == set(STAYS)


def test_it_says_what_it_saved(environment: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(environment)])
    assert "MB left" in capsys.readouterr().out


def test_credentials_of_single_sign_on_keep_their_services() -> None:
    assert {"sso", "sso-oidc", "sts"} <= SERVICES
