/** A vote, from the letter to the record: what voters do, and what they do by mistake. */

import { expect, it } from "vitest";
import { readReceipt } from "../../src/board/proof.ts";
import { House, PATIENCE } from "./house.ts";
import { scanned } from "./looks.ts";

const house = new House();

it(
  "a vote is found by its tracker, which the QR code says, and no screen shows tracker and choice together",
  async () => {
    const screens = await house.opened();
    const { page, words } = screens;
    const before = await page.title();
    const tracker = await screens.vote(house.letter(1), 0);
    expect(await scanned(page, ".tracker svg")).toBe(tracker);
    expect(await page.locator("main").textContent()).not.toContain("Yes");
    // What histories and lists of open pages keep is the same as before the vote.
    const after = await page.title();
    expect(after).toMatch(/ · Psephos$/);
    expect(after).not.toContain(words.done.title);
    expect(after).toBe(before);
    const other = await house.opened();
    await expect
      .poll(
        async () => {
          await other.page.goto(house.site.url);
          await other.press(words.vote.find);
          await other.page.locator("#tracker").fill(tracker.toLowerCase().replaceAll("-", " "));
          await other.press(words.find.ask);
          await other.page.getByRole("heading", { level: 1 }).filter({ hasNotText: words.looking.title }).waitFor();
          return await other.page.getByRole("heading", { level: 1 }).textContent();
        },
        { timeout: 60_000, interval: 1000 },
      )
      .toBe(words.answer.inTitle);
  },
  PATIENCE,
);

it(
  "a vote gives a receipt only when asked, which the command line accepts",
  async () => {
    const screens = await house.opened();
    await screens.vote(house.letter(1), 2);
    const receipt = await screens.saved(screens.words.done.receiptSave);
    const { index, extra } = readReceipt(receipt);
    expect(Number(index)).toBeGreaterThan(5);
    expect(new TextDecoder().decode(extra)).toContain('"signature"');
  },
  PATIENCE,
);

it(
  "a vote twice by one voter is two ballots, of which the page says that the later counts",
  async () => {
    const first = await (await house.opened()).vote(house.letter(2), 0);
    const screens = await house.opened();
    const second = await screens.vote(house.letter(2), 1);
    expect(second).not.toBe(first);
    expect(await screens.page.locator("main").textContent()).toContain(screens.words.done.revote);
  },
  PATIENCE,
);

it(
  "a vote by keyboard alone",
  async () => {
    const { page, words } = await house.opened();
    const reach = async (name: string): Promise<void> => {
      for (let tabs = 0; tabs < 40; tabs++) {
        await page.keyboard.press("Tab");
        const label = await page.evaluate(() => {
          const active = document.activeElement as HTMLInputElement | null;
          return active?.labels?.[0]?.textContent ?? active?.textContent ?? "";
        });
        if (label.includes(name)) {
          return;
        }
      }
      throw new Error(`${name} is not reached`);
    };
    await reach(words.vote.begin);
    await page.keyboard.press("Enter");
    await reach(words.credential.label);
    await page.keyboard.type(house.letter(3)[0] ?? "");
    await page.keyboard.press("Enter");
    await page.locator("fieldset").waitFor();
    await reach("Yes");
    await page.keyboard.press("Space");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.locator(".review").waitFor();
    await reach(words.review.confirm);
    await page.keyboard.press("Enter");
    await page.locator(".choices").waitFor();
    await reach(words.decide.cast);
    await page.keyboard.press("Enter");
    await page.locator(".tick-mark").waitFor({ timeout: 30_000 });
  },
  PATIENCE,
);

it(
  "a vote is cast once by a double click",
  async () => {
    const screens = await house.opened();
    const { page, words } = screens;
    const posts: string[] = [];
    page.on("request", (request) => {
      if (request.method() === "POST") {
        posts.push(request.postData() ?? "");
      }
    });
    await screens.toDecision(house.letter(3), 0);
    await page.getByRole("button", { name: words.decide.cast }).dblclick();
    await screens.at(words.done.title);
    expect(posts).toHaveLength(1);
  },
  PATIENCE,
);

it(
  "a vote lets nothing out before “cast”: no request but for static files, nothing kept, nothing in address or title",
  async () => {
    const screens = await house.opened();
    const { page, words } = screens;
    const requests: string[] = [];
    page.on("request", (request) => requests.push(`${request.method()} ${request.url()}`));
    await screens.toDecision(house.letter(4), 0);
    await screens.press(words.decide.challenge);
    await screens.at(words.challenge.title);
    await screens.press(words.challenge.again);
    await screens.choose(1);
    await screens.lock();
    expect(requests.filter((request) => !request.includes(" blob:"))).toEqual([]);
    expect(page.url()).toBe(house.site.url);
    expect(await page.title()).not.toMatch(/Yes|No|Blank/);
    const kept = await page.evaluate(async () => [
      document.cookie,
      localStorage.length,
      sessionStorage.length,
      (await indexedDB.databases()).length,
      (await navigator.serviceWorker.getRegistrations()).length,
    ]);
    expect(kept).toEqual(["", 0, 0, 0, 0]);
  },
  PATIENCE,
);

it(
  "a vote goes back by the browser's button as far as the decision, and not from the end",
  async () => {
    const screens = await house.opened();
    const { page, words } = screens;
    await screens.begin();
    await screens.credential(...house.letter(4));
    await screens.choose(2);
    await screens.press(words.page.next);
    await screens.at(words.review.title);
    await page.goBack();
    await screens.at(words.question.title);
    await screens.lock();
    await page.goBack();
    await screens.at(words.question.title);
    await screens.lock();
    await screens.press(words.decide.cast);
    await screens.at(words.done.title);
    await page.goBack();
    await screens.at(words.done.title);
  },
  PATIENCE,
);

it(
  "a vote left quickly leaves nothing on the screen",
  async () => {
    const screens = await house.opened();
    const { page, words } = screens;
    await screens.begin();
    await screens.credential(...house.letter(4));
    await screens.choose(2);
    await screens.press(words.page.leave);
    await page.waitForURL("about:blank");
    expect(await page.evaluate(() => document.body.textContent)).toBe("");
  },
  PATIENCE,
);

it(
  "a vote has answers of one size, in order, and none chosen",
  async () => {
    const screens = await house.opened();
    const { page } = screens;
    await screens.begin();
    await screens.credential(...house.letter(4));
    await screens.at(screens.words.question.title);
    const boxes = await Promise.all((await page.locator(".option").all()).map((option) => option.boundingBox()));
    expect(new Set(boxes.map((box) => `${box?.width} ${box?.height}`)).size).toBe(1);
    expect(await page.locator(".option").allInnerTexts()).toEqual([
      expect.stringContaining("Yes"),
      expect.stringContaining("No"),
      expect.stringContaining("Blank"),
    ]);
    expect(await page.locator("input:checked").count()).toBe(0);
    await screens.press(screens.words.page.next);
    await page.getByText(screens.words.question.missing).waitFor();
  },
  PATIENCE,
);

it(
  "a credential that is mistyped is refused, and its group named",
  async () => {
    const screens = await house.opened();
    await screens.begin();
    const [typed = ""] = house.letter(5);
    const wrong = typed.charAt(7) === "a" ? "b" : "a";
    await screens.credential(`${typed.slice(0, 7)}${wrong}${typed.slice(8)}`);
    await screens.page.getByText(screens.words.credential.group.replace("{group}", "2")).waitFor();
  },
  PATIENCE,
);

/** A worker that does not start, as where a browser refuses workers made from blobs; the second one does. */
function brokenOnce(): void {
  class Broken extends EventTarget {
    onerror: (() => void) | undefined;
    terminate(): void {}
    postMessage(): void {
      setTimeout(() => this.onerror?.());
    }
  }
  let begun = 0;
  window.Worker = new Proxy(window.Worker, {
    construct: (real, [address]: [string]) => (++begun === 1 ? new Broken() : new real(address)),
  });
}

it(
  "a credential that nothing can take in is answered in words, and taken when it can",
  async () => {
    const screens = await house.arrive();
    const { page, words } = screens;
    await page.addInitScript(brokenOnce);
    await page.goto(house.site.url);
    await screens.begin();
    await screens.credential(...house.letter(5));
    await page.getByText(words.credential.broken).waitFor();
    await screens.press(words.page.next);
    await screens.at(words.question.title);
  },
  PATIENCE,
);

/** A worker that is gone when it should encrypt, as where a system needs its memory; the second one is not. */
function goneOnce(): void {
  let begun = 0;
  window.Worker = new Proxy(window.Worker, {
    construct(real, [address]: [string]) {
      const worker = new real(address);
      if (++begun === 1) {
        const { postMessage } = worker;
        worker.postMessage = (asked: { readonly ask: string }) => {
          if (asked.ask === "encrypt") {
            worker.terminate();
          }
          postMessage.call(worker, asked);
        };
      }
      return worker;
    },
  });
}

it(
  "a ballot that is never encrypted is waited for five minutes, and made from the beginning",
  async () => {
    const screens = await house.arrive();
    const { page, words } = screens;
    await page.addInitScript(goneOnce);
    await page.clock.install();
    await page.goto(house.site.url);
    await screens.begin();
    await screens.credential(...house.letter(6));
    await screens.choose(1);
    await screens.press(words.page.next);
    await screens.at(words.review.title);
    await screens.press(words.review.confirm);
    await page.clock.fastForward(299_000);
    expect(await page.getByText(words.fault.title).count()).toBe(0);
    await page.clock.fastForward(2000);
    await screens.at(words.fault.title);
    await screens.press(words.page.start);
    await screens.toDecision(house.letter(6), 1);
  },
  PATIENCE,
);

it(
  "a credential of nobody in this vote is refused before the question",
  async () => {
    const screens = await house.opened();
    await screens.begin();
    await screens.credential("abcde-FGHJKL-mnopq-23456Z");
    await screens.page.getByText(screens.words.credential.notListed).waitFor();
    expect(await screens.page.locator("fieldset").count()).toBe(0);
  },
  PATIENCE,
);
