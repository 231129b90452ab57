/** What survives when a screen is drawn anew: what was typed and ticked, what is folded out, and where the focus is. */

const FOCUSABLE = "h1, a, button, input, select, textarea, summary";

/** What is there now; the answer puts it back. */
export function kept(root: HTMLElement): () => void {
  const parts = [typed(root), folded(root), focused(root)];
  return () => {
    for (const putBack of parts) {
      putBack();
    }
  };
}

function typed(root: HTMLElement): () => void {
  const fields = [...root.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("main input, main textarea")];
  const values = fields
    .filter(({ id, type }) => id !== "" && type !== "file")
    .map((field) => [field.id, field.value, field instanceof HTMLInputElement && field.checked] as const);
  return () => {
    for (const [id, value, checked] of values) {
      const field = document.getElementById(id);
      if (field instanceof HTMLInputElement && (field.type === "radio" || field.type === "checkbox")) {
        field.checked = checked;
      } else if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) {
        field.value = value;
      }
    }
  };
}

function folded(root: HTMLElement): () => void {
  const open = [...root.querySelectorAll("details")].map((details) => details.open);
  return () => {
    for (const [index, details] of root.querySelectorAll("details").entries()) {
      details.open = open[index] ?? false;
    }
  };
}

/** The focus: on what has the same id, or else is the same kind of thing with the same words, the same number of it. */
function focused(root: HTMLElement): () => void {
  const { activeElement: before } = document;
  if (!(before instanceof HTMLElement) || !root.contains(before)) {
    return () => undefined;
  }
  const alike = (): HTMLElement[] =>
    [...root.querySelectorAll<HTMLElement>(FOCUSABLE)].filter(
      ({ tagName, id, textContent }) =>
        tagName === before.tagName && id === before.id && (id !== "" || textContent === before.textContent),
    );
  const place = alike().indexOf(before);
  return () => alike()[place]?.focus({ preventScroll: true });
}
