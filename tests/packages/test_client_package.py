"""The JavaScript client: its tests in Node, its copy for the page, and what npm makes of it."""

import gzip
import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.page.test_page_scripts import NODE, needs_node

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "packages/client"
COPY = ROOT / "service/web/static/client"
MOST_BYTES = 8 * 1024
"""What `createClient` needs, as it is sent to a browser."""
NO_PACKAGES = "no packages in packages/client: `make client` installs them, with npm"


def files_to_test() -> Iterator[Any]:
    """In one process of Node, whose start takes longer than they do. Alone: those that change its
    globals for packages of others, or have a server, which needs real time."""
    needs_packages = re.compile(r'from "(?!node:|\./|\.\./)')
    unless = pytest.mark.skipif(not (PACKAGE / "node_modules").is_dir(), reason=NO_PACKAGES)
    together = []
    for file in sorted((PACKAGE / "test").glob("*.test.js")):
        text = file.read_text(encoding="utf-8")
        if needs_packages.search(text):
            yield pytest.param([file], id=file.name, marks=unless)
        elif '"node:http"' in text:
            yield pytest.param([file], id=file.name)
        else:
            together.append(file)
    yield pytest.param(together, id="the others")


@needs_node
@pytest.mark.parametrize("files", [*files_to_test()])
def test_the_client_does_as_its_tests_say(files: list[Path], tmp_path: Path) -> None:
    assert NODE is not None
    entry = tmp_path / "all.mjs"
    entry.write_text("".join(f'import "{file.as_uri()}";\n' for file in files), encoding="utf-8")
    ran = subprocess.run(  # noqa: S603 - the machine's own node, our own files
        [NODE, "--test-reporter=tap", entry],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "\n# fail 0\n" in ran.stdout
    written = sum(file.read_text(encoding="utf-8").count("\ntest(") for file in files)
    [passed] = re.findall(r"\n# pass (\d+)\n", ran.stdout)
    assert int(passed) >= written > 0


def test_the_page_s_copy_is_made_of_these_sources() -> None:
    """Without a build: by the digest that `make client` writes into each file."""
    build = (PACKAGE / "build.js").read_text(encoding="utf-8")
    [names] = re.findall(r'SOURCES = "([^"]+)"', build)
    sources = [PACKAGE / "src" / f"{name}.js" for name in names.split()]
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    copies = sorted(COPY.iterdir())
    assert [copy.name for copy in copies] == ["index.js", "omitted.js", "stand_in.js"]
    for copy in copies:
        [first, *_] = copy.read_text(encoding="utf-8").splitlines()
        assert f"({digest})" in first, "Run `make client`."


def test_every_module_that_the_client_loads_is_one_of_those_sources() -> None:
    build = (PACKAGE / "build.js").read_text(encoding="utf-8")
    [names] = re.findall(r'SOURCES = "([^"]+)"', build)
    loaded, open_ = set[str](), ["index"]
    while open_:
        name = open_.pop()
        if name not in loaded:
            loaded.add(name)
            text = (PACKAGE / "src" / f"{name}.js").read_text(encoding="utf-8")
            code = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
            open_ += re.findall(r'(?:from |import\()"\./(\w+)\.js"', code)
    assert loaded == set(names.split())


def test_what_creates_a_client_is_small() -> None:
    sent = gzip.compress((COPY / "index.js").read_bytes(), 9)
    assert len(sent) <= MOST_BYTES


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Without what was made of it; with its pinned tools, where they are installed."""
    if not (PACKAGE / "node_modules").is_dir():
        pytest.skip(NO_PACKAGES)
    folder = tmp_path / "client"
    left_out = shutil.ignore_patterns("node_modules", "dist", "types", "recipes")
    shutil.copytree(PACKAGE, folder, ignore=left_out)
    (folder / "node_modules").symlink_to(PACKAGE / "node_modules")
    return folder


def test_it_can_be_published_with_types_and_the_page_s_copy_is_what_it_builds(
    copied: Path,
) -> None:
    """Types are made by a strict check, and files for pages without a bundler."""
    published = subprocess.run(
        ["npm", "publish", "--dry-run", "--json"],  # noqa: S607 - the machine's own
        cwd=copied,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert published.returncode == 0, published.stderr
    warnings = [line for line in published.stderr.splitlines() if line.startswith("npm warn")]
    assert [line for line in warnings if "logged in" not in line] == []
    for copy in COPY.iterdir():
        assert (copied / "dist" / copy.name).read_bytes() == copy.read_bytes(), "Run `make client`."
    files = {each["path"] for each in _only(json.loads(published.stdout))["files"]}
    assert {"package.json", "README.md", "LICENSE", "types/index.d.ts"} <= files
    assert not [file for file in files if file.startswith(("test/", "node_modules/"))]
    exports = json.loads((copied / "package.json").read_text(encoding="utf-8"))["exports"]
    for name, where in exports.items():
        wanted = [where] if isinstance(where, str) else where.values()
        missing = {path.removeprefix("./") for path in wanted if "*" not in path} - files
        assert missing == set(), name
    # What a strict TypeScript project makes of these types; what isn't there is refused.
    checked = subprocess.run(  # noqa: S603 - the package's own tool
        [PACKAGE / "node_modules/.bin/tsc", "-p", "test/typescript"],
        cwd=copied,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert checked.returncode == 0, checked.stdout


def _only(published: dict[str, Any]) -> dict[str, Any]:
    """Of the one package; older and newer npm nest it otherwise."""
    inner: dict[str, Any] = published.get("@handrail/client", published)
    return inner


@needs_node
def test_what_its_page_names_is_there() -> None:
    page = (PACKAGE / "README.md").read_text(encoding="utf-8")
    methods = sorted(set(re.findall(r"\bhr\.([\w.]+)\(", page)))
    assert {"watch", "watchList", "start", "tasks.succeed", "request"} <= set(methods)
    look = """
      const [methods, source] = JSON.parse(process.argv[1]);
      const { createClient } = await import(source);
      const hr = createClient();
      const found = (name) => name.split(".").reduce((at, key) => at?.[key], hr);
      console.log(JSON.stringify(methods.filter((name) => typeof found(name) !== "function")));
    """
    asked = json.dumps([methods, (PACKAGE / "src/index.js").as_uri()])
    assert NODE is not None
    command = [NODE, "--input-type=module", "--eval", look, asked]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    assert json.loads(ran.stdout) == []


def test_its_page_has_every_option() -> None:
    page = (PACKAGE / "README.md").read_text(encoding="utf-8")
    [table] = re.findall(r"^\| option \| \|\n(.*?)\n\n", page, re.DOTALL | re.MULTILINE)
    shown = {
        name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])
    }
    types = (PACKAGE / "src/types.js").read_text(encoding="utf-8")
    [declared] = re.findall(r"@typedef {object} ClientOptions\n(.*?)\n \*\n", types, re.DOTALL)
    options = set(re.findall(r"@property {[^\n]*} \[(\w+)\]", declared))
    assert options == shown | {"random"}  # which is for tests
