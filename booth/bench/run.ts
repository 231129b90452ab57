/**
 * `npm run bench`: the time that a yes/no/blank ballot takes, in Node and in Debian's Chromium.
 *
 * In the browser it is measured in a worker, where the booth does it, and in the page, also with the CPU
 * throttled six times: Chromium throttles pages and refuses to throttle workers. The code is the same.
 * Figures depend on the machine and on what else runs on it.
 */

import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { arch, cpus, loadavg } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { type Browser, chromium, type Page } from "playwright-core";
import { measure, type Task, type Timing } from "./measure.ts";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const BALLOTS = Number(process.env["BALLOTS"] ?? 31);
const THROTTLING = 6;
const VECTORS = join(process.cwd(), "..", "vectors", "protocol", "ballots.json");

interface Case {
  readonly name: string;
  readonly election: string;
  readonly credential: string;
  readonly plaintexts: readonly (readonly number[])[];
}

const CASES = ["yes of yes/no/blank", "no of yes/no", "yes of yes/no"];

function taskOf(name: string): { readonly task: Task; readonly group: string } {
  const { cases } = JSON.parse(readFileSync(VECTORS, "utf-8")) as { cases: Case[] };
  const found = cases.find((one) => one.name === name);
  if (found === undefined) {
    throw new Error(`no case ${name}`);
  }
  const { group } = JSON.parse(found.election) as { group: string };
  return { task: { ...found, ballots: BALLOTS }, group };
}

function line(where: string, { ready, first, others }: Timing): string {
  const sorted = [...others].sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN).toFixed(1);
  const spread = `median ${at(0.5)}, quartiles ${at(0.25)} and ${at(0.75)}, from ${at(0)} to ${at(1)}`;
  return `${where.padEnd(36)} ready ${ready.toFixed(0)}, first ${first.toFixed(1)}, ${spread}`;
}

async function script(): Promise<string> {
  const options = { bundle: true, write: false, minify: true, format: "iife", target: "es2022" } as const;
  const { outputFiles } = await build({ ...options, entryPoints: ["bench/worker.ts"], logLevel: "error" });
  return outputFiles[0]?.text ?? "";
}

async function inWorker(page: Page, source: string, task: Task): Promise<Timing> {
  return page.evaluate(
    ([code, given]) => {
      const worker = new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
      return new Promise<Timing>((resolve, reject) => {
        worker.onmessage = (event: MessageEvent<Timing>) => resolve(event.data);
        worker.onerror = (event) => reject(new Error(event.message));
        worker.postMessage(given);
      });
    },
    [source, task] as const,
  );
}

async function inPage(page: Page, source: string, task: Task): Promise<Timing> {
  await page.addScriptTag({ content: source });
  return page.evaluate(
    (given) => (globalThis as unknown as { measureBallots(task: Task): Timing }).measureBallots(given),
    task,
  );
}

async function inBrowser(browser: Browser, task: Task): Promise<void> {
  const source = await script();
  for (const [name, run, rate] of [
    ["worker", inWorker, 1],
    ["page", inPage, 1],
    [`page, throttled ${THROTTLING} times`, inPage, THROTTLING],
  ] as const) {
    const page = await browser.newPage();
    const session = await page.context().newCDPSession(page);
    await session.send("Emulation.setCPUThrottlingRate", { rate });
    console.log(line(`  Chromium, ${name}`, await run(page, source, task)));
    await page.close();
  }
}

async function main(): Promise<number> {
  const [{ model } = { model: "?" }] = cpus();
  const load = loadavg().map((average) => average.toFixed(1));
  console.log(
    `milliseconds a ballot, ${BALLOTS} ballots each; ${model} × ${cpus().length}, ${arch()}, load ${load.join(" ")}`,
  );
  if (!existsSync(CHROMIUM)) {
    console.error(`no Chromium at ${CHROMIUM}: apt-get install chromium, or set CHROMIUM`);
    return 3;
  }
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  console.log(`Node ${process.version}, Chromium ${browser.version()}`);
  for (const name of CASES) {
    const { task, group } = taskOf(name);
    console.log(`${group}, ${name}`);
    console.log(
      line(
        "  Node",
        measure(task, (length) => new Uint8Array(randomBytes(length))),
      ),
    );
    await inBrowser(browser, task);
  }
  await browser.close();
  return 0;
}

process.exitCode = await main();
