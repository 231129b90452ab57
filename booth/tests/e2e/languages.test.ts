/** Every screen in every language, narrow and wide: nothing that axe knows is wrong with it. */

import type { Page } from "playwright-core";
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

describe.each(LANGUAGES)("in $code, while something is under way", (language) => {
  it(
    "the screens of what is under way are sound, and that of a fault",
    async () => {
      const screens = await house.arrive(language, 320);
      const { page, words } = screens;
      await page.addInitScript(failing);
      const goOn = await held(page, "**/checkpoint");
      await page.goto(house.site.url);
      await screens.at(words.reading.title);
      await sound(page);
      goOn();
      await page.locator(".compare").waitFor();

      await screens.begin();
      await screens.credential(...house.letter(1));
      await screens.choose(1);
      await screens.press(words.page.next);
      await screens.press(words.review.confirm);
      await screens.at(words.fault.title);
      await page.getByText(words.fault.detail).click();
      await sound(page);
      await screens.press(words.page.start);
      await page.locator(".compare").waitFor();

      await screens.toDecision(house.letter(1), 1);
      const take = await held(page, "**/ballot");
      await screens.press(words.decide.cast);
      await screens.at(words.sending.title);
      await sound(page);
      take();
      await screens.at(words.done.title);

      const reader = await house.opened(language, 320);
      await reader.press(words.vote.find);
      await reader.page.locator("#tracker").fill("AAAA-".repeat(13));
      const look = await held(reader.page, "**/checkpoint");
      await reader.press(words.find.ask);
      await reader.at(words.looking.title);
      await sound(reader.page);
      look();
      await reader.at(words.answer.outTitle);
      await sound(reader.page);
    },
    PATIENCE,
  );
});

/** Holds requests back; the answer lets them go. */
async function held(page: Page, address: string): Promise<() => void> {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route(address, async (route) => {
    await released;
    await route.continue();
  });
  return () => release();
}

/** In the page: the worker's first encryption fails, as where the device has made a mistake. */
function failing(): void {
  const { postMessage } = Worker.prototype;
  let failed = false;
  Worker.prototype.postMessage = function (this: Worker, asked: { readonly id: number; readonly ask: string }): void {
    if (asked.ask === "encrypt" && !failed) {
      failed = true;
      const data = { id: asked.id, error: "a proof that was made does not hold" };
      setTimeout(() => this.onmessage?.(new MessageEvent("message", { data })));
    } else {
      postMessage.call(this, asked);
    }
  } as typeof postMessage;
}
