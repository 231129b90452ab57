/** The page: draws screens, hears the voter, and does what the table of states says. */

import { h } from "../screens/dom.ts";
import { draw } from "../screens/page.ts";
import { nameOf, type View } from "../screens/parts.ts";
import { languageFor } from "../text/languages.ts";
import { Boards } from "./boards.ts";
import { Journey } from "./journey.ts";
import { kept } from "./kept.ts";
import { embeddedRecord } from "./network.ts";
import { ballotIn } from "./packing.ts";
import { hasCamera, readPicture, scan } from "./scanning.ts";

const root = document.getElementById("booth") ?? document.body;
let language = languageFor(navigator.languages);
let shown = "";
const status = h("div", { role: "status", class: "hidden" });
/** What was on the screen to be read out. */
let told: readonly string[] = [];
document.body.append(status);

/** What the page was made for, written into it by the build. */
function setting(name: string): readonly string[] {
  const content = document.querySelector<HTMLMetaElement>(`meta[name="psephos-${name}"]`)?.content ?? "";
  return content.split(" ").filter((word) => word !== "");
}

const boards = setting("board").map((address) => new URL(address, document.baseURI).href);
const relays = setting("relay").map((address) => new URL(address, document.baseURI).href);
const [pinned] = setting("charter");
const journey = new Journey({
  boards: new Boards(boards, relays, embeddedRecord()),
  pinned,
  changed: redraw,
});

/**
 * Empties the page and goes away from it.
 *
 * The browser's history keeps the page's address, and going back opens the page anew, as for somebody who comes first.
 */
function leave(): void {
  journey.forget();
  root.replaceChildren();
  status.replaceChildren();
  document.title = "";
  location.replace("about:blank");
}

function save(name: string, bytes: Uint8Array): void {
  const address = URL.createObjectURL(new Blob([bytes as BlobPart], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

function view(): View {
  return {
    model: journey.model,
    language,
    text: language.text,
    send: (event, given) => journey.send(event, given),
    enter: (halves) => journey.enter(halves),
    save,
    boards,
    compare: (receipt) => journey.compare(receipt),
    ballotIn,
    scan: hasCamera() ? scan : undefined,
    readPicture,
    examine: (file) => journey.examine(file),
    leave,
  };
}

/** Draw; what was typed and where the focus was survive if the screen is the same. */
function redraw(): void {
  const { state } = journey.model;
  const putBack = state === shown ? kept(root) : undefined;
  draw(root, view(), (chosen) => {
    language = chosen;
    redraw();
    document.getElementById("language")?.focus();
  });
  if (putBack === undefined) {
    window.scrollTo(0, 0);
    root.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
  } else {
    putBack();
  }
  tell(putBack !== undefined);
  document.title = titleNow();
  shown = state;
}

/**
 * The title of the page: what it is about, and not how far the voter has come.
 *
 * SECURITY: histories and lists of open pages keep it, on a phone that somebody may demand to see.
 */
function titleNow(): string {
  const { vote } = journey.model;
  const name = vote === undefined ? language.text.reading.title : nameOf(vote, language);
  return `${name} · Psephos`;
}

/**
 * Have what is new on a screen read out, by a region that is never drawn anew.
 *
 * @param same - Whether the screen was there before; if not, its heading has the focus and is read with what follows.
 */
function tell(same: boolean): void {
  const words = [...root.querySelectorAll(".said > *")].map(({ textContent }) => textContent);
  const news = same ? words.filter((one) => !told.includes(one)) : [];
  if (!same || news.length > 0) {
    status.textContent = news.join(" ");
  }
  told = words;
}

// The back button takes the step back that the table has, and leaves the page where nothing was begun.
history.pushState(null, "");
window.addEventListener("popstate", () => {
  const { state } = journey.model;
  if (["reading", "refused", "vote"].includes(state)) {
    history.back();
    return;
  }
  history.pushState(null, "");
  journey.send("back");
});
// A page that the browser keeps for going back to must not keep a choice.
window.addEventListener("pagehide", () => journey.forget());
window.addEventListener("pageshow", (event) => {
  if (event.persisted) {
    location.reload();
  }
});
window.addEventListener("online", () => {
  if (journey.model.state === "unsent") {
    journey.send("retry");
  }
});
window.addEventListener("beforeunload", (event) => {
  if (["signing", "sending", "unsent"].includes(journey.model.state)) {
    event.preventDefault();
  }
});

redraw();
journey.start();
