/**
 * The instructor's pages: who has passed, and who is connected.
 *
 * @module
 */

import { columnsOf, cut, escape, firstColumns } from "../../text.ts";
import { html } from "../html.ts";
import { mapInSlices } from "../slices.ts";

/** A table for people. Its texts come from strangers. */
export interface Sheet {
  /** The columns. */
  readonly columns: readonly {
    readonly title: string;
    readonly isNumber?: boolean;
  }[];
  /** How many rows there are. */
  readonly length: number;
  /** Returns the cells of a row. It is called only for rows that are shown. */
  cells(at: number): readonly string[];
  /** What is said about it. */
  readonly summary: string;
}

/** A table with its heading. */
export interface Section {
  /** What is above it. */
  readonly heading: string;
  /** The table. */
  readonly sheet: Sheet;
  /** What is said if the table has no rows. */
  readonly none: string;
}

/** The rows of a table that a browser is sent. The others are in the CSV. */
const MOST_ROWS = 2_000;
/** The widest cell, in columns. */
const WIDEST = 60;

/** Returns a page, in parts. `path` is its own. It is made in slices. */
export async function instructorPage(
  path: string,
  sections: readonly Section[],
): Promise<string[]> {
  const links = [["/roster", "Roster"], ["/live", "Live"]].map(([to, title]) =>
    to === path
      ? html`<a href="${to}" aria-current="page">${title}</a>`
      : html`<a href="${to}">${title}</a>`
  );
  const start = html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <title>Rollcall: for the instructor</title>
        <meta name="viewport" content="width=device-width">
        <meta name="color-scheme" content="light dark">
        <link rel="icon" href="/icon.svg">
        <link rel="stylesheet" href="/instructor.css">
        <script src="/instructor.js" defer></script>
      </head>
      <body>
        <header>
          <nav
            aria-label="Pages">${links}<a href="/roster.csv" download="roster.csv">CSV</a><a href="/metrics">Metrics</a><a href="/">Board</a></nav>
          <label>Search <input type="search" id="search" autocomplete="off"></label>
          <p id="status" role="status"></p>
        </header>
        <main id="main">
  `.text;
  const parts = [start.trimStart()];
  for (const section of sections) {
    // Not all at once: a call has room for some thousand arguments only.
    for (const part of await partsOf(section)) parts.push(part);
  }
  parts.push("</main>\n</body>\n</html>\n");
  return parts;
}

async function partsOf({ heading, sheet, none }: Section): Promise<string[]> {
  const { columns, length, summary } = sheet;
  const rest = length > MOST_ROWS ? ` The first ${MOST_ROWS} are shown.` : "";
  const top = html`<section>\n<h1>${heading}</h1>\n<p>${summary}${rest}</p>\n`;
  if (length === 0) {
    return [html`${top}<p class="none">${none}</p>\n</section>\n`.text];
  }
  const numbers = columns.map(({ isNumber }) =>
    isNumber
      ? html`
        class="number"
      `
      : html``
  );
  const head = columns.map(({ title }, i) =>
    html`
      <th scope="col" ${numbers[i]}>${title}</th>
    `
  );
  const rows = await mapInSlices(
    Array(Math.min(length, MOST_ROWS)).keys(),
    (at) => {
      const cells = sheet.cells(at).map((cell, i) =>
        html`<td${numbers[i]}>${shown(cell)}</td>`
      );
      return html`<tr>${cells}</tr>\n`.text;
    },
  );
  return [
    html`${top}<table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n`.text,
    ...rows,
    "</tbody>\n</table>\n</section>\n",
  ];
}

/** Escapes and cuts a cell. */
function shown(text: string): string {
  const escaped = escape(cut(text, WIDEST + 1));
  const isShort = text.length <= WIDEST && columnsOf(escaped) <= WIDEST;
  return isShort ? escaped : `${firstColumns(escaped, WIDEST)}…`;
}

/** How the instructor's pages look. */
export const INSTRUCTOR_CSS = `
:root { --ground: #fbfaf6; --text: #15181e; --soft: #565c66; --line: #d9d6cc; --link: #08613a; color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #0e1116; --text: #f3f5f8; --soft: #a3abb8; --line: #2b313b; --link: #84e3ac; }
}
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.4 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; background: var(--ground); color: var(--text); }
header { position: sticky; top: 0; display: flex; flex-wrap: wrap; gap: .6rem 1.6rem; align-items: center; padding: .7rem 1.2rem; background: var(--ground); border-bottom: 1px solid var(--line); }
nav { display: flex; gap: 1.2rem; }
a { color: var(--link); }
a[aria-current] { color: var(--text); font-weight: 700; text-decoration: none; }
input { font: inherit; padding: .2rem .5rem; width: 16rem; max-width: 60vw; color: inherit; background: transparent; border: 1px solid var(--soft); border-radius: 4px; }
#status { margin: 0; color: var(--soft); }
main { padding: .4rem 1.2rem 3rem; overflow-x: auto; }
h1 { font-size: 1.15rem; margin: 1.2rem 0 .2rem; }
p { margin: .2rem 0 .7rem; }
.none, section > p { color: var(--soft); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .22rem 1.4rem .22rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 400; }
.number { text-align: right; }
[hidden] { display: none; }
`;

/** The script of the instructor's pages: it searches, and keeps the tables up to date. */
export const INSTRUCTOR_JS = `"use strict";
const search = document.getElementById("search");
const status = document.getElementById("status");

function filter() {
  const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
  for (const row of document.querySelectorAll("tbody tr")) {
    const cells = Array.from(row.cells, (cell) => cell.textContent);
    const text = cells.join(" ").toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
  }
}

/** Asks for the page. Returns why it is not up to date, or nothing. */
async function update() {
  const response = await fetch(location.pathname).catch(() => undefined);
  if (!response) return "Not up to date: the server does not answer.";
  if (response.status === 401) {
    return "The server has started again: open the link that it prints now.";
  }
  const text = await response.text().catch(() => "");
  if (!response.ok) {
    const said = text.trim().slice(0, 300) || "error " + response.status;
    return "Not up to date. The server answers: " + said;
  }
  const next = new DOMParser().parseFromString(text, "text/html").getElementById("main");
  if (!next) return "Not up to date: the server's answer was not complete.";
  const main = document.getElementById("main");
  if (next.innerHTML !== main.innerHTML) {
    main.replaceWith(document.adoptNode(next));
    filter();
  }
  return "";
}

async function refresh() {
  status.textContent = await update();
  setTimeout(refresh, document.hidden ? 15000 : 3000);
}

search.addEventListener("input", filter);
setTimeout(refresh, 3000);
filter();
`;
