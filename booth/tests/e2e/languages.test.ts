/** Every screen in every language, narrow and wide: nothing that axe knows is wrong with it. */

import { describe, expect, it } from "vitest";
import { LANGUAGES } from "../../src/text/languages.ts";
import { House, PATIENCE } from "./house.ts";
import { sound } from "./looks.ts";

const house = new House();

describe.each(LANGUAGES)("in $code", (language) => {
  it.each([320, 1100])(
    "every screen of a vote is sound at %i pixels, and the vote is in the record",
    async (width) => {
      const screens = await house.opened(language, width);
      const { page, words } = screens;
      await sound(page);
      await screens.begin();
      await screens.credential("abc");
      await page.locator("#credential-0-error").filter({ hasText: /./ }).waitFor();
      await sound(page);
      await screens.credential(...house.letter(0));
      await screens.choose(1);
      await sound(page);
      await screens.press(words.page.next);
      await screens.at(words.review.title);
      await sound(page);
      await screens.press(words.review.confirm);
      await screens.at(words.decide.title);
      await sound(page);
      await screens.press(words.decide.challenge);
      await screens.at(words.challenge.title);
      await sound(page);
      await screens.press(words.challenge.again);
      await screens.choose(0);
      await screens.lock();
      const seal = await screens.seal();
      await screens.press(words.decide.cast);
      await screens.at(words.done.title);
      expect(await screens.seal()).toBe(seal);
      await sound(page);
      expect(await page.locator(".tick-mark").count()).toBe(1);
      expect(await page.evaluate(() => document.documentElement.dir)).toBe(language.direction);
    },
    PATIENCE,
  );

  it(
    "the screens beside the way are sound",
    async () => {
      const screens = await house.opened(language, 320);
      const { page, words } = screens;
      for (const [button, title] of [
        [words.vote.find, words.find.title],
        [words.vote.handIn, words.handIn.title],
        [words.vote.check, words.check.title],
      ] as const) {
        await screens.press(button);
        await screens.at(title);
        await sound(page);
        await screens.press(words.page.back);
        await page.locator(".compare").waitFor();
      }
    },
    PATIENCE,
  );
});
