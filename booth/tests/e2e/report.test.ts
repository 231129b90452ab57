/** The verifier's report in a browser: from a disk, in every language, narrow and wide, asking nobody for anything. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LANGUAGES } from "../../src/text/languages.ts";
import { PATIENCE } from "./house.ts";
import { sound } from "./looks.ts";
import { browse } from "./stage.ts";

const REPOSITORY = join(import.meta.dirname, "..", "..", "..");
const SECTIONS = 10;

let folder = "";
let browser: Browser;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "psephos-report-"));
  const python = join(REPOSITORY, ".venv", "bin", "python");
  execFileSync(python, ["-m", "tests.e2e.reports", folder], { cwd: REPOSITORY, stdio: "ignore" });
  browser = await browse();
}, 3 * PATIENCE);

afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

describe.each(LANGUAGES)("in $code", ({ code, direction }) => {
  it.each([
    ["done", 320],
    ["done", 1100],
    ["voting", 320],
  ] as const)(
    "the report “%s” is sound at %i pixels",
    async (name, width) => {
      const context = await browser.newContext({ viewport: { width, height: 900 } });
      const page = await context.newPage();
      const asked: string[] = [];
      page.on("request", (request) => asked.push(request.url()));
      const url = pathToFileURL(join(folder, name, `report.${code}.html`)).href;
      await page.goto(url);
      await sound(page, "main");
      expect(asked.filter((one) => one !== url && !one.startsWith("data:"))).toEqual([]);
      expect(await page.evaluate(() => [document.documentElement.dir, document.documentElement.lang])).toEqual([
        direction,
        code,
      ]);
      expect(await page.locator("main > section").count()).toBe(SECTIONS);
      const links = await page.locator("nav a").evaluateAll((all) => all.map((one) => one.getAttribute("href")));
      const places = await page.locator("main > section").evaluateAll((all) => all.map((one) => `#${one.id}`));
      expect(links).toEqual(places);
      const tops = await page
        .locator("main h2, main h3, main p, main li, main tr")
        .evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().top)));
      expect(tops).toEqual([...tops].sort((first, second) => first - second));
      await context.close();
    },
    PATIENCE,
  );
});
