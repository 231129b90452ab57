/** A vote on more than one device: tests of a device, ballots that travel, networks that fail. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { english } from "../../src/text/en.ts";
import { House, PATIENCE } from "./house.ts";
import { psephos, scanned, sound } from "./looks.ts";

const house = new House();

it(
  "a test of the device is checked by the command line and by another device, and a changed one is found out",
  async () => {
    const screens = await house.opened();
    const { words } = screens;
    await screens.toDecision(house.letter(5), 1);
    const seal = await screens.seal();
    await screens.press(words.decide.challenge);
    await screens.at(words.challenge.title);
    const file = await screens.saved(words.challenge.save);
    const path = join(house.site.folder, "psephos-test.json");
    writeFileSync(path, file);
    expect(psephos("voter", "check-challenge", path, "--commitment", seal)).toContain("No");
    const other = await house.opened();
    await other.press(words.vote.check);
    await other.page.locator("#test-file").setInputFiles(path);
    await other.page.getByText(words.check.good).waitFor();
    expect(await other.page.locator(".review").textContent()).toContain("No");
    expect(await other.seal()).toBe(seal);
    await sound(other.page);
    writeFileSync(path, file.toString().replace('"choice":[[0,1,0]]', '"choice":[[1,0,0]]'));
    await other.page.locator("#test-file").setInputFiles(path);
    await other.page.locator("main").getByText(words.check.failedBody).waitFor();
    await other.page.locator("[role=status]", { hasText: words.check.failedBody }).waitFor();
    expect(() => psephos("voter", "check-challenge", path)).toThrow();
  },
  PATIENCE,
);

it(
  "a cast ballot waits, travels as file or code, and is handed in elsewhere",
  async () => {
    const screens = await house.opened(english, 1100);
    const { page, words } = screens;
    await screens.toDecision(house.letter(6), 0);
    const seal = await screens.seal();
    await page.route("**/ballot", (route) => route.abort());
    await screens.press(words.decide.cast);
    await screens.at(words.unsent.title);
    await sound(page);
    expect((await screens.saved(words.unsent.save)).toString()).toContain(`"hash":"${seal}"`);
    await page.getByText(words.unsent.qr).click();
    const code = await scanned(page, ".qr.large");
    expect(code).toMatch(/^psephos-ballot\/1:/);
    const tracker = await screens.tracker();

    const other = await house.opened();
    await other.press(words.vote.handIn);
    await other.page.locator("#ballot-text").fill("{}");
    await other.press(words.handIn.send);
    await other.page.getByText(words.handIn.bad).waitFor();
    await other.page.locator("#ballot-text").fill(code);
    await other.page.route("**/ballot", (route) => route.abort());
    await other.press(words.handIn.send);
    await other.at(words.brought.unsent);
    await other.page.getByText(words.brought.note).waitFor();
    await sound(other.page);
    await other.page.unroute("**/ballot");
    await other.at(words.brought.done);
    expect(await other.tracker()).toBe(tracker);
    // Whoever hands in somebody's ballot is not told that she has voted: no tick, and no word of it.
    const said = (await other.page.locator("#booth").textContent()) ?? "";
    expect(said).toContain(words.brought.end);
    expect(said).not.toContain(words.done.end);
    expect(said).not.toContain(words.done.title);
    expect(await other.page.locator(".tick-mark").count()).toBe(0);
    await sound(other.page);
    expect(await other.seal()).toBe(seal);
    await other.page.getByText(words.done.sealBrought).waitFor();

    // The first device comes back, and the same ballot is one ballot.
    const place = await other.page.locator(".value", { hasText: words.done.place }).textContent();
    await page.unroute("**/ballot");
    await screens.at(words.done.title);
    await page.getByText(words.done.end).waitFor();
    expect(await page.locator(".value", { hasText: words.done.place }).textContent()).toBe(place);
  },
  PATIENCE,
);

it(
  "a ballot that nobody took is handed in when the board answers again, though the browser never lost its network",
  async () => {
    const screens = await house.opened();
    const { page, words } = screens;
    await page.evaluate(() => window.addEventListener("online", () => document.body.append("online")));
    let posts = 0;
    page.on("request", (request) => {
      posts += request.method() === "POST" ? 1 : 0;
    });
    await screens.toDecision(house.letter(7), 0);
    await page.route(`${house.world.started.board}**`, (route) => route.abort());
    const region = page.locator("[role=status]");
    await region.evaluate((element) => element.setAttribute("data-same", ""));
    await screens.press(words.decide.cast);
    await screens.at(words.sending.title);
    // What is new is read out by one region that stays, and the focus stays where it is.
    await page.getByRole("button", { name: words.page.leave }).focus();
    await region.filter({ hasText: words.sending.body.replace("{attempt}", "3") }).waitFor();
    expect(await page.locator("[role=status][data-same]").count()).toBe(1);
    // Nor need she wait for the last attempt.
    expect((await screens.saved(words.unsent.save)).toString()).toContain("signature");
    await page.getByRole("button", { name: words.page.leave }).focus();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(words.page.leave);
    await screens.at(words.unsent.title);
    expect(await region.textContent()).toBe("");
    const before = posts;
    await page.getByText(words.unsent.qr).click();
    await expect.poll(() => posts, { timeout: 20_000 }).toBeGreaterThan(before);
    // Who lets another device read the code meanwhile is not disturbed.
    expect(await page.locator(".qr.large").isVisible()).toBe(true);
    await page.route("**/ballot", (route) => route.fulfill({ status: 503 }));
    await expect.poll(() => posts, { timeout: 30_000 }).toBeGreaterThan(before + 1);
    await screens.at(words.unsent.title);
    await page.unrouteAll();
    await screens.at(words.done.title);
    expect(await page.locator("body").textContent()).not.toContain("online");
  },
  PATIENCE,
);

it(
  "a page that stumbles while it hands a ballot in says so, and the ballot can be taken away and handed in again",
  async () => {
    const screens = await house.opened(english, 320);
    const { page, words } = screens;
    await screens.toDecision(house.letter(7), 0);
    await page.evaluate(() => {
      const real = window.setTimeout;
      window.setTimeout = ((work: () => void, after: number): number => {
        if (after > 60_000) {
          return real(work, after); // for the signature, which comes before
        }
        window.setTimeout = real;
        throw new Error("no timer");
      }) as unknown as typeof setTimeout;
    });
    await screens.press(words.decide.cast);
    await screens.at(words.unsent.stumbledTitle);
    await sound(page);
    await page.getByText(words.fault.detail).click();
    await page.getByText("no timer").waitFor();
    expect((await screens.saved(words.unsent.save)).toString()).toContain("signature");
    await screens.press(words.page.retry);
    await screens.at(words.done.title);
  },
  PATIENCE,
);

it(
  "a ballot is handed in again from its receipt alone, and is one ballot",
  async () => {
    const screens = await house.opened();
    const { words } = screens;
    const tracker = await screens.vote(house.letter(4), 0);
    const seal = await screens.seal();
    const placeOf = async (one: typeof screens): Promise<string | null> =>
      await one.page.locator(".value", { hasText: words.done.place }).textContent();
    const path = join(house.site.folder, "kept.tlog-proof");
    writeFileSync(path, await screens.saved(words.done.receiptSave));

    const other = await house.opened();
    await other.press(words.vote.handIn);
    await other.press(words.handIn.send);
    await other.page.getByText(words.handIn.missing).waitFor();
    await other.page.locator("#ballot-file").setInputFiles(path);
    await other.press(words.handIn.send);
    await other.at(words.brought.done);
    expect([await other.tracker(), await other.seal()]).toEqual([tracker, seal]);
    expect(await placeOf(other)).toBe(await placeOf(screens));
  },
  PATIENCE,
);

it(
  "an answer that is lost is asked for again",
  async () => {
    const screens = await house.opened();
    const { page, words } = screens;
    let lost = 0;
    await page.route("**/ballot", async (route) => {
      if (lost++ === 0) {
        await route.fetch();
        await route.abort();
      } else {
        await route.continue();
      }
    });
    await screens.vote(house.letter(6), 1);
    expect(lost).toBeGreaterThan(1);
    await screens.at(words.done.title);
  },
  PATIENCE,
);

it(
  "before the vote was read the page says that it cannot, and goes on when the network is back",
  async () => {
    const screens = await house.arrive();
    const { page, words } = screens;
    await page.route("**/checkpoint*", (route) => route.abort());
    await page.goto(house.site.url);
    await screens.at(words.refused.title);
    await page.getByText(words.refused.network).waitFor();
    await sound(page);
    await page.unroute("**/checkpoint*");
    await screens.press(words.page.retry);
    await page.locator(".compare").waitFor();
  },
  PATIENCE,
);

it(
  "a device that signs another ballot than the one whose seal it showed is found out, and nothing is sent",
  async () => {
    const screens = await house.arrive();
    const { page, words } = screens;
    const sent: string[] = [];
    page.on("request", (request) => sent.push(request.method()));
    await page.addInitScript(() => {
      const Real = window.Worker;
      window.Worker = class extends Real {
        #locked: object = {};

        override postMessage(asked: { readonly ask: string }): void {
          if (asked.ask === "encrypt") {
            this.#locked = asked;
          } else if (asked.ask === "cast") {
            super.postMessage({ ...this.#locked, id: 0 });
          }
          super.postMessage(asked);
        }
      };
    });
    await page.goto(house.site.url);
    await page.locator(".compare").waitFor();
    await screens.toDecision(house.letter(7), 0);
    await screens.press(words.decide.cast);
    await screens.at(words.fault.title);
    await page.getByText(words.fault.detail).click();
    await page.getByText("not the one whose seal was shown").waitFor();
    await sound(page);
    expect(sent).not.toContain("POST");
  },
  PATIENCE,
);
