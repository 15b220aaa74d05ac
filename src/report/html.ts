/** Text that is HTML already; everything else is escaped when it is put into a page. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type HtmlValue = Html | string | number | readonly HtmlValue[];

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A template of HTML: what is put into it is escaped unless it is Html; lists are joined. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  const parts = strings.map((text, i) => text + textOf(values[i] ?? ""));
  return new Html(parts.join(""));
}

export const nothing = new Html("");

function textOf(value: HtmlValue): string {
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map(textOf).join("");
  return escapeHtml(String(value));
}

/** Control characters other than white space, which HTML forbids in any form, become U+FFFD. */
function escapeHtml(text: string): string {
  return text
    .replaceAll(/[&<>"']/g, (character) => escapes[character] ?? "")
    .replaceAll(/[^\P{Cc}\t\n\r]/gu, "\ufffd");
}
