"""Run while the image is built: takes out of an environment what the service never reads.

    python -m deploy.image.slim ENVIRONMENT

Most of it is botocore's descriptions of AWS's other four hundred services. Licences and metadata of
the packages stay, for their sake and for scanners'.
"""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

SERVICES = frozenset(
    {
        "apigatewaymanagementapi",
        "dynamodb",
        "events",
        "iam",  # this, logs and service-quotas are asked by `handrail doctor` alone
        "kinesis",
        "lambda",
        "logs",
        "service-quotas",
        "sns",
        "sqs",
        "sso",  # these two are asked by botocore itself, for credentials of a profile
        "sso-oidc",
        "stepfunctions",
        "sts",
    }
)
"""The AWS services whose clients may be opened, as botocore names them."""

COMMANDS = ("handrail", "python")
"""What the names of the tools begin with that stay."""

FOLDERS = ("test", "tests")
SUFFIXES = frozenset({".c", ".h", ".pxd", ".pyi", ".pyx"})


def main(arguments: list[str]) -> None:
    (environment,) = map(Path, arguments)
    packages = next(environment.glob("lib/python3.*/site-packages"))
    before = size_of(packages)
    for path in list(unread(packages)):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)  # its folder may have gone already
    after = size_of(packages)
    print(f"{packages}: {before / 1e6:.1f} MB, {after / 1e6:.1f} MB left")


def unread(packages: Path) -> Iterator[Path]:
    """Folders and files of the environment of these site-packages that the service never reads."""
    tools = packages.parents[2] / "bin"
    yield from (path for path in tools.iterdir() if not path.name.startswith(COMMANDS))
    yield from unread_packages(packages)


def unread_packages(packages: Path) -> Iterator[Path]:
    """Those of a folder of packages alone."""
    described = packages / "botocore" / "data"
    yield from (path for path in described.iterdir() if path.is_dir() and path.name not in SERVICES)
    yield from described.glob("*/*/examples-1.json*")
    yield packages / "boto3" / "examples"
    for path in packages.rglob("*"):
        if (path.name in FOLDERS and path.is_dir()) or path.suffix in SUFFIXES:
            yield path


def size_of(folder: Path) -> int:
    """Bytes in its files."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    main(sys.argv[1:])
