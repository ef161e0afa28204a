// Makes dist/: the client for pages without a bundler, of which Handrail's own is one.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { build } from "esbuild";

const SOURCES = "close_codes http hub index json omitted run socket stand_in stream view".split(" ");
const hash = createHash("sha256");
for (const name of SOURCES) hash.update(readFileSync(`src/${name}.js`));
const digest = hash.digest("hex").slice(0, 16);

await build({
  entryPoints: ["index", "stand_in", "omitted"].map((name) => `src/${name}.js`),
  outdir: "dist",
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  external: ["./stand_in.js", "./omitted.js"],
  banner: { js: `// @handrail/client, Apache-2.0. Made of packages/client/src (${digest}) by make client.` },
});
