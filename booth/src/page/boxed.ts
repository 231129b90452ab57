/** The box in its worker, as the page sees it. */

import type { Choices } from "../flow/box.ts";
import type { Ask, Told } from "./worker.ts";

/** The worker's program, put in by the build: so it is covered by the hash of this one. */
declare const WORKER_SOURCE: string;

interface Waiting {
  readonly done: (value: string | Uint8Array | undefined) => void;
  readonly failed: (error: Error) => void;
}

export class Boxed {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;

  constructor() {
    const source = new Blob([WORKER_SOURCE], { type: "text/javascript" });
    const address = URL.createObjectURL(source);
    this.#worker = new Worker(trusted(address));
    this.#worker.onmessage = ({ data }: MessageEvent<Told>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if (data.error === undefined) {
        waiting?.done(data.value);
      } else {
        waiting?.failed(new Error(data.error));
      }
    };
    this.#worker.onerror = () => {
      for (const { failed } of this.#waiting.values()) {
        failed(new Error("the part of this page that encrypts does not run in this browser"));
      }
      this.#waiting.clear();
    };
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

  async forget(): Promise<void> {
    await this.#ask({ ask: "forget" });
  }

  #ask(asked: Ask): Promise<string | Uint8Array | undefined> {
    const id = ++this.#asked;
    return new Promise((done, failed) => {
      this.#waiting.set(id, { done, failed });
      this.#worker.postMessage({ ...asked, id });
    });
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
