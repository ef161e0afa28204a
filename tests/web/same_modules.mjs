// What modules export, in two folders, one of which may have more: `node --experimental-vm-modules
// same_modules.mjs WRITTEN SERVED NAME...`. All are linked: a name that isn't exported is an error.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { SourceTextModule } from "node:vm";

const [written, served, ...names] = process.argv.slice(2).map((each) => each.replace(/\/?$/, ""));

async function exported(folder) {
  const known = new Map();
  const load = (path) => {
    const made = known.get(path) ?? new SourceTextModule(readFileSync(path, "utf8"), { identifier: path });
    known.set(path, made);
    return made;
  };
  const linker = (name, from) => load(new URL(name, `file://${from.identifier}`).pathname);
  const found = {};
  for (const name of names) {
    const module = load(`${folder}/${name}`);
    if (module.status === "unlinked") await module.link(linker);
    found[name] = Reflect.ownKeys(module.namespace).filter((each) => !/^\$m\d+$/.test(String(each)));
  }
  return found;
}

const before = await exported(written);
assert.deepEqual(await exported(served), before);
assert(Object.values(before).flat().length > names.length / 2);
