"""Static files by the version of their content, and what a page names of them."""

import json
import re
from pathlib import Path

import pytest

from handrail.web.site import Site

PAGE = """<html>
  <head>
    <link rel="stylesheet" href="static/style/a.css">
    <link rel="stylesheet" href="static/style/b.css">
    <script type="module" src="static/page/main.js"></script>
  </head>
</html>
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "index.html": PAGE,
        "docs.html": PAGE.replace("page/main.js", "page/docs.js"),
        "page/main.js": 'import { a } from "./a.js";\nconst v = import("./order/view.js");\n',
        "page/docs.js": 'import { a } from "./a.js";\n',
        "page/a.js": 'import {\n  b,\n} from "../b.js";\nexport const a = b + "./not.js";\n',
        "b.js": 'import c from "./vendor/c.js";\nexport const b = c;\n',
        "page/order/view.js": 'import { a } from "../a.js";\nimport { e } from "./e.js";\n',
        "page/order/e.js": "export const e = 1;\n",
        "style/a.css": "/* All that\n * is an a. */\na { x: y }\n",
        "style/b.css": "b { x: y }\n",
        "vendor/c.js": "// A licence.\n  export default 1;\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_page_names_its_files_by_version_and_all_that_they_import(folder: Path) -> None:
    edition = Site(folder).edition()
    root = f"static/{edition.version}/"
    page = edition.page("index.html").decode()
    assert re.findall(r'stylesheet" href="([^"]+)"', page) == [f"{root}style/index.page.css"]
    assert edition.files["style/index.page.css"] == b"a{x: y}b{x: y}"
    loaded = re.findall(r'modulepreload" href="([^"]+)"', page)
    assert loaded == [f"{root}joined/0.js"]
    assert json.loads(page.split('id="modules">')[1].split("</script>")[0]) == {
        "order": [f"{root}page/order/view.js"]
    }
    documents = edition.page("docs.html").decode()
    assert f'src="{root}page/docs.js"' in documents
    assert "modulepreload" not in documents


def test_what_several_applications_serve_is_read_once(folder: Path) -> None:
    assert Site(folder).edition() is Site(folder).edition()


def test_data_in_a_page_cannot_end_its_element(folder: Path) -> None:
    page = Site(folder).edition().page("index.html", {"told": {"a": "</script><b>"}}).decode()
    assert "</script><b>" not in page
    text = page.split('id="told">')[1].split("</script>")[0]
    assert json.loads(text) == {"a": "</script><b>"}


def test_another_content_is_another_version_which_is_seen_at_once(folder: Path) -> None:
    site = Site(folder)
    before = site.edition().version
    assert site.edition().version == before == Site(folder).edition().version
    (folder / "style" / "b.css").write_text("b { x: z }\n")
    after = site.edition().version
    assert after != before
    assert site.named(f"{after}/style/b.css") == ("style/b.css", b"b{x: z}")
    assert site.named(f"{before}/style/b.css") == ("style/b.css", None)
    (folder / "style" / "b.css").rename(folder / "style" / "c.css")
    assert site.edition().version not in {before, after}


@pytest.mark.parametrize("name", ["b.js", "page/a.js", "0123/b.js", f"{'x' * 16}/b.js", "0" * 16])
def test_what_names_no_version_is_a_file_s_own_name(folder: Path, name: str) -> None:
    assert Site(folder).named(name) == (name, None)


def test_what_is_ours_comes_without_its_comments_and_indents(folder: Path) -> None:
    text = '// 1\n/**\n * 2: a * b.\n */\nconst url = "http://a // b"; // 3\n  // 4\n  b(); // 5\n'
    (folder / "alone.js").write_text(text)
    files = Site(folder).edition().files
    assert files["alone.js"] == b'const url = "http://a // b";\nb();\n'
    assert b"// A licence.\nconst $default = 1;" in files["joined/0.js"]
