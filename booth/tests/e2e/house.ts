/** A referendum, the page and a browser for the tests of one file. */

import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { english } from "../../src/text/en.ts";
import type { Language } from "../../src/text/language.ts";
import { Screens } from "./screens.ts";
import { browse, enter, type Order, Site, type Voter, World } from "./stage.ts";

export const PATIENCE = 120_000;

export class House {
  browser!: Browser;
  world!: World;
  site!: Site;
  #voters: Voter[] = [];

  /** Set up before the tests of a file or a group, and take down after them. */
  constructor(order: Order = {}) {
    beforeAll(async () => {
      [this.browser, this.world] = await Promise.all([browse(), World.start(order)]);
      this.site = await Site.build("--board", this.world.started.board);
    }, PATIENCE);
    afterEach(async () => {
      const complaints = this.#voters.flatMap((voter) => voter.complaints);
      await Promise.all(this.#voters.map(({ context }) => context.close()));
      this.#voters = [];
      expect(complaints).toEqual([]);
    });
    afterAll(async () => {
      await Promise.all([this.browser.close(), this.site.stop(), this.world.stop()]);
    }, PATIENCE);
  }

  letter(voter: number): readonly string[] {
    return this.world.started.letters[voter] ?? [];
  }

  /** A voter who has not opened the page yet. */
  async arrive(language: Language = english, width = 1100): Promise<Screens> {
    const voter = await enter(this.browser, "about:blank", { locale: language.code, width });
    this.#voters.push(voter);
    return new Screens(voter.page, language);
  }

  /** A voter before the vote. */
  async opened(language: Language = english, width = 1100, url = this.site.url): Promise<Screens> {
    const screens = await this.arrive(language, width);
    await screens.page.goto(url);
    await screens.page.locator(".compare").waitFor({ timeout: 30_000 });
    return screens;
  }
}
