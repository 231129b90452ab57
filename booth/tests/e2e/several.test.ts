/** More than one of something: tabs, places to look, cuts of the network. */

import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { english } from "../../src/text/en.ts";
import { House, PATIENCE } from "./house.ts";
import { sound } from "./looks.ts";
import { Screens } from "./screens.ts";
import { Mirror, Site } from "./stage.ts";

const house = new House();
const { answer, done, find, page: words, unsent, vote, waiting } = english.text;

/** Where a ballot stands, as its last screen says. */
async function placeOf(page: Page): Promise<number> {
  const text = (await page.locator(".value", { hasText: done.place }).textContent()) ?? "";
  return Number(/[0-9]+/.exec(text)?.[0]);
}

it(
  "two tabs of one voter know nothing of each other, and the one that casts last stands last in the record",
  async () => {
    const first = await house.opened();
    const second = new Screens(await first.page.context().newPage(), english);
    await second.page.goto(house.site.url);
    await second.page.locator(".compare").waitFor();
    for (const [tab, answered] of [
      [first, 0],
      [second, 1],
    ] as const) {
      await tab.begin();
      await tab.credential(...house.letter(0));
      await tab.choose(answered);
      await tab.lock();
    }
    expect(await second.seal()).not.toBe(await first.seal());
    await second.press(english.text.decide.cast);
    await second.at(done.title);
    // The other tab still has its own ballot, and casts it as it was locked.
    const seal = await first.seal();
    await first.press(english.text.decide.cast);
    await first.at(done.title);
    expect(await first.seal()).toBe(seal);
    expect(await first.tracker()).not.toBe(await second.tracker());
    expect(await placeOf(first.page)).toBeGreaterThan(await placeOf(second.page));
    await second.press(words.leave);
    await first.at(done.title);
    expect(await first.page.locator(".tick-mark").count()).toBe(1);
  },
  PATIENCE,
);

/** Asks a page for a tracker at one of its places, again and again until the answer is this one. */
async function lookUp(screens: Screens, tracker: string, place: string, title: string): Promise<void> {
  const { page } = screens;
  await screens.press(vote.find);
  for (let attempt = 0; attempt < 30; attempt++) {
    await page.locator("#tracker").fill(tracker);
    await page.locator("#board").selectOption(place);
    await screens.press(find.ask);
    await page
      .getByRole("heading", { level: 1 })
      .filter({ hasNotText: /Looking|Is my vote/ })
      .waitFor();
    if ((await page.getByRole("heading", { level: 1 }).textContent()) === title) {
      return;
    }
    await screens.press(answer.again);
    await page.waitForTimeout(500);
  }
  throw new Error(`never: ${title}`);
}

it(
  "a vote is looked up at a second place, which alone is asked, and the page opens there when the first is away",
  async () => {
    const { board, files } = house.world.started;
    const mirror = await Mirror.of(files);
    const site = await Site.build("--board", board, "--board", mirror.url);
    const screens = await house.opened(english, 1100, site.url);
    const tracker = await screens.vote(house.letter(1), 2);

    const reader = await house.opened(english, 320, site.url);
    const asked: string[] = [];
    reader.page.on("request", (request) => asked.push(request.url()));
    await lookUp(reader, tracker, mirror.url, answer.inTitle);
    await sound(reader.page);
    expect(asked.length).toBeGreaterThan(2);
    expect(asked.filter((address) => !address.startsWith(mirror.url))).toEqual([]);

    const cut = await house.arrive();
    await cut.page.route(`${board}**`, (route) => route.abort());
    await cut.page.goto(site.url);
    await cut.page.locator(".compare").waitFor();
    await lookUp(cut, tracker, board, answer.unavailableTitle);
    await sound(cut.page);
    await cut.press(answer.again);
    await cut.page.goBack();
    await cut.page.locator(".compare").waitFor();
    await lookUp(cut, tracker, mirror.url, answer.inTitle);
    await Promise.all([site.stop(), mirror.stop()]);
  },
  PATIENCE,
);

it(
  "the network may be cut at each step: what needs none goes on, what needs it waits, and nothing is lost or doubled",
  async () => {
    const screens = await house.opened();
    const { page } = screens;
    const context = page.context();
    const posts: string[] = [];
    page.on("request", (request) => {
      if (request.method() === "POST") {
        posts.push(request.postData() ?? "");
      }
    });
    await context.setOffline(true);
    await screens.toDecision(house.letter(2), 0);
    await screens.press(english.text.decide.challenge);
    await screens.at(english.text.challenge.title);
    await screens.press(english.text.challenge.again);
    await screens.choose(1);
    await screens.lock();
    const seal = await screens.seal();
    await screens.press(english.text.decide.cast);
    await screens.at(unsent.title);
    await page.goBack();
    await screens.at(unsent.title);
    const tracker = await screens.tracker();

    // Back for the ballot, and away again before the observers have said anything.
    await page.route(/checkpoint/, (route) => route.abort());
    await context.setOffline(false);
    await screens.at(waiting.title);
    await page.goBack();
    await screens.at(waiting.title);
    await context.setOffline(true);
    await page.waitForTimeout(3000);
    await screens.at(waiting.title);
    expect(await page.locator(".tick-mark").count()).toBe(0);
    await context.setOffline(false);
    await page.unroute(/checkpoint/);
    await screens.at(done.title);
    expect(await screens.tracker()).toBe(tracker);
    expect(await screens.seal()).toBe(seal);
    expect(new Set(posts).size).toBe(1);

    const reader = await house.opened();
    await reader.page.context().setOffline(true);
    await reader.press(vote.find);
    await reader.page.locator("#tracker").fill(tracker);
    await reader.press(find.ask);
    await reader.at(answer.unavailableTitle);
  },
  PATIENCE,
);
