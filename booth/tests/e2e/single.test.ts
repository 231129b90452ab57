/** The page as one file, from disk, without any network: the ballot leaves as a file and is handed in elsewhere. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { persian } from "../../src/text/fa.ts";
import { House, PATIENCE } from "./house.ts";
import { sound } from "./looks.ts";

const house = new House();
const SCRIPT = join(import.meta.dirname, "..", "..", "scripts", "build.mjs");

function single(): string {
  const { board, charter } = house.world.started;
  const words = ["--out", house.site.folder, "--board", board, "--single", board, "--charter", charter];
  execFileSync(process.execPath, [SCRIPT, ...words]);
  return join(house.site.folder, "psephos-booth.html");
}

it(
  "one file checks the vote, casts a ballot without a network, and the ballot is handed in elsewhere",
  async () => {
    const path = single();
    const first = readFileSync(path);
    expect(readFileSync(single()).equals(first)).toBe(true);
    const screens = await house.arrive(persian, 390);
    const { page, words } = screens;
    await page.context().setOffline(true);
    await page.goto(pathToFileURL(path).href);
    await page.locator(".compare").waitFor();
    await sound(page);
    await screens.toDecision(house.letter(0), 1);
    const seal = await screens.seal();
    await screens.press(words.decide.cast);
    await screens.at(words.unsent.title);
    await sound(page);
    const ballot = await screens.saved(words.unsent.save);
    expect(ballot.toString()).toContain(`"hash":"${seal}"`);
    const other = await house.opened();
    await other.press(other.words.vote.handIn);
    await other.page.locator("#ballot-file").setInputFiles({
      name: "psephos-ballot.json",
      mimeType: "application/json",
      buffer: ballot,
    });
    await other.press(other.words.handIn.send);
    await other.at(other.words.brought.done);
    expect(await other.tracker()).toBe(await screens.tracker());
  },
  PATIENCE,
);

it(
  "one file with a network hands its ballot in by itself, and sees it become final",
  async () => {
    const screens = await house.arrive();
    await screens.page.goto(pathToFileURL(single()).href);
    await screens.page.locator(".compare").waitFor();
    await screens.vote(house.letter(1), 0);
    await screens.at(screens.words.done.title);
  },
  PATIENCE,
);
