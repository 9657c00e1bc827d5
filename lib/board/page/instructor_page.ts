/**
 * The instructor's pages: who has passed, and who is connected.
 *
 * @module
 */

import { columnsOf, cut, escape, firstColumns } from "../../text.ts";
import { type Html, html } from "../html.ts";
import { mapInSlices } from "../slices.ts";

/** A table for people. Its texts come from strangers. */
export interface Sheet {
  /** The columns. */
  readonly columns: readonly {
    readonly title: string;
    readonly isNumber?: boolean;
    /** Whether its texts are sentences, which are shown whole. */
    readonly isLong?: boolean;
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
/** The same for sentences. */
const WIDEST_LONG = 400;
/** The same for what is shown when the mouse is over a cell. */
const WIDEST_TIP = 120;
/** A cell that is wider may be cut by the style sheet. */
const SHORT = 20;

/** What else a page shows. */
export interface PageOptions {
  /** What is wrong at present, if anything is. */
  readonly alert?: string;
  /** Whether there is a class list to download. @default {false} */
  readonly hasClass?: boolean;
}

/** Returns a page, in parts. `path` is its own. It is made in slices. */
export async function instructorPage(
  path: string,
  sections: readonly Section[],
  { alert, hasClass = false }: PageOptions = {},
): Promise<string[]> {
  const classLink = hasClass
    ? html`
      <a href="/class.csv" download="class.csv">Class list as CSV</a>
    `
    : "";
  const alertLine = alert === undefined ? "" : html`
    <p class="alert">${alert}</p>
  `;
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
            aria-label="Pages">${links}<a href="/roster.csv" download="roster.csv">CSV</a>${classLink}<a href="/metrics">Metrics</a><a href="/">Board</a></nav>
          <label>Search <input type="search" id="search" autocomplete="off"></label>
          <p id="found" role="status"></p>
          <p id="status" role="status"></p>
        </header>
        <main id="main">
          ${alertLine}
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
  const kinds = columns.map(({ isNumber, isLong }) =>
    isNumber
      ? html`
        class="number"
      `
      : isLong
      ? html`
        class="long"
      `
      : html``
  );
  const head = columns.map(({ title }, i) =>
    html`
      <th scope="col" ${kinds[i]}>${title}</th>
    `
  );
  const rows = await mapInSlices(
    Array(Math.min(length, MOST_ROWS)).keys(),
    (at) => {
      const cells = sheet.cells(at).map((cell, i) =>
        cellOf(cell, kinds[i], columns[i].isLong)
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

/** Returns a cell. One that the style sheet may cut shows more of its text when the mouse is over it. */
function cellOf(text: string, kind: Html, isLong = false): Html {
  if (isLong) return html`<td${kind}>${shown(text, WIDEST_LONG)}</td>`;
  const cell = shown(text, WIDEST);
  return text.length <= SHORT
    ? html`<td${kind}>${cell}</td>`
    : html`<td${kind} title="${shown(text, WIDEST_TIP)}">${cell}</td>`;
}

/** Escapes and cuts a cell. */
function shown(text: string, widest: number): string {
  const escaped = escape(cut(text, widest + 1));
  const isShort = text.length <= widest && columnsOf(escaped) <= widest;
  return isShort ? escaped : `${firstColumns(escaped, widest)}…`;
}

/** How the instructor's pages look. */
export const INSTRUCTOR_CSS = `
:root { --ground: #fbfaf6; --text: #15181e; --soft: #565c66; --line: #d9d6cc; --link: #08613a; --bad: #9c2a10; color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #0e1116; --text: #f3f5f8; --soft: #a3abb8; --line: #2b313b; --link: #84e3ac; --bad: #ffab91; }
}
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.4 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; background: var(--ground); color: var(--text); }
header { position: sticky; top: 0; display: flex; flex-wrap: wrap; gap: .6rem 1.6rem; align-items: center; padding: .7rem 1.2rem; background: var(--ground); border-bottom: 1px solid var(--line); }
nav { display: flex; gap: 1.2rem; }
a { color: var(--link); }
a[aria-current] { color: var(--text); font-weight: 700; text-decoration: none; }
input { font: inherit; padding: .2rem .5rem; width: 16rem; max-width: 60vw; color: inherit; background: transparent; border: 1px solid var(--soft); border-radius: 4px; }
#found, #status { margin: 0; color: var(--soft); }
.alert { color: var(--bad); font-weight: 700; }
main { padding: .4rem 1.2rem 3rem; overflow-x: auto; }
h1 { font-size: 1.15rem; margin: 1.2rem 0 .2rem; }
p { margin: .2rem 0 .7rem; }
.none, section > p { color: var(--soft); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .22rem 1.4rem .22rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td { max-width: 14rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.long { min-width: 16rem; max-width: 34rem; white-space: normal; overflow-wrap: anywhere; }
th { color: var(--soft); font-weight: 400; }
.number { text-align: right; }
[hidden] { display: none; }
`;

/** The script of the instructor's pages: it searches, and keeps the tables up to date. */
export const INSTRUCTOR_JS = `"use strict";
const search = document.getElementById("search");
const found = document.getElementById("found");
const status = document.getElementById("status");

/** Returns a text without accents and capitals. */
function plain(text) {
  return text.normalize("NFKD").replace(/\\p{M}/gu, "").toLowerCase();
}

function filter() {
  const words = plain(search.value).split(/\\s+/).filter(Boolean);
  let count = 0;
  for (const section of document.querySelectorAll("section")) {
    const before = count;
    for (const row of section.querySelectorAll("tbody tr")) {
      const text = plain(Array.from(row.cells, (cell) => cell.textContent).join(" "));
      row.hidden = !words.every((word) => text.includes(word));
      if (!row.hidden) count++;
    }
    section.hidden = words.length > 0 && count === before;
  }
  found.textContent = words.length > 0 ? count + " found" : "";
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
