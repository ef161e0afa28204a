"""What of the builder's pip gets into a build, and what doesn't."""

from pathlib import Path

from deploy.image.forwarding import CERTIFICATES, parsed, pip_settings, proxies, secrets

LISTING = """\
global.cert='/etc/ssl/company.pem'
global.extra-index-url='file:///srv/simple https://pip.example/simple'
install.index-url='https://reader:s3cret@pip.example/root'
:env:.timeout='20'
"""


def test_pip_s_listing_is_read_by_its_keys_without_the_environment_s() -> None:
    assert parsed(LISTING) == {
        "cert": "/etc/ssl/company.pem",
        "extra-index-url": "file:///srv/simple https://pip.example/simple",
        "index-url": "https://reader:s3cret@pip.example/root",
    }


def test_the_environment_has_the_last_word() -> None:
    assert pip_settings({"PIP_INDEX_URL": "https://other.example"})["index-url"] == (
        "https://other.example"
    )


def test_the_index_and_its_certificates_go_in_as_secrets(tmp_path: Path) -> None:
    options = secrets(parsed(LISTING), tmp_path, {})
    assert options == [
        "--secret",
        "id=ca.pem,src=/etc/ssl/company.pem",
        "--secret",
        f"id=pip.conf,src={tmp_path / 'pip.conf'}",
    ]
    assert (tmp_path / "pip.conf").read_text().splitlines() == [
        "[global]",
        "extra-index-url = https://pip.example/simple",
        "index-url = https://reader:s3cret@pip.example/root",
        f"cert = {CERTIFICATES}",
    ]


def test_nobody_else_can_read_them(tmp_path: Path) -> None:
    secrets(parsed(LISTING), tmp_path, {})
    assert (tmp_path / "pip.conf").stat().st_mode & 0o777 == 0o600


def test_what_lies_on_the_builder_s_disk_is_left_out(tmp_path: Path) -> None:
    assert secrets({"find-links": "/srv/wheels", "no-index": "true"}, tmp_path, {}) == []


def test_certificates_that_pip_takes_from_the_environment_are_found(tmp_path: Path) -> None:
    options = secrets({}, tmp_path, {"REQUESTS_CA_BUNDLE": "/etc/ssl/proxy.pem"})
    assert options[:2] == ["--secret", "id=ca.pem,src=/etc/ssl/proxy.pem"]


def test_a_builder_with_nothing_of_its_own_gives_nothing(tmp_path: Path) -> None:
    assert secrets({}, tmp_path, {}) == []
    assert list(tmp_path.iterdir()) == []


def test_proxies_are_named_and_their_values_are_on_no_command_line() -> None:
    environ = {"https_proxy": "http://me:s3cret@proxy.example:3128", "no_proxy": ""}
    assert proxies(environ) == ["--build-arg", "https_proxy"]
