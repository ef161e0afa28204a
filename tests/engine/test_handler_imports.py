"""What stands beside a handler is imported from there, and from nobody else's folder."""

import sys
from pathlib import Path

import pytest

from handrail.engine.handler_imports import handler_imports, search_path


def write(root: Path, **files: str) -> Path:
    for name, text in files.items():
        (file := root / f"{name.replace('__', '/')}.py").parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


def test_modules_of_one_name_are_each_group_s_own_also_when_imported_late(tmp_path: Path) -> None:
    code = "import util\ndef late():\n    import util, lib.deep\n    from lib import deep as d\n"
    code += "    return util.WHO, lib.deep.WHO, d.WHO\n"
    with handler_imports() as imports:
        groups = []
        for who in ("a", "b"):
            text = f"WHO = {who!r}"
            root = write(tmp_path / who, handlers=code, util=text, lib__deep="from util import *\n")
            (root / "lib" / "__init__.py").touch()
            groups.append(imports.group([root]).load("handlers"))
            assert text in (root / "util.py").read_text()
        assert [module.util.WHO for module in groups] == ["a", "b"]
        assert [module.late() for module in groups] == [("a",) * 3, ("b",) * 3]
        assert "util" not in sys.modules
    assert not [name for name in sys.modules if name.startswith("handrail_handlers")]


def test_the_standard_library_and_what_is_installed_are_everybody_s(tmp_path: Path) -> None:
    code = "import json, os.path, yaml\nfrom json import dumps\nimport xml.dom as dom\n"
    write(tmp_path, handlers=code)
    (tmp_path / "yaml").mkdir()  # a folder of files, no package
    with handler_imports() as imports:
        module = imports.group([tmp_path]).load("handlers")
        assert module.json is sys.modules["json"]
        assert module.yaml is sys.modules["yaml"]
        assert module.dom is sys.modules["xml.dom"]


def test_a_folder_without_init_is_a_package_where_nothing_else_has_the_name(tmp_path: Path) -> None:
    write(tmp_path, handlers="from shared.text import WHO", shared__text="WHO = 1")
    with handler_imports() as imports:
        assert imports.group([tmp_path]).load("handlers").WHO == 1


def test_what_is_imported_anew_is_what_is_saved_now(tmp_path: Path) -> None:
    """Twice within a second, in as many characters: a compiled file would pass for current."""
    with handler_imports() as imports:
        for who in ("1", "2", "3"):
            write(tmp_path, handlers="from util import WHO", util=f"WHO = {who}")
            assert str(imports.group([tmp_path]).load("handlers").WHO) == who
    assert not list(tmp_path.rglob("*.pyc"))


def test_relative_imports_and_pickles_find_their_module(tmp_path: Path) -> None:
    code = "from . import util\nfrom .util import WHO\nimport pickle\nclass Kept: ...\n"
    code += "def again(): return type(pickle.loads(pickle.dumps(Kept()))) is Kept\n"
    root = write(tmp_path, pkg__app=code, pkg__util="WHO = 1")
    (root / "pkg" / "__init__.py").touch()
    folders, dotted = search_path(root / "pkg" / "app.py", root)
    assert (folders, dotted) == ([root], "pkg.app")
    with handler_imports() as imports:
        module = imports.group(folders).load(dotted)
        assert (module.WHO, module.again()) == (1, True)


def test_code_without_a_file_runs_and_imports_like_the_rest(tmp_path: Path) -> None:
    write(tmp_path, util="WHO = 1")
    with handler_imports() as imports:
        module = imports.group([tmp_path]).run(
            "import util\nWHO = util.WHO\n1/0 if 0 else 1", "t.yaml:f"
        )
        assert (module.WHO, module.__file__) == (1, "t.yaml:f")


def test_a_missing_module_is_named_as_it_was_asked_for(tmp_path: Path) -> None:
    write(tmp_path, handlers="import nowhere_to_be_found")
    with (
        handler_imports() as imports,
        pytest.raises(ModuleNotFoundError, match="No module named 'nowhere_to_be_found'"),
    ):
        imports.group([tmp_path]).load("handlers")


def test_imports_are_looked_for_up_to_the_state_machine_s_folder(tmp_path: Path) -> None:
    file = write(tmp_path, src__fn__app="") / "src" / "fn" / "app.py"
    assert search_path(file, tmp_path) == ([file.parent, tmp_path / "src", tmp_path], "app")
    assert search_path(file, tmp_path / "deploy") == ([file.parent], "app")
