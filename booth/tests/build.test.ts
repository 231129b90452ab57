/** The built page: the same bytes each time, small, and allowed to do no more than it needs. */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";

const SCRIPT = join(import.meta.dirname, "..", "scripts", "build.mjs");
const LARGEST = 150_000;
const folders: string[] = [];

function built(): ReadonlyMap<string, Buffer> {
  const folder = mkdtempSync(join(tmpdir(), "psephos-build-"));
  folders.push(folder);
  const places = ["--board", "https://board.example/2026/", "--relay", "https://relay.example/2026/"];
  execFileSync(process.execPath, [SCRIPT, "--out", folder, ...places], { cwd: folder });
  return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
}

let files: ReadonlyMap<string, Buffer>;

beforeAll(() => {
  files = built();
});

afterAll(() => {
  for (const folder of folders) {
    rmSync(folder, { recursive: true });
  }
});

it("Two builds have the same bytes.", () => {
  expect(built()).toEqual(files);
});

it("All languages together are smaller than 150 KB, compressed.", () => {
  const sizes = [...files.values()].map((bytes) => gzipSync(bytes, { level: 9 }).length);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(LARGEST);
});

it("The page names the hashes of its script and its style.", () => {
  const html = (files.get("index.html") ?? Buffer.of()).toString();
  for (const name of ["booth.js", "booth.css"]) {
    const hash = createHash("sha384")
      .update(files.get(name) ?? Buffer.of())
      .digest("base64");
    expect(html).toContain(`="${name}" integrity="sha384-${hash}"`);
  }
});

it("The page may load its own files, ask its board and its relay, and nothing else.", () => {
  const html = (files.get("index.html") ?? Buffer.of()).toString();
  const [, policy = ""] = /Content-Security-Policy" content="([^"]*)"/.exec(html) ?? [];
  expect(policy.split("; ")).toEqual([
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "worker-src blob:",
    "connect-src 'self' https://board.example https://relay.example",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types psephos",
  ]);
  expect(html).not.toMatch(/https?:\/\/(?!(?:board|relay)\.example)/);
});

it("The program stores nothing, registers no worker that stays, and writes no markup from text.", () => {
  const program = (files.get("booth.js") ?? Buffer.of()).toString();
  for (const word of ["localStorage", "sessionStorage", "indexedDB", "document.cookie", "serviceWorker", "innerHTML"]) {
    expect(program).not.toContain(word);
  }
});
