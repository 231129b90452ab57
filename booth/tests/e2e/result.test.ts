/** The result site in a browser: from a disk, in every language, narrow and wide, with and without its program. */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { encode } from "uqr";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { trackerOf } from "../../src/flow/tracker.ts";
import { LANGUAGES } from "../../src/text/languages.ts";
import { PATIENCE } from "./house.ts";
import { sound } from "./looks.ts";
import { browse } from "./stage.ts";

const REPOSITORY = join(import.meta.dirname, "..", "..", "..");
const BOOTH = join(REPOSITORY, "booth");
const PAGES = ["index.html", "observers.html", "check.html", "data.html"];
const SITES = ["final", "unsigned", "voting", "rehearsal", "plain"];

interface Made {
  readonly ballots: readonly string[];
  readonly yes: number;
}

let folder = "";
let made: Made;
let browser: Browser;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "psephos-result-"));
  const script = join(folder, "check.js");
  execFileSync("npm", ["run", "--silent", "build:check", "--", `--outfile=${script}`], { cwd: BOOTH });
  const python = join(REPOSITORY, ".venv", "bin", "python");
  const words = ["-m", "tests.e2e.result_sites", folder, script];
  made = JSON.parse(
    execFileSync(python, words, { cwd: REPOSITORY, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }),
  );
  browser = await browse();
}, 3 * PATIENCE);

afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

interface Reader {
  readonly page: Page;
  /** What the page asked for, beside itself. */
  readonly asked: string[];
  readonly complaints: string[];
}

async function read(site: string, path: string, { width = 1100, javaScriptEnabled = true } = {}): Promise<Reader> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, javaScriptEnabled });
  const page = await context.newPage();
  const asked: string[] = [];
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  const url = pathToFileURL(join(folder, site, path)).href;
  page.on("request", (request) => {
    if (request.url() !== url && !request.url().startsWith("data:")) {
      asked.push(request.url());
    }
  });
  await page.goto(url);
  return { page, asked, complaints };
}

/** Sound, asked nobody, headings without a gap, and read from top to bottom. */
async function wellMade({ page, asked, complaints }: Reader): Promise<void> {
  await page.evaluate(() => {
    for (const folded of document.querySelectorAll("details")) {
      folded.open = true;
    }
  });
  await sound(page, "main");
  expect(asked).toEqual([]);
  expect(complaints).toEqual([]);
  const levels = await page.locator("h1, h2, h3").evaluateAll((all) => all.map(({ tagName }) => Number(tagName[1])));
  expect(levels[0]).toBe(1);
  for (const [place, level] of levels.entries()) {
    expect(level).toBeLessThanOrEqual((levels[place - 1] ?? 0) + 1);
  }
  const tops = await page
    .locator("main h1, main h2, main h3, main p, main li, main tr")
    .evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().top)));
  expect(tops).toEqual([...tops].sort((first, second) => first - second));
  await page.context().close();
}

describe.each(LANGUAGES)("in $code", ({ code, direction }) => {
  it.each([320, 1100])(
    "every page is sound at %i pixels",
    async (width) => {
      for (const name of PAGES) {
        const reader = await read("provisional", `${code}/${name}`, { width });
        expect(await reader.page.evaluate(() => document.documentElement.dir)).toBe(direction);
        expect(await reader.page.evaluate(() => document.documentElement.lang)).toBe(code);
        await wellMade(reader);
      }
    },
    PATIENCE,
  );

  it(
    "the first page is sound, however far the result is",
    async () => {
      for (const site of SITES) {
        await wellMade(await read(site, `${code}/index.html`, { width: 320 }));
      }
    },
    PATIENCE,
  );
});

it("The page of languages leads to each.", async () => {
  const reader = await read("provisional", "index.html", { width: 320 });
  expect(await reader.page.locator("main a").count()).toBe(LANGUAGES.length);
  await reader.page.locator("main a[lang=fa]").click();
  expect(await reader.page.evaluate(() => document.documentElement.lang)).toBe("fa");
  await wellMade(await read("provisional", "index.html", { width: 320 }));
});

it("The same numbers of votes are drawn as bars, in the order of the answers, from where the language begins.", async () => {
  for (const [code, right] of [
    ["en", false],
    ["fa", true],
  ] as const) {
    const { page } = await read("provisional", `${code}/index.html`);
    const boxes = await page.locator(".question .chart:not(.regions) rect.certain").evaluateAll((all) =>
      all.map((one) => {
        const { left, right: end, width } = one.getBoundingClientRect();
        const parent = one.parentElement?.getBoundingClientRect();
        return {
          width,
          start: Math.abs(left - (parent?.left ?? 0)) < 1,
          end: Math.abs(end - (parent?.right ?? 0)) < 1,
        };
      }),
    );
    const table = await page
      .locator("tbody")
      .first()
      .locator("td:nth-child(2)")
      .evaluateAll((all) => all.length);
    expect(boxes).toHaveLength(table - 1);
    expect(boxes.every(({ start, end }) => (right ? end : start))).toBe(true);
    expect(boxes[0]?.width).toBeGreaterThan(boxes[1]?.width ?? 0);
    await page.context().close();
  }
});

// ── is this real? ─────────────────────────────────────────────────────────────────────────────────────────────────

async function answer(page: Page): Promise<string> {
  await page.locator("#found.good, #found.missing").waitFor();
  return (await page.locator("#found").textContent()) ?? "";
}

async function ask(page: Page, given: string): Promise<string> {
  await page.locator("#given").fill(given);
  await page.locator("#found").evaluate((found) => {
    found.setAttribute("class", "note");
  });
  await page.locator("#real button").click();
  return await answer(page);
}

async function show(page: Page, path: string): Promise<string> {
  await page.locator("#found").evaluate((found) => {
    found.setAttribute("class", "note");
  });
  await page.locator("#file").setInputFiles(path);
  return await answer(page);
}

/** A picture of a QR code, as somebody would photograph it from a screen. */
async function picture(page: Page, text: string): Promise<string> {
  const { data, size } = encode(text, { ecc: "M", border: 4 });
  const url = await page.evaluate(
    ({ rows, side }) => {
      const canvas = document.createElement("canvas");
      canvas.width = side * 6;
      canvas.height = side * 6;
      const context = canvas.getContext("2d");
      for (const [y, row] of rows.entries()) {
        for (const [x, dark] of row.entries()) {
          if (context !== null) {
            context.fillStyle = dark ? "#000" : "#fff";
            context.fillRect(x * 6, y * 6, 6, 6);
          }
        }
      }
      return canvas.toDataURL("image/png");
    },
    { rows: data, side: size },
  );
  const path = join(folder, `${createHash("sha256").update(text).digest("hex")}.png`);
  writeFileSync(path, Buffer.from(url.split(",")[1] ?? "", "base64"));
  return path;
}

it(
  "a ballot's tracker is found in each of its forms, with its place; another one is not",
  async () => {
    const { page, asked, complaints } = await read("provisional", "en/check.html");
    const ballot = Buffer.from(made.ballots[6] ?? "", "hex");
    const said = `number 7 of ${made.ballots.length}`;
    for (const form of [trackerOf(ballot), ballot.toString("hex"), ballot.toString("base64")]) {
      expect(await ask(page, form)).toContain(said);
    }
    expect(await show(page, await picture(page, trackerOf(ballot)))).toContain(said);
    const other = Buffer.from(ballot);
    other[31] = (other[31] ?? 0) ^ 1;
    expect(await ask(page, trackerOf(other))).toContain("This is not in the record");
    expect(await ask(page, "hello")).toContain("no whole number, no tracker");
    expect(new Set(asked.map((url) => url.split("/").at(-1)))).toEqual(new Set(["ballots-all.js"]));
    expect(complaints).toEqual([]);
    await sound(page, "main");
    await page.context().close();
  },
  PATIENCE,
);

it(
  "a number is found in the digits of every language, and one that does not stand in the result is not",
  async () => {
    const { page } = await read("provisional", "fa/check.html");
    const written = [...String(made.yes)].map((digit) => String.fromCodePoint(0x06f0 + Number(digit))).join("");
    expect(await ask(page, String(made.yes))).toContain("آری");
    expect(await ask(page, written)).toContain("آری");
    expect(await ask(page, "987654")).toContain("نیامده است");
    await page.context().close();
  },
  PATIENCE,
);

it(
  "a file is found if every byte is the same",
  async () => {
    const { page } = await read("provisional", "en/check.html");
    const charter = join(folder, "provisional", "data", "charter.json");
    expect(await show(page, charter)).toContain("byte for byte");
    const copy = join(folder, "copy.json");
    const bytes = readFileSync(charter);
    writeFileSync(copy, Buffer.concat([bytes, Buffer.from("\n")]));
    const digest = createHash("sha256").update(readFileSync(copy)).digest("hex");
    expect(await show(page, copy)).toContain(digest);
    await page.context().close();
  },
  PATIENCE,
);

it(
  "without the list of ballots nothing is said about a ballot",
  async () => {
    const [from, to] = ["data", "elsewhere"].map((name) => join(folder, "final", name));
    renameSync(from ?? "", to ?? "");
    const { page } = await read("final", "en/check.html");
    const file = join(folder, "something");
    writeFileSync(file, "something");
    try {
      expect(await ask(page, made.ballots[0] ?? "")).toContain("could not be loaded");
      const said = await show(page, file);
      expect(said).toContain("could not be loaded");
      expect(said).not.toContain("not part of the record");
    } finally {
      renameSync(to ?? "", from ?? "");
    }
    await page.context().close();
  },
  PATIENCE,
);

it(
  "a list that is something else ends as one that is not there",
  async () => {
    const list = join(folder, "final", "data", "ballots-all.js");
    const bytes = readFileSync(list);
    writeFileSync(list, "");
    const { page } = await read("final", "en/check.html");
    try {
      expect(await ask(page, made.ballots[0] ?? "")).toContain("could not be loaded");
    } finally {
      writeFileSync(list, bytes);
    }
    await page.context().close();
  },
  PATIENCE,
);

it(
  "without JavaScript the page says how to compare by eye",
  async () => {
    const { page } = await read("provisional", "en/check.html", { javaScriptEnabled: false });
    expect(await page.locator("#real").isVisible()).toBe(false);
    expect(await page.locator("noscript, .note").first().textContent()).toContain("sha256sum");
    expect(await page.locator(".prints tbody tr").count()).toBeGreaterThan(5);
    await page.context().close();
  },
  PATIENCE,
);
