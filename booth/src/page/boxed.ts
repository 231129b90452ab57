/** The box in its worker, as the page sees it. */

import type { Choices } from "../flow/box.ts";
import type { Ask, Told } from "./worker.ts";

/** The worker's program, put in by the build: so it is covered by the hash of this one. */
declare const WORKER_SOURCE: string;

/**
 * Milliseconds after which a worker that says nothing has ended: systems that run out of memory end one, and tell nobody.
 * Many answers in a group of integers take an old phone minutes.
 */
const PATIENCE = 300_000;

interface Waiting {
  readonly done: (value: string | Uint8Array | undefined) => void;
  readonly failed: (error: Error) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

export class Boxed {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  /** Whether the worker is gone, and with it everything that it held. */
  ended = false;

  constructor() {
    const source = new Blob([WORKER_SOURCE], { type: "text/javascript" });
    const address = URL.createObjectURL(source);
    this.#worker = new Worker(trusted(address));
    this.#worker.onmessage = ({ data }: MessageEvent<Told>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      clearTimeout(waiting?.timer);
      if (data.error === undefined) {
        waiting?.done(data.value);
      } else {
        waiting?.failed(new Error(data.error));
      }
    };
    this.#worker.onerror = () => this.#end("the part of this page that encrypts does not run in this browser");
  }

  async election(election: Uint8Array): Promise<void> {
    await this.#ask({ ask: "election", election });
  }

  async enter(halves: readonly string[]): Promise<string> {
    return String(await this.#ask({ ask: "enter", halves }));
  }

  async encrypt(choices: Choices): Promise<string> {
    return String(await this.#ask({ ask: "encrypt", choices }));
  }

  async cast(): Promise<Uint8Array> {
    return bytes(await this.#ask({ ask: "cast" }));
  }

  async open(): Promise<Uint8Array> {
    return bytes(await this.#ask({ ask: "open" }));
  }

  /** Let the worker forget everything and end. What it was asked is not answered any more. */
  forget(): void {
    if (!this.ended) {
      this.#leave();
      this.#worker.postMessage({ ask: "forget", id: 0 });
    }
  }

  #ask(asked: Ask): Promise<string | Uint8Array | undefined> {
    const id = ++this.#asked;
    return new Promise((done, failed) => {
      const timer = setTimeout(() => this.#end("the part of this page that encrypts does not answer"), PATIENCE);
      this.#waiting.set(id, { done, failed, timer });
      this.#worker.postMessage({ ...asked, id });
    });
  }

  #end(reason: string): void {
    this.#worker.terminate();
    for (const { failed } of this.#leave()) {
      failed(new Error(reason));
    }
  }

  /** Nobody waits any more; who did. */
  #leave(): readonly Waiting[] {
    const left = [...this.#waiting.values()];
    this.ended = true;
    this.#waiting.clear();
    for (const { timer } of left) {
      clearTimeout(timer);
    }
    return left;
  }
}

function bytes(value: string | Uint8Array | undefined): Uint8Array {
  if (value instanceof Uint8Array) {
    return value;
  }
  throw new Error("not bytes");
}

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { readonly createScriptURL: (url: string) => string },
  ): {
    createScriptURL(url: string): string;
  };
}

/** A browser lets the page name its policy once, however many workers are begun. */
let policy: ReturnType<TrustedTypes["createPolicy"]> | undefined;

/** The one address of a script that this page makes itself; browsers that ask for it are told so. */
function trusted(address: string): string {
  const types = (globalThis as { readonly trustedTypes?: TrustedTypes }).trustedTypes;
  policy ??= types?.createPolicy("psephos", { createScriptURL: (url) => url });
  return policy?.createScriptURL(address) ?? address;
}
