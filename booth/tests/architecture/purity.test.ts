/** The rules that keep code pure are in force: each planted line is refused, and by the rule that is meant. */

import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { REPOSITORY } from "../support/vectors.ts";

const BOOTH = join(REPOSITORY, "booth");
const PLANTED = mkdtempSync(join(tmpdir(), "booth-"));

copyFileSync(join(BOOTH, "biome.json"), join(PLANTED, "biome.json"));
afterAll(() => rmSync(PLANTED, { recursive: true }));

/** What the linter says about a file of this content, in a tree with the booth's settings. */
function lint(place: string, source: string): string {
  mkdirSync(dirname(join(PLANTED, place)), { recursive: true });
  writeFileSync(join(PLANTED, place), source);
  const program = join(BOOTH, "node_modules", ".bin", "biome");
  const words = ["lint", "--colors=off", "--max-diagnostics=100", place];
  const { stdout, stderr } = spawnSync(program, words, { cwd: PLANTED, encoding: "utf-8" });
  return stdout + stderr;
}

const REACHES_OUT = [
  "export const now = Date.now();",
  "export const then = performance.now();",
  "export const answer = fetch('/');",
  "export const bytes = crypto.getRandomValues(new Uint8Array(1));",
  "export const title = document.title;",
  "export const kept = localStorage.length;",
  "export const all = globalThis;",
  "setTimeout(() => {}, 1);",
];

test.each(["protocol", "board", "record", "referendum", "verify", "flow"])(
  "src/%s reads no clock, screen, network or store",
  (folder) => {
    const found = lint(`src/${folder}/planted.ts`, `${REACHES_OUT.join("\n")}\n`);
    expect(found.match(/noRestrictedGlobals/g)).toHaveLength(REACHES_OUT.length);
  },
);

test.each(["protocol", "board", "record", "verify", "flow"])("src/%s imports nothing of Node", (folder) => {
  expect(lint(`src/${folder}/planted.ts`, 'import "node:fs";\n')).toContain("noRestrictedImports");
});

test.each(["../protocol/encoding.ts", "../record/archive.ts", "../verify/audit.ts"])(
  "the board imports nothing of %s",
  (path) => {
    expect(lint("src/board/planted.ts", `import "${path}";\n`)).toContain("noRestrictedImports");
    expect(lint("src/verify/planted.ts", `import "${path}";\n`)).not.toContain("noRestrictedImports");
  },
);

test.each(["../board/note.ts", "../record/archive.ts", "../verify/audit.ts", "../flow/journey.ts"])(
  "the protocol imports nothing of %s",
  (path) => {
    expect(lint("src/protocol/planted.ts", `import "${path}";\n`)).toContain("noRestrictedImports");
  },
);

test("no value is of type any", () => {
  expect(lint("src/protocol/planted.ts", "export const anything: any = 1;\n")).toContain("noExplicitAny");
});

test("a command may read a file", () => {
  expect(lint("src/command/planted.ts", 'import "node:fs";\n')).not.toContain("noRestrictedImports");
});
