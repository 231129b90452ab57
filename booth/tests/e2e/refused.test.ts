/** Boards that organisers, log and observers have signed, and that open no vote: the page says why, and goes no further. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Refusal } from "../../src/flow/model.ts";
import { english } from "../../src/text/en.ts";
import { persian } from "../../src/text/fa.ts";
import { REPOSITORY } from "../support/vectors.ts";
import { PATIENCE } from "./house.ts";
import { sound } from "./looks.ts";
import { browse, enter, Mirror, Site } from "./stage.ts";

const folder = mkdtempSync(join(tmpdir(), "psephos-refused-"));
const boards = JSON.parse(
  execFileSync(join(REPOSITORY, ".venv", "bin", "python"), ["-m", "tests.support.bad_openings", folder], {
    cwd: REPOSITORY,
    encoding: "utf8",
  }),
) as readonly (readonly [string, Refusal["reason"], string])[];
let browser: Browser;

beforeAll(async () => {
  browser = await browse();
}, PATIENCE);

afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

it.each(boards)(
  "%s is refused: %s",
  async (name, reason, message) => {
    const mirror = await Mirror.of(join(folder, name));
    const site = await Site.build("--board", mirror.url);
    for (const { code, text } of [english, persian]) {
      const { page, context, complaints } = await enter(browser, site.url, { locale: code, width: 320 });
      await page.getByRole("heading", { level: 1, name: text.refused.title }).waitFor();
      await page.getByText(text.refused[reason]).waitFor();
      await page.getByText(text.refused.lead).waitFor();
      await page.getByText(text.refused.detail).click();
      expect(await page.locator(".exact").textContent()).toContain(message);
      expect(await page.getByRole("button", { name: text.vote.begin, exact: true }).count()).toBe(0);
      await sound(page);
      expect(complaints).toEqual([]);
      await context.close();
    }
    await site.stop();
    await mirror.stop();
  },
  PATIENCE,
);
