/** Elements, without a framework. Text goes in as text: there is no way here to put markup in from a string. */

import { type Language, numberIn, piecesOf, type Value } from "../text/language.ts";

type Attribute = string | number | boolean | ((event: Event) => void) | undefined;
export type Child = Node | string | undefined | readonly Child[];

const SVG = "http://www.w3.org/2000/svg";

/** An element. Attributes that begin with `on` are listeners; false and undefined leave an attribute out. */
export function h(
  name: string,
  attributes: { readonly [name: string]: Attribute } = {},
  ...children: Child[]
): HTMLElement {
  return dressed(document.createElement(name), attributes, children);
}

/** An element of a picture. */
export function svg(
  name: string,
  attributes: { readonly [name: string]: Attribute },
  ...children: Child[]
): SVGElement {
  return dressed(document.createElementNS(SVG, name) as SVGElement, attributes, children);
}

function dressed<T extends Element>(
  element: T,
  attributes: { readonly [name: string]: Attribute },
  children: readonly Child[],
): T {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(name.slice(2), value);
    } else if (value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  append(element, children);
  return element;
}

function append(element: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (typeof child === "string" || child instanceof Node) {
      element.append(child);
    } else if (child !== undefined) {
      append(element, child);
    }
  }
}

/** A text with its holes filled. What stands in a hole is isolated: its direction does not disturb the sentence. */
export function fill(language: Language, text: string, values: { readonly [name: string]: Value }): Node[] {
  return piecesOf<Value>(text, values).map((piece, index) => {
    if (index % 2 === 0) {
      return document.createTextNode(String(piece));
    }
    const inner = typeof piece === "number" ? numberIn(language, piece) : piece;
    return inner instanceof Node ? inner : h("bdi", {}, inner);
  });
}

/** A paragraph of text with holes. */
export function p(language: Language, text: string, values: { readonly [name: string]: Value } = {}): HTMLElement {
  return h("p", {}, ...fill(language, text, values));
}

/** Signs that are compared by eye or copied: left to right in every language, and never translated. */
export function code(text: string, attributes: { readonly [name: string]: Attribute } = {}): HTMLElement {
  return h("code", { dir: "ltr", translate: "no", ...attributes }, text);
}

/** Groups of signs; each stays on its line. */
export function grouped(text: string, separator = " "): HTMLElement {
  const groups = text.split(separator);
  const parts = groups.map((group, index) =>
    h("span", { class: "group" }, index < groups.length - 1 ? `${group}${separator}` : group),
  );
  return h("code", { dir: "ltr", translate: "no", class: "grouped" }, ...parts);
}

/**
 * A text of the definition. It may say the same in several languages, one after the other, with ` · `, ` | ` or ` / `
 * between: each is isolated, so that every one of them reads in its own direction.
 */
export function defined(text: string, { apart = false } = {}): Node[] {
  const pieces = text.split(/\s+[·|/]\s+/);
  return pieces.flatMap((piece, index): Node[] => {
    const shown = h("bdi", { dir: "auto", class: apart ? "apart" : undefined }, piece);
    return index > 0 && !apart ? [document.createTextNode(" · "), shown] : [shown];
  });
}
