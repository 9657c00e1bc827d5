/**
 * The script of the page for the projector.
 *
 * @module
 */

import { MOST_NAMES } from "../wall.ts";

/** An address with more characters is shown smaller: it is one of IPv6. */
export const LONG = 16;
/** The other addresses that are shown. */
export const MOST_OTHERS = 3;

/** The script. It puts text into the page as text only, whatever a name has in it. */
export const BOARD_JS: string = String.raw`"use strict";
const $ = (id) => document.getElementById(id);
const wall = $("wall");
const MOST = ${MOST_NAMES}; // names that are shown
const LONG = ${LONG}; // an address with more characters is shown smaller
const MOST_OTHERS = ${MOST_OTHERS}; // other addresses that are shown
const MARKED = 3; // names that are marked as new
const FEWEST = 20; // names that there is always room for
const STEP = 1.12; // how much the room grows at once, so that letters become smaller in small steps
const ROOMS = [FEWEST];
while (ROOMS.at(-1) < MOST) ROOMS.push(Math.min(MOST, Math.ceil(ROOMS.at(-1) * STEP)));
const QUIET = 40000; // ms without a sign of life: the connection is dead
const LETTER = 16; // px, before the wall is scaled
const GAP = 4; // px between two names
const LINE = 1.3 * LETTER;
const MOST_SPACE = 1.5; // lines are at most so many times as far apart as they are high
let last; // the last update
let total = 0; // names that came
let places; // how the wall is divided
let heard = Date.now();

/* How wide each of so many names is at least, in its own letters. A few are shown whole. */
function lettersFor(room) {
  return Math.max(9.2, 19 - 1.58 * Math.log(room));
}

/* Divides the wall into places: as large as they can be for the next room. */
function divide(count) {
  const room = ROOMS.find((it) => it >= count);
  const wide = lettersFor(room);
  const { clientWidth: width, clientHeight: height } = wall.parentElement;
  let best = { scale: 0 };
  for (let columns = 2; columns < 60; columns++) {
    const rows = Math.ceil(room / columns);
    const across = width / columns;
    const scale = Math.min((across - GAP) / (wide * LETTER), height / (rows * LINE));
    const down = Math.min(height / rows, scale * LINE * MOST_SPACE);
    if (scale > best.scale) best = { room, columns, across, down, scale };
  }
  return best;
}

/* Moves with transform only: nothing else on the page is laid out again. */
function put(item, at) {
  const { columns, across, down, scale } = places;
  const x = (at % columns) * across;
  const y = Math.floor(at / columns) * down;
  item.style.transform = "translate(" + x + "px," + y + "px) scale(" + scale + ")";
}

/* Divides the wall for so many names, unless it is divided like that. */
function arrange(count) {
  const next = divide(count);
  if (places && Object.keys(next).every((key) => next[key] === places[key])) return;
  places = next;
  wall.style.setProperty("--wide", (places.across - GAP) / places.scale + "px");
  Array.from(wall.children, put);
}

function add([mark, name]) {
  const item = document.createElement("li");
  const number = document.createElement("span");
  const text = document.createElement("bdi");
  number.className = "mark";
  number.textContent = mark;
  text.textContent = name;
  item.append(number, text);
  item.className = "new";
  // When the wall is full, the newest takes the place of the oldest.
  const at = total++ % MOST;
  if (at < wall.children.length) wall.children[at].replaceWith(item);
  else wall.append(item);
  put(item, at);
}

function markNew() {
  const first = Math.max(0, total - MARKED);
  const fresh = new Set();
  for (let at = first; at < total; at++) fresh.add(wall.children[at % MOST]);
  for (const item of wall.querySelectorAll(".new")) {
    item.classList.toggle("new", fresh.has(item));
  }
}

function show(update) {
  if (update.reset) {
    wall.replaceChildren();
    total = 0;
  }
  arrange(Math.min(MOST, total + update.names.length));
  update.names.forEach(add);
  markNew();
  for (const key of ["passed", "connected", "refused"]) {
    const text = String(update[key]);
    if ($(key).textContent !== text) $(key).textContent = text;
  }
  $("empty").hidden = total > 0;
  showReasons(last = update);
  showAddress(update.connectTo);
}

function counted(count, text) {
  const item = document.createElement("li");
  const number = document.createElement("b");
  number.textContent = count;
  item.append(number, text);
  return item;
}

/* Shows as many reasons as there is room for, and how many refusals had others. */
function showReasons({ reasons, refused }) {
  const list = $("reasons");
  for (let shown = reasons.length; shown >= 0; shown--) {
    const items = reasons.slice(0, shown).map(([reason, count]) => counted(count + " ×", " " + reason));
    const rest = reasons.slice(0, shown).reduce((left, [, count]) => left - count, refused);
    if (rest > 0 && shown > 0) items.push(counted("+ " + rest, " more"));
    $("none").hidden = refused > 0;
    list.replaceChildren($("none"), ...items);
    if (list.scrollHeight <= list.clientHeight) break;
  }
}

function showAddress({ addresses: [host, ...others], port, tls }) {
  $("tls").textContent = tls ? "--tls " : "";
  if ($("host").textContent === host && $("port").textContent === String(port)) return;
  for (const id of ["host", "to"]) $(id).textContent = host;
  for (const id of ["port", "at"]) $(id).textContent = port;
  $("also").textContent = others.length > 0 ? "or " + others.slice(0, MOST_OTHERS).join(", ") : "";
  $("where").className = "where " + (host.length > LONG ? "long" : "short");
  arrange(wall.children.length);
}

/* Tells a screen reader the counts, but not at every change. */
let told = "";
setInterval(() => {
  const count = (id) => $(id).textContent + " " + id;
  const news = ["passed", "connected", "refused"].map(count).join(", ");
  if (news !== told) $("news").textContent = told = news;
}, 5000);

let events;
function connect() {
  events?.close();
  events = new EventSource("/events");
  heard = Date.now();
  events.onopen = () => $("status").textContent = "";
  events.onmessage = ({ data }) => {
    heard = Date.now();
    show(JSON.parse(data));
  };
  events.addEventListener("beat", () => heard = Date.now());
  events.onerror = () => {
    // The browser tries again by itself, unless the server has refused.
    const isRefused = events.readyState === EventSource.CLOSED;
    $("status").textContent = (isRefused ? "The server has no place for this page." : "The server does not answer.") + " Trying again...";
    if (isRefused) setTimeout(connect, 3000 + Math.random() * 3000);
  };
}
setInterval(() => {
  if (Date.now() - heard > QUIET) connect();
}, 5000);
addEventListener("resize", () => {
  arrange(wall.children.length);
  if (last) showReasons(last);
});

/* The page is painted first: it has the address already. A hidden page is not painted, so a timer begins, too. */
function begin() {
  if (!events) connect();
}
requestAnimationFrame(() => setTimeout(begin));
setTimeout(begin, 500);
`;
