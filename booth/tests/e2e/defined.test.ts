/** A vote whose charter names a definition: each voter reads it in her language, and what follows from the count. */

import { expect, it } from "vitest";
import { english } from "../../src/text/en.ts";
import { persian } from "../../src/text/fa.ts";
import { french } from "../../src/text/fr.ts";
import { LANGUAGES } from "../../src/text/languages.ts";
import { House, PATIENCE } from "./house.ts";
import { sound } from "./looks.ts";

const house = new House({ kind: "rehearsal", defined: true });
const { refused } = english.text;

it(
  "title, question, answers, effects and rule are shown in the voter's language, and a vote is in the record",
  async () => {
    const screens = await house.opened(persian, 320);
    const { page, words } = screens;
    await page.locator(".banner.rehearsal").waitFor();
    expect(await page.locator("h1").textContent()).toBe("پل");
    const follows = page.locator(".follows");
    expect(await follows.textContent()).toContain("پیشنهاد پذیرفته می‌شود اگر");
    expect(await follows.textContent()).toContain("the council");
    expect(await page.locator("main").textContent()).not.toContain("Psephos definition");
    await page.getByText(words.vote.definition).click();
    expect(await follows.textContent()).toContain("no-fa.pdf");
    expect(await follows.textContent()).not.toContain("no-en.pdf");
    await sound(page);
    await screens.begin();
    await screens.credential(...house.letter(0));
    await screens.at(words.question.title);
    expect(await page.locator("legend").textContent()).toBe("پلی تازه ساخته شود؟");
    expect(await page.locator(".option").allInnerTexts()).toEqual(["آری", "نه", "سفید"]);
    await page.getByText(words.question.explanation).click();
    await page.getByText("نه: چیزی عوض نمی‌شود.").waitFor();
    await sound(page);
    await screens.choose(1);
    await screens.press(words.page.next);
    await screens.at(words.review.title);
    expect(await page.locator(".review").textContent()).toContain("نه");
    expect(await page.locator(".review").textContent()).not.toContain("Yes");
    await screens.press(words.review.confirm);
    await screens.at(words.decide.title);
    await screens.press(words.decide.cast);
    await screens.at(words.done.title);
  },
  PATIENCE,
);

it(
  "in every language of the page: its own words, or those of the original",
  async () => {
    const expected: { readonly [code: string]: string } = { fa: "پل", en: "The bridge", fr: "Le pont" };
    const screens = await house.opened(english, 1100);
    const { page } = screens;
    for (const { code } of LANGUAGES) {
      await page.locator("#language").selectOption(code);
      await expect.poll(() => page.locator("h1").textContent()).toBe(expected[code] ?? "پل");
      await sound(page);
    }
    await page.locator("#language").selectOption(french.code);
    expect(await page.locator(".follows").textContent()).toContain("1/4");
  },
  PATIENCE,
);

it(
  "a definition that was changed on the way is not the one that the observers have signed",
  async () => {
    const { board } = house.world.started;
    const screens = await house.arrive();
    await screens.page.route(`${board}tile/entries/**`, async (route) => {
      const reply = await route.fetch();
      const text = (await reply.body()).toString("latin1");
      await route.fulfill({ response: reply, body: Buffer.from(text.replace("the council", "the cabinet"), "latin1") });
    });
    await screens.page.goto(house.site.url);
    await screens.at(refused.title);
    await screens.page.getByText(refused.tree).waitFor();
    await sound(screens.page);
  },
  PATIENCE,
);
