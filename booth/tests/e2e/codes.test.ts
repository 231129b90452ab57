/** The code of a letter in place of typing: from the camera, and from a picture. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { encode } from "uqr";
import { afterAll, beforeAll, expect, it } from "vitest";
import { english } from "../../src/text/en.ts";
import { persian } from "../../src/text/fa.ts";
import { House, PATIENCE } from "./house.ts";
import { sound } from "./looks.ts";
import { Screens } from "./screens.ts";
import { browse, enter } from "./stage.ts";

const house = new House();
const folder = mkdtempSync(join(tmpdir(), "psephos-codes-"));
const { credential, page: words, question } = english.text;
let camera: Browser;

/** A film of one still: what a camera sees that looks at a code (YUV4MPEG2). */
function film(content: string): Buffer {
  const [width, height] = [640, 480];
  const { data, size } = encode(content, { ecc: "M", border: 4 });
  const scale = Math.floor(400 / size);
  const [left, top] = [(width - size * scale) >> 1, (height - size * scale) >> 1];
  const luma = Buffer.alloc(width * height, 200);
  for (let y = 0; y < size * scale; y++) {
    for (let x = 0; x < size * scale; x++) {
      luma[(top + y) * width + left + x] = data[Math.floor(y / scale)]?.[Math.floor(x / scale)] ? 25 : 230;
    }
  }
  const frame = Buffer.concat([Buffer.from("FRAME\n"), luma, Buffer.alloc((width * height) / 2, 128)]);
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\n`), frame, frame]);
}

/** A picture of a code, as a phone saves it. */
async function picture(browser: Browser, content: string): Promise<Buffer> {
  const { data, size } = encode(content, { ecc: "M", border: 4 });
  const page = await browser.newPage();
  const address = await page.evaluate(
    ({ rows, side }) => {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = side * 6 + 200;
      const context = canvas.getContext("2d");
      if (context === null) {
        return "";
      }
      context.fillStyle = "#ddd";
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.translate(100, 90);
      context.rotate(0.06);
      for (const [y, row] of rows.entries()) {
        for (const [x, dark] of row.entries()) {
          context.fillStyle = dark ? "#222" : "#eee";
          context.fillRect(x * 6, y * 6, 6.2, 6.2);
        }
      }
      return canvas.toDataURL("image/png");
    },
    { rows: data, side: size },
  );
  await page.close();
  return Buffer.from(address.slice(address.indexOf(",") + 1), "base64");
}

beforeAll(async () => {
  const path = join(folder, "camera.y4m");
  writeFileSync(path, film(house.letter(0)[0] ?? ""));
  camera = await browse([
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    `--use-file-for-fake-video-capture=${path}`,
  ]);
}, PATIENCE);

afterAll(async () => {
  await camera.close();
  rmSync(folder, { recursive: true });
});

it(
  "the camera reads the code of the letter, on the device, and is let go",
  async () => {
    const { page, context, complaints } = await enter(camera, house.site.url, { locale: "en", width: 390 });
    const screens = new Screens(page, english);
    await page.locator(".compare").waitFor();
    await screens.begin();
    const requests: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    await page.getByText(credential.code).click();
    await sound(page);
    await screens.press(credential.scan);
    await expect.poll(() => page.locator("#credential-0").inputValue(), { timeout: 30_000 }).toBe(house.letter(0)[0]);
    expect(await page.locator("video").count()).toBe(0);
    await screens.press(words.next);
    await screens.at(question.title);
    expect(requests.filter((address) => !address.startsWith("blob:"))).toEqual([]);
    expect(complaints).toEqual([]);
    await context.close();
  },
  PATIENCE,
);

it(
  "a voter who goes on typing while the camera looks is not disturbed",
  async () => {
    const { page, context } = await enter(camera, house.site.url, { locale: "en", width: 1100 });
    const screens = new Screens(page, english);
    await page.locator(".compare").waitFor();
    await screens.begin();
    await page.evaluate(() => {
      const devices = navigator.mediaDevices;
      const own = devices.getUserMedia.bind(devices);
      devices.getUserMedia = async (wanted) => {
        const stream = await own(wanted);
        (window as unknown as { taken: MediaStream }).taken = stream;
        for (const track of stream.getTracks()) {
          track.enabled = false; // black: no code is seen
        }
        return stream;
      };
    });
    await page.getByText(credential.code).click();
    await screens.press(credential.scan);
    await page.locator("video").waitFor();
    await screens.credential(...house.letter(0));
    await screens.at(question.title);
    await expect
      .poll(() =>
        page.evaluate(() => {
          const { taken } = window as unknown as { taken: MediaStream };
          return taken.getTracks().map(({ readyState }) => readyState);
        }),
      )
      .toEqual(["ended"]);
    await context.close();
  },
  PATIENCE,
);

it(
  "a picture of the code is read; one without a code, or of another code, is said to be so",
  async () => {
    const screens = await house.opened(persian, 320);
    const { page, words: text } = screens;
    await screens.begin();
    await page.getByText(text.credential.code).click();
    await sound(page);
    const give = async (name: string, buffer: Buffer): Promise<void> => {
      await page.locator("#credential-picture").setInputFiles({ name, mimeType: "image/png", buffer });
    };
    await give("none.png", Buffer.from("no picture"));
    await page.getByText(text.credential.noCode).waitFor();
    await give("other.png", await picture(house.browser, "https://other.example/"));
    await page.getByText(text.credential.otherCode).waitFor();
    expect(await page.locator("#credential-0").inputValue()).toBe("");
    await give("letter.png", await picture(house.browser, house.letter(1)[0] ?? ""));
    await expect.poll(() => page.locator("#credential-0").inputValue()).toBe(house.letter(1)[0]);
    await screens.press(text.page.next);
    await screens.at(text.question.title);
  },
  PATIENCE,
);
