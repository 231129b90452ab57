/** What several screens have in common. */

import { encode } from "uqr";
import type { Compared } from "../flow/complaint.ts";
import type { Model, Vote } from "../flow/model.ts";
import type { Event } from "../flow/states.ts";
import { type Texts, textIn } from "../referendum/definition.ts";
import type { Language, Text } from "../text/language.ts";
import { type Child, code, defined, fill, h, svg } from "./dom.ts";

/** Lets something happen: an event of the table, with what the voter gave. */
export type Send = (event: Event, given?: Given) => void;

export interface Given {
  readonly halves?: readonly string[];
  readonly chosen?: readonly (readonly number[] | "blank" | undefined)[];
  readonly bytes?: Uint8Array;
  readonly fingerprint?: Uint8Array;
  readonly board?: string;
}

/** What a screen is drawn from. */
export interface View {
  readonly model: Model;
  readonly language: Language;
  readonly text: Text;
  readonly send: Send;
  /** Take in a credential; the answer says what is wrong with it, or nothing. */
  readonly enter: (halves: readonly string[]) => Promise<"same" | "listed" | undefined>;
  /** Give the voter a file. */
  readonly save: (name: string, bytes: Uint8Array) => void;
  readonly boards: readonly string[];
  /** Compare a receipt with the board as it is now. */
  readonly compare: (receipt: Uint8Array) => Promise<Compared>;
  /** The ballot in what somebody has kept of it. */
  readonly ballotIn: (kept: Uint8Array) => Promise<Uint8Array | undefined>;
  /** What a code before the camera says; undefined where there is no camera to ask for. */
  readonly scan: ((video: HTMLVideoElement) => Promise<string | undefined>) | undefined;
  /** What the code in a picture says. */
  readonly readPicture: (file: File) => Promise<string | undefined>;
  readonly examine: (file: Uint8Array) => void;
  readonly leave: () => void;
}

export type Screen = (view: View) => Child[];

/** The vote that was checked; screens that need it are never shown without. */
export function voteOf({ vote }: Model): Vote {
  if (vote === undefined) {
    throw new Error("no vote was read");
  }
  return vote;
}

/** The vote's title, in the reader's language where there is a definition. */
export function nameOf({ definition, title: name }: Vote, { code: language }: Language): string {
  return definition === undefined ? name : textIn(definition.title, language, definition);
}

/** A heading: it gets the focus when its screen appears, so that a screen reader reads it out. */
export function title(text: string, ...before: Child[]): HTMLElement {
  return h("h1", { tabindex: -1 }, ...before, text);
}

export function button(text: string, onclick: () => void, kind = "primary"): HTMLElement {
  return h("button", { type: "button", class: kind, onclick }, text);
}

/** Buttons in a row; on narrow screens below each other. */
export function actions(...children: Child[]): HTMLElement {
  return h("div", { class: "actions" }, ...children);
}

/** A remark that must not be overlooked. */
export function note(kind: "info" | "warn" | "stop", ...children: Child[]): HTMLElement {
  return h("div", { class: `note ${kind}` }, ...children);
}

/** What is read out when it changes while the screen stays. */
export function said(...children: Child[]): HTMLElement {
  return h("div", { class: "said" }, ...children);
}

/** Details that are folded away. */
export function more(summary: string, ...children: Child[]): HTMLElement {
  return h("details", {}, h("summary", {}, summary), h("div", { class: "folded" }, ...children));
}

/** A message of a program, in its own language and direction. */
export function exact(label: string, message: string): HTMLElement {
  return more(label, h("p", { dir: "ltr", lang: "en", class: "exact" }, message));
}

/** A value that is compared or copied, with its name. */
export function labelled(label: string, value: HTMLElement, hint?: Child): HTMLElement {
  return h(
    "div",
    { class: "value" },
    h("p", { class: "label" }, label),
    value,
    hint === undefined ? undefined : h("p", { class: "hint" }, hint),
  );
}

/** A field for a file; its words are ours, not those of the browser. */
export function fileField(
  { text }: Pick<View, "text">,
  id: string,
  { label, accept }: { readonly label: string; readonly accept: string },
): { readonly whole: HTMLElement; readonly input: HTMLInputElement } {
  const input = h("input", { type: "file", id, accept, "aria-describedby": `${id}-name` }) as HTMLInputElement;
  const name = h("bdi", { id: `${id}-name`, class: "hint" }, text.page.noFile);
  input.addEventListener("change", () => {
    name.textContent = input.files?.[0]?.name ?? text.page.noFile;
  });
  const face = h("span", { class: "face", "aria-hidden": "true" }, text.page.chooseFile);
  const whole = h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    h("div", { class: "file" }, h("span", { class: "hold" }, input, face), name),
  );
  return { whole, input };
}

/** A QR code. The picture says in words what it is of. */
export function qrCode({ language, text }: View, content: string, what: string): SVGElement {
  const { data, size } = encode(content, { ecc: content.length > 1000 ? "L" : "M", border: 4 });
  let path = "";
  for (const [y, row] of data.entries()) {
    for (const [x, dark] of row.entries()) {
      path += dark ? `M${x} ${y}h1v1h-1z` : "";
    }
  }
  const label = fill(language, text.page.qrCode, { what })
    .map((node) => node.textContent ?? "")
    .join("");
  return svg(
    "svg",
    {
      class: content.length > 1000 ? "qr large" : "qr",
      viewBox: `0 0 ${size} ${size}`,
      role: "img",
      "aria-label": label,
    },
    svg("rect", { width: size, height: size, fill: "#fff" }),
    svg("path", { d: path, fill: "#000", "shape-rendering": "crispEdges" }),
  );
}

/** The seal of a ballot: what Belenios calls its hash, as its signature will sign it. */
export function seal(commitment: string): HTMLElement {
  return code(commitment, { class: "seal" });
}

/** The question and its answers as a reader of a language is shown them. */
export function asked(
  { model, language }: Pick<View, "model" | "language">,
  index: number,
): { readonly question: Node[]; readonly answers: readonly Node[][]; readonly explanation: string } {
  const { questions, definition } = voteOf(model);
  const found = definition?.questions[index];
  if (definition === undefined || found === undefined) {
    const { question = "", answers = [] } = questions[index] ?? {};
    return {
      question: defined(question, { apart: true }),
      answers: answers.map((answer) => defined(answer)),
      explanation: "",
    };
  }
  const say = (texts: Texts): string => textIn(texts, language.code, definition);
  return {
    question: [h("bdi", { dir: "auto", class: "apart" }, say(found.text))],
    answers: found.answers.map((texts) => [h("bdi", { dir: "auto" }, say(texts))]),
    explanation: say(found.explanation),
  };
}

/** What a voter has chosen, in the words of the question. */
export function chosenWords(view: View): HTMLElement[] {
  const { model, text } = view;
  return voteOf(model).questions.map((_, index) => {
    const { question, answers } = asked(view, index);
    const chosen = model.chosen?.[index];
    const words = chosen === "blank" ? [text.question.blank] : (chosen ?? []).map((number) => answers[number]);
    const shown: Child[] = words.length === 0 ? [text.review.nothing] : words;
    return h(
      "div",
      { class: "chosen" },
      h("p", { class: "asked" }, ...question),
      ...shown.map((word) => h("p", { class: "answer" }, word)),
    );
  });
}
