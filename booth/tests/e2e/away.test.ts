/** The board goes away: an observer's relay holds the ballot, or a standby log goes on by the observers' decision. */

import { describe, expect, it } from "vitest";
import { english } from "../../src/text/en.ts";
import { persian } from "../../src/text/fa.ts";
import { House, PATIENCE } from "./house.ts";
import { sound } from "./looks.ts";
import type { Screens } from "./screens.ts";
import { Site } from "./stage.ts";

const { decide, done, refused, relayed } = english.text;

async function locked(screens: Screens, letter: readonly string[], answer = 0): Promise<void> {
  await screens.begin();
  await screens.credential(...letter);
  await screens.choose(answer);
  await screens.lock();
}

describe("an observer relays", () => {
  const house = new House();

  it(
    "a ballot that cannot be brought to the board is held, shown as not yet in the record, and becomes final by itself",
    async () => {
      const relay = await house.world.order<string>("relay");
      const site = await Site.build("--board", house.world.started.board, "--relay", relay);
      const direct = await house.opened(english, 1100, site.url);
      await direct.page.route(`${house.world.started.board}ballot`, (route) => route.abort());
      // The voter's way to the board is cut, and the observer's is not.
      await direct.vote(house.letter(0), 0);

      const screens = await house.opened(persian, 320, site.url);
      const { page, words } = screens;
      await locked(screens, house.letter(1), 1);
      await house.world.order("stop");
      await screens.press(words.decide.cast);
      await screens.at(words.relayed.title);
      await sound(page);
      expect(await page.locator(".tick-mark").count()).toBe(0);
      await page.getByText(words.page.notVoted).waitFor();
      expect(await page.locator(".note").textContent()).toContain("relay.example/r");
      const word = (await screens.saved(words.relayed.save)).toString();
      expect(word).toMatch(/^psephos\/relayed\/1\n[0-9a-f]{64}\n[0-9a-f]{64}\n[0-9]+\n\n— relay\.example\/r /);
      const tracker = await screens.tracker();
      // The page asks again and again, and takes nothing from under a hand or a reader meanwhile.
      let asked = 0;
      page.on("request", (request) => {
        asked += request.method() === "POST" && request.url().startsWith(relay) ? 1 : 0;
      });
      const save = page.getByRole("button", { name: words.relayed.save });
      await save.focus();
      await save.evaluate((button) => button.setAttribute("data-same", ""));
      await expect.poll(() => asked, { timeout: 30_000 }).toBeGreaterThan(2);
      expect(await page.evaluate(() => document.activeElement?.hasAttribute("data-same"))).toBe(true);
      // The relay may hold it back: the ballot can leave the page from here as well.
      expect((await screens.saved(words.unsent.save)).toString()).toContain("signature");
      await page.getByText(words.unsent.qr).click();
      expect(await page.locator(".qr.large").isVisible()).toBe(true);
      await page.goBack();
      await screens.at(words.relayed.title);
      await house.world.order("start");
      await screens.at(words.done.title);
      expect(await screens.tracker()).toBe(tracker);
      await site.stop();
    },
    PATIENCE,
  );

  it(
    "a relay that says something else than that it has this ballot is not believed",
    async () => {
      const relay = "http://127.0.0.1:9/";
      const site = await Site.build("--board", house.world.started.board, "--relay", relay);
      const screens = await house.opened(english, 1100, site.url);
      const { page, words } = screens;
      await page.route(`${house.world.started.board}ballot`, (route) => route.abort());
      await page.route(`${relay}ballot`, (route) =>
        route.fulfill({ status: 202, body: "received, thank you", headers: { "Access-Control-Allow-Origin": "*" } }),
      );
      await locked(screens, house.letter(2));
      await screens.press(decide.cast);
      await screens.at(words.unsent.title);
      expect(await page.getByText(relayed.title).count()).toBe(0);
      await site.stop();
    },
    PATIENCE,
  );
});

describe("a standby log goes on", () => {
  const house = new House();

  it(
    "the page votes there once the observers have decided, not before, and a ballot that was under way follows",
    async () => {
      const { board } = house.world.started;
      const before = await house.opened();
      await before.vote(house.letter(0), 0);
      const standby = await house.world.order<string>("standby");
      const site = await Site.build("--board", board, "--board", standby, "--charter", house.world.started.charter);
      const screens = await house.opened(english, 1100, site.url);
      await locked(screens, house.letter(1), 1);
      await house.world.order("stop");

      // Nobody has decided anything: a page that finds only the standby refuses, and the ballot waits.
      const early = await house.arrive();
      await early.page.goto(site.url);
      await early.at(refused.title);
      const alone = await Site.build("--board", standby);
      await early.page.goto(alone.url);
      await early.page.getByText(refused.standby).waitFor();
      await sound(early.page);
      await screens.press(decide.cast);
      await screens.at(english.text.unsent.title);

      const name = await house.world.order<string>("succeed");
      await screens.page.evaluate(() => window.dispatchEvent(new Event("online")));
      await screens.at(done.title);

      const after = await house.opened(persian, 320, site.url);
      expect(await after.page.locator(".checks").textContent()).toContain(name);
      await sound(after.page);
      const tracker = await after.vote(house.letter(2), 2);
      expect(tracker).toMatch(/^([A-Z2-7]{4}-){12}/);

      // The old board comes back, in whoever's hands: the decision stands.
      await house.world.order("start");
      const later = await house.opened(english, 1100, site.url);
      expect(await later.page.locator(".checks").textContent()).toContain(name);
      const posts: string[] = [];
      later.page.on("request", (request) => {
        if (request.method() === "POST") {
          posts.push(request.url());
        }
      });
      await later.vote(house.letter(3), 0);
      expect(posts).toEqual([`${standby}ballot`]);
      await Promise.all([site.stop(), alone.stop()]);
    },
    PATIENCE,
  );
});
