/** Answers that were tampered with: the page refuses, says why, and keeps what proves it. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readReceipt } from "../../src/board/proof.ts";
import { english } from "../../src/text/en.ts";
import { House, PATIENCE } from "./house.ts";
import { psephos, sound } from "./looks.ts";
import type { Screens } from "./screens.ts";
import { Site } from "./stage.ts";

const house = new House();
const { refused, rejected, contradiction, find, vote, decide, waiting, answer } = english.text;
const CROSS = { "Access-Control-Allow-Origin": "*" };

/** Opens the page while answers to some address are changed. */
async function refusal(address: string, change: (body: Buffer) => Buffer | string): Promise<Screens> {
  const screens = await house.arrive();
  await screens.page.route(address, async (route) => {
    const reply = await route.fetch();
    await route.fulfill({ response: reply, body: change(await reply.body()) });
  });
  await screens.page.goto(house.site.url);
  await screens.at(refused.title);
  await sound(screens.page);
  return screens;
}

/** A byte of the body changed, counted from the end. */
const flipped =
  (fromEnd: number) =>
  (body: Buffer): Buffer => {
    const changed = Buffer.from(body);
    const at = changed.length - fromEnd;
    changed[at] = (changed[at] ?? 0) ^ 1;
    return changed;
  };

/** A checkpoint with only the log's own signature and so many cosigners'. */
const signedBy =
  (cosigners: number) =>
  (body: Buffer): string => {
    const lines = body.toString().split("\n");
    const names = new Set(lines.filter((line) => line.startsWith("— observer")).map((line) => line.split(" ")[1]));
    const kept = [...names].slice(0, cosigners);
    return lines
      .filter((line) => !line.startsWith("— observer") || kept.some((name) => line.includes(`${name}`)))
      .join("\n");
  };

/** A checkpoint with another digit in an observer's signature. */
function forged(body: Buffer): string {
  const text = body.toString();
  const end = text.indexOf("\n", text.indexOf("— observer")) - 10;
  const other = text.charAt(end) === "A" ? "B" : "A";
  return `${text.slice(0, end)}${other}${text.slice(end + 1)}`;
}

/** Evidence that the command line accepts with nothing but the log's key. */
function proves(file: Buffer): string {
  const path = join(house.site.folder, "psephos-evidence.json");
  writeFileSync(path, file);
  return psephos("auditor", "evidence", path, "--log", house.world.started.log);
}

it(
  "without enough observers the page goes no further, and says how many there are",
  async () => {
    const { page } = await refusal("**/checkpoint", signedBy(1));
    await page.getByText(refused.quorum.replace("{have}", "1").replace("{need}", "2")).waitFor();
    expect(await page.getByRole("button", { name: vote.begin, exact: true }).count()).toBe(0);
  },
  PATIENCE,
);

it(
  "a cosignature that does not hold is not passed over",
  async () => {
    const { page } = await refusal("**/checkpoint", forged);
    await page.getByText(refused.tree).waitFor();
  },
  PATIENCE,
);

it(
  "an entry or a tile that was changed is not what the observers signed",
  async () => {
    const { page } = await refusal("**/tile/entries/**", (body) => {
      const text = body.toString("latin1");
      const at = text.indexOf('"public_key":"') + 20;
      return Buffer.from(`${text.slice(0, at)}${text.charAt(at) === "0" ? "1" : "0"}${text.slice(at + 1)}`, "latin1");
    });
    await page.getByText(refused.tree).waitFor();
    await refusal("**/tile/0/**", flipped(32));
  },
  PATIENCE,
);

it(
  "a page that was made for one vote refuses another",
  async () => {
    const site = await Site.build("--board", house.world.started.board, "--charter", "ab".repeat(32));
    const screens = await house.arrive();
    await screens.page.goto(site.url);
    await screens.page.getByText(refused.other).waitFor();
    await site.stop();
    const own = await Site.build("--board", house.world.started.board, "--charter", house.world.started.charter);
    await house.opened(english, 1100, own.url);
    await own.stop();
  },
  PATIENCE,
);

async function locked(voter: number): Promise<Screens> {
  const screens = await house.opened();
  await screens.toDecision(house.letter(voter), 0);
  return screens;
}

it(
  "a receipt that does not hold is no receipt",
  async () => {
    const changes = [
      flipped(20),
      (): string => "received, thank you",
      (body: Buffer): string => body.toString().replace(/^index \d+/m, "index 1"),
    ];
    for (const change of changes) {
      const screens = await locked(0);
      await screens.page.route("**/ballot", async (route) => {
        const reply = await route.fetch();
        await route.fulfill({ response: reply, body: change(await reply.body()) });
      });
      await screens.press(decide.cast);
      await screens.at(rejected.title);
      await screens.page.getByText(rejected.receipt).waitFor();
      expect(await screens.page.locator(".tick-mark").count()).toBe(0);
    }
  },
  PATIENCE,
);

it(
  "a ballot box that answers with nothing that can be read locks no ballot in",
  async () => {
    const screens = await locked(3);
    const { page } = screens;
    await page.route("**/ballot", (route) => route.fulfill({ status: 400, body: "null", headers: CROSS }));
    await screens.press(decide.cast);
    await screens.at(rejected.title);
    await page.getByText(rejected.other).waitFor();
    expect((await screens.saved(english.text.unsent.save)).toString()).toContain("signature");
    await page.unroute("**/ballot");
    await screens.press(english.text.page.retry);
    await screens.at(english.text.done.title);
  },
  PATIENCE,
);

it(
  "a ballot box that says that a listed credential is not is contradicted, and the ballot can be taken elsewhere",
  async () => {
    const screens = await locked(3);
    const { page } = screens;
    const body = JSON.stringify({ code: "rule", at: "/credential", detail: "not listed" });
    await page.route("**/ballot", (route) => route.fulfill({ status: 422, body, headers: CROSS }));
    await screens.press(decide.cast);
    await screens.at(rejected.title);
    await page.getByText(rejected.unfounded).waitFor();
    await sound(page);
    expect(await page.getByText(rejected.listed).count()).toBe(0);
    expect((await screens.saved(english.text.unsent.save)).toString()).toContain("signature");
  },
  PATIENCE,
);

it(
  "a ballot that no quorum countersigns is never shown as final",
  async () => {
    const screens = await locked(0);
    await screens.page.route("**/checkpoint", (route) => route.fulfill({ status: 404 }));
    await screens.page.route("**/checkpoint.latest", async (route) => {
      const reply = await route.fetch();
      await route.fulfill({ response: reply, body: signedBy(1)(await reply.body()) });
    });
    await screens.press(decide.cast);
    await screens.at(waiting.title);
    await screens.page.waitForTimeout(4000);
    expect(await screens.page.locator(".tick-mark").count()).toBe(0);
    await sound(screens.page);
    await screens.page.unroute("**/checkpoint");
    await screens.at(english.text.done.title);
  },
  PATIENCE,
);

it.each([
  ["a cosignature that does not hold", "**/checkpoint", forged],
  ["tiles that do not lead to the head", "**/tile/0/**", flipped(32)],
] as const)(
  "after casting, %s is refused and told, and the page goes on looking",
  async (_, address, change) => {
    const screens = await locked(3);
    const { page } = screens;
    await page.route(address, async (route) => {
      const reply = await route.fetch();
      const body = await reply.body();
      await route.fulfill({ response: reply, body: reply.ok() ? change(body) : body });
    });
    await screens.press(decide.cast);
    await screens.at(waiting.title);
    await page.locator("main").getByText(waiting.wrong).waitFor();
    expect(await page.locator(".tick-mark").count()).toBe(0);
    await sound(page);
    expect(readReceipt(await screens.saved(english.text.done.receiptSave)).extra.length).toBeGreaterThan(0);
    await page.unroute(address);
    await screens.at(english.text.done.title);
  },
  PATIENCE,
);

it(
  "a forked head after casting is told, and the evidence is accepted by an auditor",
  async () => {
    const screens = await locked(1);
    let receipt = "";
    await screens.page.route("**/ballot", async (route) => {
      const reply = await route.fetch();
      receipt = await reply.text();
      await route.fulfill({ response: reply });
    });
    await screens.page.route("**/checkpoint", (route) => route.fulfill({ status: 404 }));
    await screens.page.route("**/checkpoint.latest", async (route) => {
      const reply = await route.fetch();
      const note = receipt.slice(receipt.indexOf("\n\n") + 2);
      await route.fulfill({ response: reply, body: await house.world.order<string>("fork", note) });
    });
    await screens.press(decide.cast);
    await screens.at(contradiction.title);
    await sound(screens.page);
    expect(proves(await screens.saved(contradiction.save))).not.toBe("");
    expect((await screens.saved(contradiction.ballot)).toString()).toContain("signature");
  },
  PATIENCE,
);

it(
  "a forked head while looking a ballot up is told",
  async () => {
    const screens = await house.opened();
    await screens.page.route("**/checkpoint", async (route) => {
      const reply = await route.fetch();
      await route.fulfill({ response: reply, body: await house.world.order<string>("fork", await reply.text()) });
    });
    await screens.press(vote.find);
    await screens.page.locator("#tracker").fill("AAAA-".repeat(13));
    await screens.press(find.ask);
    await screens.at(contradiction.title);
    expect(proves(await screens.saved(contradiction.save))).not.toBe("");
  },
  PATIENCE,
);

/** A voter's receipt, shown to the page elsewhere; what was not found is looked for first. */
async function complaint(receipt: Buffer): Promise<Screens> {
  const path = join(house.site.folder, "receipt.tlog-proof");
  writeFileSync(path, receipt);
  const screens = await house.opened();
  await screens.press(vote.find);
  await screens.page.locator("#tracker").fill("AAAA-".repeat(13));
  await screens.press(find.ask);
  await screens.at(answer.outTitle);
  await sound(screens.page);
  await screens.press(answer.make);
  await screens.page.getByText(answer.noReceipt).waitFor();
  await screens.page.locator("#receipt-file").setInputFiles(path);
  return screens;
}

it(
  "a receipt is called kept after a comparison only; one whose place has another entry is evidence",
  async () => {
    const before = await (await fetch(`${house.world.started.board}checkpoint`)).text();
    const voter = await house.opened();
    await voter.vote(house.letter(2), 1);
    const receipt = await voter.saved(english.text.done.receiptSave);
    const kept = await complaint(receipt);
    await kept.press(answer.make);
    const told = (words: string): Promise<void> =>
      kept.page.locator("[role=alert]", { hasText: words.split("{")[0] ?? "" }).waitFor();
    await told(answer.kept);
    await sound(kept.page);
    await kept.page.route(/checkpoint/, (route) => route.fulfill({ body: before, headers: CROSS }));
    await kept.press(answer.make);
    await told(answer.behind);
    await kept.page.unroute(/checkpoint/);
    await kept.page.route(/checkpoint/, (route) => route.abort());
    await kept.press(answer.make);
    await told(answer.unreached);

    const screens = await complaint(receipt);
    const place = Number(readReceipt(receipt).index);
    const files = await house.world.order<{ readonly [path: string]: string }>("rewritten", place);
    await screens.page.route(/checkpoint|tile/, async (route) => {
      const path = new URL(route.request().url()).pathname.slice(1).replace(/^checkpoint$/, "checkpoint.latest");
      const body = files[path];
      await route.fulfill(body === undefined ? { status: 404 } : { body: Buffer.from(body, "base64"), headers: CROSS });
    });
    const evidence = await screens.saved(answer.make);
    expect(proves(evidence)).not.toBe("");
    expect(JSON.parse(evidence.toString())).toMatchObject({ kind: "broken-promise" });
    expect(evidence.toString()).not.toContain("election_uuid");
  },
  PATIENCE,
);
