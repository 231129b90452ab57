/** What the tests in a browser need: a referendum that runs, the page that is built, a browser. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { createInterface } from "node:readline";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

const BOOTH = join(import.meta.dirname, "..", "..");
const REPOSITORY = join(BOOTH, "..");
const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const TYPES: { readonly [extension: string]: string } = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};

export interface Order {
  readonly kind?: "real" | "rehearsal";
  readonly halves?: boolean;
  readonly questions?: number;
  readonly observers?: number;
  readonly opens_in?: number;
  readonly closes_in?: number;
  readonly ballots_per_hour?: number;
  readonly accepted?: boolean;
  readonly defined?: boolean;
}

export interface Started {
  readonly board: string;
  readonly letters: readonly (readonly string[])[];
  readonly charter: string;
  readonly log: string;
  readonly files: string;
}

/** A referendum with its board and observers as processes (tests/e2e/booth_world.py). */
export class World {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #folder: string;
  started!: Started;

  private constructor(order: Order) {
    this.#folder = mkdtempSync(join(tmpdir(), "psephos-booth-"));
    const python = join(REPOSITORY, ".venv", "bin", "python");
    this.#process = spawn(python, ["-m", "tests.e2e.booth_world", this.#folder, JSON.stringify(order)], {
      cwd: REPOSITORY,
      stdio: ["pipe", "pipe", "ignore"],
    });
    if (this.#process.stdout === null) {
      throw new Error("no output");
    }
    this.#lines = createInterface(this.#process.stdout)[Symbol.asyncIterator]();
  }

  static async start(order: Order = {}): Promise<World> {
    const world = new World(order);
    world.started = JSON.parse(await world.#line()) as Started;
    return world;
  }

  async #line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done === true) {
      throw new Error("the world has ended");
    }
    return value;
  }

  async order<T>(...words: readonly unknown[]): Promise<T> {
    this.#process.stdin?.write(`${JSON.stringify(words)}\n`);
    return JSON.parse(await this.#line()) as T;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.stdin?.end();
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** An observer's mirror: the static files of a board, for pages of any origin. */
export class Mirror {
  readonly #server: Server;
  readonly url: string;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  static async of(folder: string): Promise<Mirror> {
    const server = createServer((request, answer) => {
      const path = join(folder, request.url ?? "/");
      const there = existsSync(path) && statSync(path).isFile();
      answer.writeHead(there ? 200 : 404, { "Access-Control-Allow-Origin": "*" });
      answer.end(there ? readFileSync(path) : undefined);
    });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    return new Mirror(server);
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }
}

/** The page as it is built for a board, on a web server of its own. */
export class Site {
  readonly #server: Server;
  readonly folder: string;
  readonly url: string;

  private constructor(server: Server, folder: string) {
    this.#server = server;
    this.folder = folder;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  static async build(...options: readonly string[]): Promise<Site> {
    const folder = mkdtempSync(join(tmpdir(), "psephos-page-"));
    execFileSync(process.execPath, [join(BOOTH, "scripts", "build.mjs"), "--out", folder, ...options]);
    const server = createServer((request, answer) => {
      const path = join(folder, request.url === "/" ? "index.html" : (request.url ?? "/").slice(1));
      if (!existsSync(path)) {
        answer.writeHead(404).end();
        return;
      }
      answer.writeHead(200, { "Content-Type": TYPES[extname(path)] ?? "application/octet-stream" });
      answer.end(readFileSync(path));
    });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    return new Site(server, folder);
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Debian's Chromium. */
export async function browse(options: readonly string[] = []): Promise<Browser> {
  const executablePath = CHROMIUM.find((path) => existsSync(path));
  if (executablePath === undefined) {
    throw new Error("Chromium is missing: install it (Debian: apt install chromium)");
  }
  return await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", ...options] });
}

export interface Voter {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the browser complained about, such as a refused script. */
  readonly complaints: string[];
}

/** A voter opens the page. */
export async function enter(browser: Browser, url: string, { locale = "en-GB", width = 1100 } = {}): Promise<Voter> {
  const context = await browser.newContext({ locale, viewport: { width, height: 900 }, acceptDownloads: true });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("net::ERR") && !message.text().includes("status of")) {
      complaints.push(message.text());
    }
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(url);
  return { page, context, complaints };
}
