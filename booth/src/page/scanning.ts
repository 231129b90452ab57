/** QR codes, from the camera or from a picture: by the browser where it can, by a library of this page where it cannot. */

import decodeQR from "qr/decode.js";

/** Pixels along the longer side that are looked at: more of them find nothing more. */
const LARGEST = 1600;
const PAUSE = 120;
const CAMERA = { video: { facingMode: "environment", width: { ideal: 1280 } }, audio: false } as const;

/** What browsers have that read codes themselves. */
interface Detector {
  detect(source: CanvasImageSource): Promise<readonly { readonly rawValue: string }[]>;
}

/** Whether this browser can give a page the camera; asked for only when the voter wants it. */
export function hasCamera(): boolean {
  return typeof navigator.mediaDevices?.getUserMedia === "function";
}

/**
 * Show what the camera sees until it sees a code.
 *
 * @param video - Where it is shown; when it is taken off the page, the camera is let go.
 * @returns What the code says; undefined if there is no camera, it is not allowed, or the voter went on without.
 */
export async function scan(video: HTMLVideoElement): Promise<string | undefined> {
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia(CAMERA);
  } catch {
    return undefined;
  }
  try {
    video.srcObject = stream;
    await video.play();
    while (video.isConnected) {
      const found = await read(video, { width: video.videoWidth, height: video.videoHeight });
      if (found !== undefined) {
        return found;
      }
      await new Promise((resolve) => {
        setTimeout(resolve, PAUSE);
      });
    }
    return undefined;
  } catch {
    return undefined;
  } finally {
    video.srcObject = null;
    for (const track of stream.getTracks()) {
      track.stop();
    }
  }
}

/** What the code in a picture says; undefined if there is none, or the file is no picture. */
export async function readPicture(file: Blob): Promise<string | undefined> {
  try {
    const picture = await createImageBitmap(file);
    try {
      return await read(picture, picture);
    } finally {
      picture.close();
    }
  } catch {
    return undefined;
  }
}

async function read(
  source: CanvasImageSource,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<string | undefined> {
  if (width === 0 || height === 0) {
    return undefined;
  }
  const scale = Math.min(1, LARGEST / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) {
    return undefined;
  }
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return (await byBrowser(canvas)) ?? byLibrary(context.getImageData(0, 0, canvas.width, canvas.height));
}

async function byBrowser(canvas: HTMLCanvasElement): Promise<string | undefined> {
  const { BarcodeDetector: Found } = window as unknown as {
    readonly BarcodeDetector?: new (options: { readonly formats: readonly string[] }) => Detector;
  };
  if (Found === undefined) {
    return undefined;
  }
  try {
    const [code] = await new Found({ formats: ["qr_code"] }).detect(canvas);
    return code?.rawValue;
  } catch {
    // A browser that has it and cannot do it.
    return undefined;
  }
}

function byLibrary(image: ImageData): string | undefined {
  try {
    return decodeQR({ width: image.width, height: image.height, data: image.data }, { timeLimit: 500 });
  } catch {
    return undefined;
  }
}
