/**
 * Builds the booth: `node scripts/build.mjs [--out DIR] [--board URL]... [--relay URL]... [--charter HEX] [--single RECORD]`.
 *
 * Without `--single`: index.html, booth.js and booth.css, for any web server; `--board` says where the board is, seen
 * from the page (`../` if the page lies in a folder of the board); `--relay`, which observers take ballots in.
 * With it: one file, into which the files of a record (a folder or an address of a board) are put that open the vote.
 *
 * The same sources and options give the same bytes.
 */

import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const COMMON = {
  absWorkingDir: ROOT,
  bundle: true,
  minify: true,
  write: false,
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  target: ["es2022"],
};

async function bundled(entry, more = {}) {
  const { outputFiles } = await build({
    ...COMMON,
    entryPoints: [entry],
    platform: "browser",
    format: "iife",
    ...more,
  });
  return outputFiles[0].contents;
}

/** The program, with that of the worker inside: one hash covers both. */
async function script() {
  const worker = new TextDecoder().decode(await bundled("src/page/worker.ts"));
  return bundled("src/page/main.ts", { define: { WORKER_SOURCE: JSON.stringify(worker) } });
}

/** Imports one of the program's modules. */
async function load(entry) {
  const folder = await mkdtemp(join(tmpdir(), "psephos-booth-"));
  try {
    const path = join(folder, "module.mjs");
    await writeFile(path, await bundled(entry, { platform: "node", format: "esm" }));
    return await import(pathToFileURL(path).href);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const hashOf = (name, bytes) => `${name}-${createHash(name).update(bytes).digest("base64")}`;

/** What the page may do: run this script and this style, ask its boards, show its own pictures; nothing else. */
function contentPolicy({ scripts, styles, boards, relays }) {
  const origins = [...boards, ...relays]
    .filter((board) => /^https?:/.test(board))
    .map((board) => new URL(board).origin);
  return [
    "default-src 'none'",
    `script-src ${scripts}`,
    `style-src ${styles}`,
    "worker-src blob:",
    `connect-src ${["'self'", ...new Set(origins)].join(" ")}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types psephos",
  ].join("; ");
}

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");

function page({ policy, boards, relays, charter, head, tail, languages }) {
  const apologies = languages
    .map(({ code, direction, text }) => `<p lang="${code}" dir="${direction}">${escaped(text.page.noScript)}</p>`)
    .join("");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<meta name="psephos-board" content="${escaped(boards.join(" "))}">
<meta name="psephos-relay" content="${escaped(relays.join(" "))}">
<meta name="psephos-charter" content="${escaped(charter)}">
<title>Psephos</title>
<link rel="icon" href="data:,">
${head}
</head>
<body>
<div id="booth"><noscript>${apologies}</noscript></div>
${tail}
</body>
</html>
`;
}

/** A record's files, from a folder or from a board. */
function recordAt(place) {
  return async (path) => {
    if (!/^https?:/.test(place)) {
      return readFile(join(place, path)).catch((error) =>
        error.code === "ENOENT" ? undefined : Promise.reject(error),
      );
    }
    const answer = await fetch(new URL(path, place));
    if (answer.status === 404) {
      return undefined;
    }
    if (!answer.ok) {
      throw new Error(`${path}: ${answer.status}`);
    }
    return new Uint8Array(await answer.arrayBuffer());
  };
}

/** The files that the page needs to open the vote: those that it asks for when it does. */
async function openingFiles(place, charter) {
  const { readVote } = await load("src/flow/reading.ts");
  const read = recordAt(place);
  const kept = {};
  await readVote(
    {
      async get(path) {
        const bytes = await read(path);
        if (bytes !== undefined) {
          kept[path] = Buffer.from(bytes).toString("base64");
        }
        return bytes;
      },
    },
    charter || undefined,
  );
  return Object.fromEntries(Object.entries(kept).sort(([first], [second]) => (first < second ? -1 : 1)));
}

const { values } = parseArgs({
  options: {
    out: { type: "string", default: join(ROOT, "dist", "booth") },
    board: { type: "string", multiple: true, default: ["../"] },
    relay: { type: "string", multiple: true, default: [] },
    charter: { type: "string", default: "" },
    single: { type: "string" },
  },
});
const { LANGUAGES: languages } = await load("src/text/languages.ts");
const js = await script();
const css = await bundled("src/style/booth.css");
const places = { boards: values.board, relays: values.relay };
const common = { ...places, charter: values.charter, languages };
await mkdir(values.out, { recursive: true });
if (values.single === undefined) {
  const policy = contentPolicy({ scripts: "'self'", styles: "'self'", ...places });
  const integrity = (bytes) => `integrity="${hashOf("sha384", bytes)}" crossorigin="anonymous"`;
  const html = page({
    ...common,
    policy,
    head: `<link rel="stylesheet" href="booth.css" ${integrity(css)}>`,
    tail: `<script src="booth.js" ${integrity(js)}></script>`,
  });
  await writeFile(join(values.out, "booth.js"), js);
  await writeFile(join(values.out, "booth.css"), css);
  await writeFile(join(values.out, "index.html"), html);
} else {
  const record = JSON.stringify(await openingFiles(values.single, values.charter));
  const [program, style] = [js, css].map((bytes) => new TextDecoder().decode(bytes));
  if (/<\/(script|style)|<!--/i.test(program + style)) {
    throw new Error("the program cannot stand inside a page");
  }
  const policy = contentPolicy({
    scripts: `'${hashOf("sha256", js)}'`,
    styles: `'${hashOf("sha256", css)}'`,
    ...places,
  });
  const html = page({
    ...common,
    policy,
    head: `<style>${style}</style>`,
    tail: `<script type="application/json" id="psephos-record">${record}</script>\n<script>${program}</script>`,
  });
  await writeFile(join(values.out, "psephos-booth.html"), html);
}
