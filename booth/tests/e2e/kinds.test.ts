/** Other kinds of votes: rehearsals, halves of credentials, several questions; closed, not open, too often. */

import { describe, expect, it } from "vitest";
import { english } from "../../src/text/en.ts";
import { persian } from "../../src/text/fa.ts";
import { House, PATIENCE } from "./house.ts";
import { sound } from "./looks.ts";

const { rejected, decide, refused, done, question, vote } = english.text;

describe("a rehearsal with two registrars and two questions", () => {
  const house = new House({ kind: "rehearsal", halves: true, questions: 2 });

  it(
    "is marked on every screen, adds halves in any order, and asks each question",
    async () => {
      const screens = await house.opened(persian, 320);
      const { page, words } = screens;
      await page.locator(".banner.rehearsal").waitFor();
      await sound(page);
      await screens.begin();
      const [first = "", second = ""] = house.letter(0);
      await screens.credential(first, first);
      await page.getByText(words.credential.same).waitFor();
      await sound(page);
      await screens.credential(second, first);
      await screens.choose(0, 0);
      await screens.press(words.page.next);
      await page.getByText(words.question.missing).waitFor();
      await screens.choose(0, 1);
      await screens.choose(2, 1);
      await sound(page);
      await screens.lock();
      await page.locator(".banner.rehearsal").waitFor();
      await screens.press(words.decide.cast);
      await screens.at(words.done.title);
      await page.locator(".banner.rehearsal").waitFor();
    },
    PATIENCE,
  );

  it(
    "takes a blank vote, and neither too many answers nor blank beside one",
    async () => {
      const screens = await house.opened();
      await screens.begin();
      await screens.credential(...house.letter(1));
      await screens.choose(2, 0);
      for (const answer of [0, 1, 2]) {
        await screens.choose(answer, 1);
      }
      await screens.press(screens.words.page.next);
      await screens.page.getByText(question.tooMany.replace("{max}", "2")).waitFor();
      for (const answer of [0, 1]) {
        await screens.page.locator(`#q1-${answer}`).uncheck();
      }
      await screens.page.locator("#q1-blank").check();
      await screens.press(screens.words.page.next);
      await screens.page.getByText(question.missing).waitFor();
      await screens.page.locator("#q1-2").uncheck();
      await screens.lock();
      await screens.press(decide.cast);
      await screens.at(done.title);
    },
    PATIENCE,
  );
});

describe("a vote that has not opened", () => {
  const house = new House({ opens_in: 3600, closes_in: 7200 });

  it(
    "takes no ballot, and the page says so before and after",
    async () => {
      const screens = await house.opened();
      expect(await screens.page.locator(".times").textContent()).toContain("Voting begins");
      await screens.toDecision(house.letter(0), 0);
      await screens.press(decide.cast);
      await screens.page.getByText(rejected.turn).waitFor();
      await sound(screens.page);
      expect(await screens.page.locator(".tick-mark").count()).toBe(0);
    },
    PATIENCE,
  );

  it(
    "is not called over because a device's clock is wrong",
    async () => {
      const screens = await house.arrive();
      await screens.page.clock.setFixedTime(Date.now() + 2 * 86_400_000);
      await screens.page.goto(house.site.url);
      const times = screens.page.locator(".times");
      await times.getByText(vote.over).waitFor();
      expect(await times.textContent()).toContain(vote.closes.split("{")[0]);
      expect(vote.over).toContain("If that clock is right");
      await sound(screens.page);
    },
    PATIENCE,
  );
});

describe("a vote that closes", () => {
  const house = new House({ closes_in: 25 });

  it(
    "takes no ballot that was cast after the close",
    async () => {
      const screens = await house.opened();
      await screens.toDecision(house.letter(0), 0);
      await expect
        .poll(async () => (await house.world.order<{ phase: string }>("health")).phase, { timeout: 60_000 })
        .toBe("closed");
      await screens.press(decide.cast);
      await screens.page.getByText(rejected.turn).waitFor();
      // Whoever comes now hears it before she types her credential.
      const late = await house.opened();
      await expect
        .poll(async () => {
          await late.page.reload();
          await late.page.locator(".compare").waitFor();
          return await late.page.getByText(vote.closed).count();
        })
        .toBe(1);
      await sound(late.page);
    },
    PATIENCE,
  );
});

describe("a vote with a rate", () => {
  const house = new House({ ballots_per_hour: 1 });

  it(
    "asks who votes too often to wait, and keeps her ballot",
    async () => {
      await (await house.opened()).vote(house.letter(0), 0);
      const screens = await house.opened();
      await screens.toDecision(house.letter(0), 1);
      await screens.press(decide.cast);
      await screens.page.getByText(rejected.often.split("{")[0] ?? "").waitFor();
      await sound(screens.page);
      expect(await screens.tracker()).toMatch(/^([A-Z2-7]{4}-){12}/);
    },
    PATIENCE,
  );
});

describe("a vote that a party has not accepted", () => {
  const house = new House({ accepted: false });

  it(
    "is not open, and the page says so",
    async () => {
      const screens = await house.arrive();
      await screens.page.goto(house.site.url);
      await screens.page.getByText(refused.acceptance).waitFor();
    },
    PATIENCE,
  );
});
