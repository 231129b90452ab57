/** What a test sees of a screen, and of the world beside it. */

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import AxeBuilder from "axe-core";
import jsqr from "jsqr";
import type { Page } from "playwright-core";
import { expect } from "vitest";

const REPOSITORY = join(import.meta.dirname, "..", "..", "..");

/** Nothing that axe knows is wrong with the screen, and nothing is wider than it. */
export async function sound(page: Page, root = "#booth"): Promise<void> {
  await page.evaluate(AxeBuilder.source);
  const violations = await page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations: found } = await axe.run();
    return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  });
  expect(violations).toEqual([]);
  expect(await page.locator(root).textContent()).not.toMatch(/[{}]|undefined/);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(wide).toBeLessThanOrEqual(0);
}

/** What a QR code on the page says, read from its picture. */
export async function scanned(page: Page, selector: string): Promise<string> {
  const png = await page.locator(selector).first().screenshot({ scale: "css" });
  const pixels = await page.evaluate(
    async (bytes) => {
      const image = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: "image/png" }));
      const canvas = new OffscreenCanvas(image.width, image.height);
      const context = canvas.getContext("2d");
      context?.drawImage(image, 0, 0);
      const data = context?.getImageData(0, 0, image.width, image.height);
      return { data: [...(data?.data ?? [])], width: image.width, height: image.height };
    },
    [...png],
  );
  const decode = jsqr as unknown as (data: Uint8ClampedArray, width: number, height: number) => { data: string } | null;
  return decode(new Uint8ClampedArray(pixels.data), pixels.width, pixels.height)?.data ?? "";
}

/** A command of another party; an error if its exit code is not 0. */
export function psephos(...words: readonly string[]): string {
  return execFileSync(join(REPOSITORY, ".venv", "bin", "psephos"), words, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}
