// The board in a real browser. What it looks like is kept in screenshots/.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Browser, launch, type Page } from "puppeteer-core";
import type { RosterSource } from "../../lib/board/routes.ts";
import { StoreError } from "../../lib/students/store.ts";
import { LATE } from "../../lib/testing/soon.ts";
import { TestBoard } from "../support/boards.ts";
import { CHROMIUM, needs } from "../support/needs.ts";
import { ALICE, BOB, Peer } from "../support/peers.ts";
import { ROOT } from "../../tools/processes/program.ts";

const chromium = needs("chromium");
const FOLDER = `${ROOT}screenshots`;
const SIZES = [[800, 600], [1280, 720], [1920, 1080], [3840, 2160]] as const;

/** A browser with one page, and what its console says. */
class TestBrowser implements AsyncDisposable {
  readonly console: string[] = [];
  readonly page: Page;
  #browser: Browser;

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.page = page;
    page.setDefaultTimeout(LATE);
    page.on("console", (message) => this.console.push(message.text()));
    page.on("pageerror", (error) => this.console.push(String(error)));
    page.on("dialog", (dialog) => this.console.push(dialog.message()));
  }

  static async open(url: string): Promise<TestBrowser> {
    const browser = await launch({
      executablePath: CHROMIUM,
      args: ["--no-sandbox"], // a container's root user has none
    });
    const opened = new TestBrowser(browser, await browser.newPage());
    await opened.page.setViewport({ width: 1280, height: 720 });
    await opened.page.goto(url);
    return opened;
  }

  /** Evaluates an expression in the page. */
  // deno-lint-ignore no-explicit-any -- what the page returns
  evaluate(expression: string): Promise<any> {
    return this.page.evaluate(expression);
  }

  /** Waits until an expression is true in the page. */
  async until(expression: string): Promise<void> {
    await this.page.waitForFunction(expression);
  }

  /** Keeps a picture of the page in each size. */
  async show(name: string): Promise<void> {
    await Deno.mkdir(FOLDER, { recursive: true });
    for (const value of ["light", "dark"]) {
      await this.page.emulateMediaFeatures([
        { name: "prefers-color-scheme", value },
      ]);
      for (const [width, height] of SIZES) {
        await this.page.setViewport({ width, height });
        await new Promise((resolve) => setTimeout(resolve, 100));
        const path = `${FOLDER}/${name}-${width}-${value}.png` as const;
        await this.page.screenshot({ path });
      }
    }
    await this.page.setViewport({ width: 1280, height: 720 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}

const FIRST = "Alice Bob Chiara Dmitri Emeka Fatima Grace Hiroshi José Nguyễn";
const LAST = "Brown Chen Rossi Okafor Müller Nakamura Featherstonehaugh";

/** Brings students from `first` on. Each has a connection of its own, which stays. */
async function bring(test: TestBoard, count: number, first = 0) {
  const peers: Peer[] = [];
  const [names, families] = [FIRST.split(" "), LAST.split(" ")];
  for (let i = first; i < first + count; i++) {
    const peer = await Peer.greeted(test.server.addr);
    peers.push(peer);
    const name = `${names[i % 10]} ${families[i % 7]}`;
    await peer.send({
      ...ALICE,
      student_name: name,
      sid: 100_000_000 + 37 * i,
    });
    await peer.receive();
  }
  return {
    [Symbol.dispose]: () => peers.forEach((peer) => peer[Symbol.dispose]()),
  };
}

/** The names whose place is not within the wall, and those that overlap the one before. */
const MISPLACED = `(() => {
  const wall = document.querySelector("main").getBoundingClientRect();
  const boxes = Array.from(document.querySelectorAll("#wall li"), (item) => item.getBoundingClientRect());
  const outside = boxes.filter((it) => it.left < wall.left - 1 || it.top < wall.top - 1 ||
    it.right > wall.right + 1 || it.bottom > wall.bottom + 1 || it.bottom > innerHeight);
  const over = boxes.filter((it, i) => i > 0 && it.top === boxes[i - 1].top && it.left < boxes[i - 1].right - 1);
  return [outside.length, over.length];
})()`;

/** Whether the page is larger than the window. */
const SCROLLS = "document.documentElement.scrollHeight > innerHeight || " +
  "document.documentElement.scrollWidth > innerWidth";

chromium.test("A student's name appears within a second, and the console stays empty (needs chromium)", async () => {
  await using test = new TestBoard();
  await using browser = await TestBrowser.open(test.url("/"));
  await browser.until(
    "document.querySelector('#connected').textContent === '0'",
  );
  await browser.show("0-students");
  using peer = await Peer.greeted(test.server.addr);
  await browser.until(
    "document.querySelector('#connected').textContent === '1'",
  );
  await peer.send(ALICE);
  await peer.receive();
  const began = performance.now();
  await browser.until("document.querySelectorAll('#wall li').length === 1");
  const waited = performance.now() - began;
  assert(waited < 1000, `${waited} ms`);
  assertEquals(await browser.evaluate("wall.innerText"), "89Alice Brown");
  assertEquals(await browser.evaluate("$('passed').textContent"), "1");
  const paint =
    "performance.getEntriesByName('first-contentful-paint')[0].startTime";
  console.log(`    shown after ${Math.round(waited)} ms`);
  await browser.page.reload(); // the browser has just started, and was slow
  await browser.until(
    "performance.getEntriesByName('first-contentful-paint').length === 1",
  );
  console.log(
    `    first paint ${Math.round(await browser.evaluate(paint))} ms`,
  );
  using _others = await bring(test, 5);
  await browser.until("document.querySelectorAll('#wall li').length === 6");
  await browser.show("5-students");
  assertEquals(browser.console, []);
});

chromium.test("500 students fit into every window, and none moves anything else when it arrives (needs chromium)", async () => {
  await using test = new TestBoard();
  await using browser = await TestBrowser.open(test.url("/"));
  await browser.evaluate(`globalThis.shifts = [];
    new PerformanceObserver((list) => shifts.push(...list.getEntries().map((it) => it.value)))
      .observe({ type: "layout-shift", buffered: true });`);
  using _first = await bring(test, 60);
  await browser.until("document.querySelectorAll('#wall li').length === 60");
  assertEquals(await browser.evaluate("shifts"), []);
  using wrong = await Peer.greeted(test.server.addr);
  await wrong.send({ sid: 1 }, { ...ALICE, sid: ["x"] }, { sid: 1 });
  await wrong.receiveSome(3);
  await browser.until(
    "$('reasons').innerText.includes('2 × student_name is missing')",
  );
  await browser.evaluate("shifts.length = 0");
  await browser.show("60-students");
  await browser.evaluate("new Promise((resolve) => setTimeout(resolve, 700))");
  await browser.evaluate("shifts.length = 0"); // those of new window sizes
  using _more = await bring(test, 240, 60);
  await browser.until("document.querySelectorAll('#wall li').length === 300");
  await browser.show("300-students");
  await browser.evaluate("new Promise((resolve) => setTimeout(resolve, 700))");
  await browser.evaluate("shifts.length = 0"); // those of new window sizes
  using _others = await bring(test, 200, 300);
  await browser.until("document.querySelectorAll('#wall li').length === 500");
  assertEquals(await browser.evaluate("shifts"), []);
  assertEquals(
    await browser.evaluate("document.querySelectorAll('#wall .new').length"),
    3,
  );
  for (const [width, height] of SIZES) {
    await browser.page.setViewport({ width, height });
    await browser.until(`(${MISPLACED}).join() === "0,0"`);
    assertEquals(await browser.evaluate(SCROLLS), false, `${width}`);
  }
  await browser.show("500-students");
  assertEquals(browser.console, []);
});

chromium.test("Letters are as large for one name as for 20, and become smaller in small steps (needs chromium)", async () => {
  await using test = new TestBoard();
  await using browser = await TestBrowser.open(test.url("/"));
  for (const [width, height] of SIZES) {
    await browser.page.setViewport({ width, height });
    const sizes: number[] = await browser.evaluate(
      "Array.from({ length: MOST }, (_, i) => divide(i + 1).scale)",
    );
    assertEquals(new Set(sizes.slice(0, 20)).size, 1);
    for (let i = 1; i < sizes.length; i++) {
      const step = sizes[i] / sizes[i - 1];
      assert(step > 0.82 && step < 1.05, `${width}: ${i + 1} names, ${step}`);
    }
    assert(sizes[499] < sizes[0]);
  }
});

chromium.test("A hostile name stays text, and takes no more room than others (needs chromium)", async () => {
  await using test = new TestBoard();
  await using browser = await TestBrowser.open(test.url("/"));
  using peer = await Peer.greeted(test.server.addr);
  const names = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "W".repeat(60_000),
    "\u202eecilA",
    `Z${"\u0301".repeat(40)}`,
    "line\nbreak\ttab",
    "أليس براون",
    "\ufdfd".repeat(40),
    "👩‍👩‍👧‍👦".repeat(20),
    "",
  ];
  const students = names.map((student_name, sid) => ({
    ...BOB,
    student_name,
    sid,
  }));
  await peer.send(...students);
  await peer.receiveSome(students.length);
  for (let i = 0; i < 300; i++) await peer.send(ALICE);
  await peer.receiveSome(300);
  await browser.until(
    `document.querySelectorAll("#wall li").length === ${names.length + 1}`,
  );
  assertEquals(await browser.evaluate(MISPLACED), [0, 0]);
  assertEquals(
    await browser.evaluate(
      "document.querySelectorAll('img, #wall script').length",
    ),
    0,
  );
  const heights = await browser.evaluate(
    "[...new Set(Array.from(document.querySelectorAll('#wall li'), (it) => it.offsetHeight))]",
  );
  assertEquals(heights.length, 1);
  assertEquals(
    await browser.evaluate("wall.children[0].lastChild.textContent"),
    names[0],
  );
  await browser.show("hostile-names");
  const { token } = test.board;
  await browser.page.goto(test.url(`/live?token=${token.text}`));
  assertEquals(
    await browser.evaluate("document.querySelectorAll('img').length"),
    0,
  );
  assertEquals(browser.console, []);
});

chromium.test("The board connects again when the server has started again, and shows what that one knows (needs chromium)", async () => {
  const first = new TestBoard();
  const { port } = first.at;
  await using browser = await TestBrowser.open(first.url("/"));
  using _students = await bring(first, 3);
  using wrong = await Peer.greeted(first.server.addr);
  await wrong.send({ sid: 1 });
  await wrong.receive();
  await browser.until("$('reasons').innerText.includes('student_name')");
  await browser.until("document.querySelectorAll('#wall li').length === 3");
  await first[Symbol.asyncDispose]();
  await browser.until(
    "$('status').textContent.startsWith('The server does not answer')",
  );
  await browser.show("no-connection");
  await using second = new TestBoard({}, port);
  using peer = await Peer.greeted(second.server.addr);
  await peer.send(BOB);
  await peer.receive();
  await browser.until(
    "wall.innerText === '21Bob Chen' && $('status').textContent === ''",
  );
  assertEquals(
    await browser.evaluate("$('reasons').innerText"),
    "Nothing was refused.",
  );
});

/** The contrast of two colours, as WCAG defines it. */
function contrast(a: string, b: string): number {
  const light = (color: string) => {
    const [red, green, blue] = color.match(/[\d.]+/g)!.map((it) => {
      const share = Number(it) / 255;
      return share <= 0.04045
        ? share / 12.92
        : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
  };
  const ratio = light(a) / light(b);
  return Math.max(ratio, 1 / ratio);
}

chromium.test("The reasons and the count of the others are whole in every window, and the address follows the network (needs chromium)", async () => {
  let addresses = ["192.0.2.7", "192.0.2.8"];
  let tls = false;
  await using test = new TestBoard({
    connectTo: () => ({ addresses, port: 12000, tls }),
  });
  await using browser = await TestBrowser.open(test.url("/"));
  const { reasons } = test.board.state;
  for (const kind of ["a", "b", "c", "d", "e", "f"]) {
    reasons.add(`${kind} message is of no kind that this server can read`);
  }
  using wrong = await Peer.greeted(test.server.addr);
  await wrong.send({ sid: 1 }, { sid: 1 });
  await wrong.receiveSome(2);
  using _students = await bring(test, 30);
  await browser.until("document.querySelectorAll('#wall li').length === 30");
  await browser.until("$('refused').textContent === '8'");
  for (const [width, height] of SIZES) {
    await browser.page.setViewport({ width, height });
    await browser.until(
      "$('reasons').scrollHeight <= $('reasons').clientHeight",
    );
    const counts: string[] = await browser.evaluate(
      "Array.from($('reasons').querySelectorAll('b'), (it) => it.textContent)",
    );
    const sum = counts.reduce((sum, it) => sum + Number(it.match(/\d+/)), 0);
    assertEquals(sum, 8, `${width}: ${counts}`);
    assert(counts.length > 1 && counts.at(-1)!.startsWith("+"), `${counts}`);
    const size = "parseFloat(getComputedStyle($('reasons')).fontSize)";
    assert(await browser.evaluate(size) >= height / 36, `${width}`);
    assertEquals(await browser.evaluate(SCROLLS), false, `${width}`);
  }
  await browser.show("30-students");
  addresses = ["198.51.100.9"];
  await browser.until("$('host').textContent === '198.51.100.9'");
  assertEquals(
    await browser.evaluate("document.querySelector('.command').innerText"),
    "deno task client --host 198.51.100.9 --port 12000",
  );
  tls = true; // the server was started again, with a certificate
  addresses = ["2001:db8:1234:5678:9abc:def0:1234:5678"];
  await browser.until("$('where').className === 'where long'");
  assertEquals(
    await browser.evaluate("document.querySelector('.command').innerText"),
    `deno task client --tls --host ${addresses[0]} --port 12000`,
  );
  for (const [width, height] of SIZES) {
    await browser.page.setViewport({ width, height });
    for (const part of [".command", ".where"]) {
      const room = `document.querySelector("${part}")`;
      assert(
        await browser.evaluate(`${room}.scrollWidth <= ${room}.clientWidth`),
        `${width} ${part}`,
      );
    }
  }
  await browser.show("long-address");
  assertEquals(browser.console, []);
});

chromium.test("Both colour schemes have enough contrast, and nothing moves for who wants that (needs chromium)", async () => {
  await using test = new TestBoard();
  await using browser = await TestBrowser.open(test.url("/"));
  using peer = await Peer.greeted(test.server.addr);
  await peer.send(ALICE, { sid: 1 });
  await peer.receiveSome(2);
  await browser.until("document.querySelectorAll('#reasons b').length === 1");
  const animation =
    "getComputedStyle(document.querySelector('#wall .new')).animationName";
  const grounds = new Set<string>();
  for (const scheme of ["light", "dark"]) {
    await browser.page.emulateMediaFeatures([
      { name: "prefers-color-scheme", value: scheme },
      { name: "prefers-reduced-motion", value: "reduce" },
    ]);
    const ground = "getComputedStyle(document.body).backgroundColor";
    grounds.add(await browser.evaluate(ground));
    for (
      const selector of [
        "dt",
        "dd",
        ".passed dd",
        ".command",
        "#reasons b",
        "footer h2",
        "#status",
      ]
    ) {
      const color =
        `getComputedStyle(document.querySelector("${selector}")).color`;
      const colors = await browser.evaluate(`[${color}, ${ground}]`);
      assert(contrast(colors[0], colors[1]) >= 4.5, `${scheme} ${selector}`);
    }
    for (const part of ["", " .mark"]) {
      const colors = await browser.evaluate(`[
        getComputedStyle(document.querySelector("#wall .new${part}")).color,
        getComputedStyle(document.querySelector("#wall .new")).backgroundColor]`);
      assert(contrast(colors[0], colors[1]) >= 4.5, `${scheme} .new${part}`);
    }
    assertEquals(await browser.evaluate(animation), "none");
  }
  assertEquals(grounds.size, 2);
  // A screen reader is told the counts.
  await browser.until(
    "$('news').textContent === '1 passed, 1 connected, 1 refused'",
  );
  assertEquals(browser.console, []);
});

chromium.test("The instructor's link opens the roster without the token in its address, and the page searches and stays up to date (needs chromium)", async () => {
  const rows = [["Alice Brown", "1"], ["Bob Chen", "2"]];
  let isAway = false;
  const rosterSource: RosterSource = {
    csv: () => Promise.resolve([]),
    sections: () =>
      isAway
        ? Promise.reject(new StoreError("the store is away"))
        : Promise.resolve([{
          heading: "Passed",
          sheet: {
            columns: [{ title: "name" }, { title: "sid", isNumber: true }],
            length: rows.length,
            cells: (at) => rows[at],
            summary: `${rows.length} sids`,
          },
          none: "Nobody",
        }]),
  };
  await using test = new TestBoard({ rosterSource });
  const link = test.url(`/roster?token=${test.board.token.text}`);
  await using browser = await TestBrowser.open(link);
  assertEquals(browser.page.url(), test.url("/roster"));
  assertEquals(
    await browser.evaluate("document.querySelectorAll('tbody tr').length"),
    2,
  );
  await browser.page.type("#search", "bob");
  const seen =
    "Array.from(document.querySelectorAll('tbody tr:not([hidden])'), (it) => it.innerText).join()";
  assertEquals(await browser.evaluate(seen), "Bob Chen\t2");
  rows.push(["Bobby Tables", "3"]);
  isAway = true;
  await browser.until(
    "document.querySelector('#status').textContent === " +
      "'Not up to date. The server answers: This page cannot be made now: the store is away'",
  );
  isAway = false;
  await browser.until(`(${seen}).includes("Bobby Tables")`);
  assertEquals(await browser.evaluate(seen), "Bob Chen\t2,Bobby Tables\t3");
  // A search needs no accents. A table without a row that fits is not shown.
  rows.push(["Núñez, Ana", "4"]);
  const search = (text: string) =>
    browser.evaluate(
      `search.value = "${text}"; search.dispatchEvent(new Event("input"))`,
    );
  await search("nunez");
  await browser.until(`(${seen}) === "Núñez, Ana\t4"`);
  const found = "document.querySelector('#found').textContent";
  assertEquals(await browser.evaluate(found), "1 found");
  await search("nobody");
  assertEquals(await browser.evaluate(found), "0 found");
  assertEquals(
    await browser.evaluate("document.querySelector('main').innerText.trim()"),
    "",
  );
  await search("");
  assertEquals(await browser.evaluate(found), "");
  using _students = await bring(test, 4);
  await browser.page.goto(test.url("/live"));
  assertMatch(
    await browser.evaluate("document.querySelector('#main').innerText"),
    /4 clients connected/,
  );
  await browser.show("live");
  // The browser itself says that the store was away.
  assert(browser.console.every((line) => line.includes(" 503 ")));
});
