"""Modules that come as one file: they do what they do one by one."""

import subprocess
from pathlib import Path

import pytest

from handrail.web.joining import CannotJoin, as_ours, join
from handrail.web.site import FOLDER, Site
from tests.page.test_page_scripts import NODE, needs_node

SAME = Path(__file__).with_name("same_modules.mjs")
WRITTEN = {
    "page/main.js": """import { said } from "./log.js";
import theirs from "../vendor/theirs.js";
import * as all from "./parts/all.js";
import { two as second } from "./parts/two.js";
const name = "main";
said.push(name, theirs(), all.one(), all.alias, second, all.here());
import("./view/view.js").then(({ view }) => {
  said.push(view);
  console.log(said.join(" "));
});
""",
    "page/log.js": "export const said = [];\n",
    "page/parts/all.js": """import {
  one,
  two,
} from "./two.js";
import { said } from "../log.js";
const name = "all";
said.push(name);
const alias = two;
export { one, alias };
export { two as again } from "./two.js";
export function here() {
  return new URL("./x.css", import.meta.url).pathname.split("/").slice(-3).join("/");
}
""",
    "page/parts/two.js": """const name = await "two";
export const { two, three } = { two: name, three: 3 };
export async function later() {}
export function one() {
  return `one of ${name}`;
}
""",
    "page/view/view.js": """import { one } from "../parts/two.js";
import { said } from "../log.js";
import { own } from "./own.js";
said.push("view");
const { more } =
  await import("../view/more.js");
export const view = `${one()} ${own} ${more}`;
""",
    "page/view/own.js": "export const own = 'own';\n",
    "page/view/more.js": """export class Unused {}
export const more = "more";
""",
    "vendor/theirs.js": 'import{said as n}from"./own.js";var t=n;'
    "export default function(){return t}\n",
    "vendor/own.js": 'var t="theirs",more=()=>import("./more.js");export{t as said,more};',
    "vendor/more.js": "export const more = 1;\n",
}
SAID = "all main theirs one of two two two page/parts/x.css view one of two own more"


def written(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_bytes(data)
    (folder / "package.json").write_text('{"type": "module"}')
    return folder


def ran(*arguments: str | Path) -> str:
    assert NODE is not None
    done = subprocess.run(  # noqa: S603 - the machine's own node
        [NODE, *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@needs_node
def test_joined_modules_do_what_they_do_one_by_one(tmp_path: Path) -> None:
    files = {name: text.encode() for name, text in WRITTEN.items()}
    theirs = {name: as_ours(data) for name, data in files.items() if name.startswith("vendor/")}
    joined = join(files | theirs, ["page/main.js"])
    assert set(joined) == set(files)
    assert b"from" not in joined["page/view/view.js"].replace(b'from "../main.js"', b"")
    apart = written(tmp_path / "apart", files)
    together = written(tmp_path / "together", files | joined)
    assert ran(apart / "page/main.js") == ran(together / "page/main.js") == SAID


@needs_node
def test_every_module_of_the_page_exports_what_it_says(tmp_path: Path) -> None:
    files = dict(Site().edition().files)
    names = [str(file.relative_to(FOLDER)) for file in sorted(FOLDER.glob("*/**/*.js"))]
    assert len(names) > 80
    served = written(tmp_path, {name: data for name, data in files.items() if ".js" in name})
    ran("--no-warnings", "--experimental-vm-modules", SAME, FOLDER, served, *names)


def test_what_two_views_share_is_loaded_once_and_not_without_need() -> None:
    files = {
        "main.js": b'import("./a.js");\nimport("./b.js");\nimport("./c.js");\n',
        "a.js": b'import { s } from "./s.js";\n',
        "b.js": b'import { s } from "./s.js";\nimport { t } from "./t.js";\n',
        "c.js": b'import { t } from "./t.js";\nimport("./d.js");\n',
        "d.js": b'import { t } from "./t.js";\n',
        "s.js": b"export const s = 1;\n",
        "t.js": b"export const t = 1;\n",
    }
    joined = join(files, ["main.js"])
    (shared,) = (name for name in joined if name.startswith("joined/"))
    assert b"const s = 1" in joined[shared]
    assert shared.encode() in joined["a.js"]
    assert b"const t = 1" in joined["main.js"]


def test_a_worker_loads_nothing_of_the_page_that_starts_it() -> None:
    files = {
        "main.js": b'import { s } from "./s.js";\n'
        b'new Worker(new URL("./worker.js", import.meta.url));\n',
        "worker.js": b'import { s } from "./s.js";\n',
        "s.js": b"export const s = 1;\n",
    }
    joined = join(files, ["main.js"])
    assert b"main.js" not in joined["worker.js"]
    assert b"joined/" in joined["worker.js"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('import a, { b } from "./b.js";\n', "can't be read"),
        ('import "./b.js";\n', "can't be read"),
        ("export default 1;\n", "can't be read"),
        ("export let a = 1;\n", "can't be read"),
        ('export * from "./b.js";\n', "can't be read"),
        ('const { b } = await import("./b.js");\n', "can't be read"),
        ('import { a } from "./a.js";\n', "no such file"),
        ('import { b } from "./b.js";\n', "main.js imports itself, by way of b.js"),
    ],
)
def test_what_it_cannot_read_it_refuses(text: str, said: str) -> None:
    files = {"main.js": text.encode(), "b.js": b'import { c } from "./main.js";\n'}
    files = files if "itself" in said else files | {"b.js": b"export const b = 1;\n"}
    with pytest.raises(CannotJoin, match=said):
        join(files, ["main.js"])


@needs_node
def test_what_others_made_small_keeps_its_names_to_itself_and_hands_on_what_it_exports(
    tmp_path: Path,
) -> None:
    files = {name: text.encode() for name, text in WRITTEN.items()}
    theirs = {name: as_ours(data) for name, data in files.items() if name.startswith("vendor/")}
    served = written(tmp_path, files | join(files | theirs, ["page/main.js"]))
    names = [name for name in files if name.startswith("vendor/")]
    apart = written(tmp_path / "apart", files)
    ran("--no-warnings", "--experimental-vm-modules", SAME, apart, served, *names)
