/** What a voter does on the page, step by step, by roles and words as she finds them. */

import type { Download, Page } from "playwright-core";
import type { Language } from "../../src/text/language.ts";

export class Screens {
  readonly page: Page;
  readonly words: Language["text"];

  constructor(page: Page, language: Language) {
    this.page = page;
    this.words = language.text;
  }

  async press(name: string): Promise<void> {
    await this.page.getByRole("button", { name, exact: true }).click();
  }

  /** Wait for a screen by its heading. */
  async at(title: string): Promise<void> {
    await this.page.getByRole("heading", { level: 1, name: title }).waitFor({ timeout: 30_000 });
  }

  async begin(): Promise<void> {
    await this.press(this.words.vote.begin);
    await this.at(this.words.credential.title);
  }

  async credential(...halves: readonly string[]): Promise<void> {
    for (const [index, half] of halves.entries()) {
      await this.page.locator(`#credential-${index}`).fill(half);
    }
    await this.press(this.words.page.next);
  }

  async choose(answer: number, question = 0): Promise<void> {
    await this.at(this.words.question.title);
    await this.page.locator(`#q${question}-${answer}`).check();
  }

  /** From the answer to the decision. */
  async lock(): Promise<void> {
    await this.press(this.words.page.next);
    await this.at(this.words.review.title);
    await this.press(this.words.review.confirm);
    await this.at(this.words.decide.title);
  }

  async seal(): Promise<string> {
    return (await this.page.locator(".seal").textContent()) ?? "";
  }

  async tracker(): Promise<string> {
    return ((await this.page.locator(".tracker .grouped").textContent()) ?? "").replace(/\s/g, "");
  }

  /** From the vote to the decision between testing and casting. */
  async toDecision(letter: readonly string[], answer: number): Promise<void> {
    await this.begin();
    await this.credential(...letter);
    await this.choose(answer);
    await this.lock();
  }

  /** A whole vote. */
  async vote(letter: readonly string[], answer: number): Promise<string> {
    await this.toDecision(letter, answer);
    await this.press(this.words.decide.cast);
    await this.at(this.words.done.title);
    return await this.tracker();
  }

  /** The file that a button gives. */
  async saved(name: string): Promise<Buffer> {
    const [download] = await Promise.all([this.page.waitForEvent("download"), this.press(name)]);
    return await contentOf(download);
  }
}

async function contentOf(download: Download): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
