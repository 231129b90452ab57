/** Draws the table of states into docs/reference/booth-states.md: `node scripts/diagram.mjs`. */

import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const PAGE = join(ROOT, "..", "docs", "reference", "booth-states.md");
const { outputFiles } = await build({
  absWorkingDir: ROOT,
  entryPoints: ["src/flow/diagram.ts"],
  bundle: true,
  write: false,
  format: "esm",
});
const { diagram } = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`
);
const page = await readFile(PAGE, "utf8");
await writeFile(
  PAGE,
  page.replace(/```mermaid\n[\s\S]*?```/, () => `\`\`\`mermaid\n${diagram()}\`\`\``),
);
