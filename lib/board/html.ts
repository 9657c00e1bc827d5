/**
 * HTML whose values cannot be markup.
 *
 * @module
 */

/** Markup that is complete. */
export class Html {
  /** The markup. */
  readonly text: string;

  /** Takes text as markup. */
  constructor(text: string) {
    this.text = text;
  }
}

/** A value in a template. */
export type Part = string | number | Html | readonly Html[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A template of HTML. Every value is text, unless it was made by this function, too. */
export function html(markup: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(String.raw({ raw: markup }, ...parts.map(shown)));
}

function shown(part: Part): string {
  if (part instanceof Html) return part.text;
  if (typeof part === "object") return part.map((it) => it.text).join("");
  return String(part).replace(/[&<>"']/g, (it) => ENTITIES[it]);
}
