// The board over real HTTP. tests/verify/board.ts looks at it with a browser.

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { createHash } from "node:crypto";
import { bytesOf } from "../lib/board/http_response.ts";
import { AcceptRate, Places } from "../lib/board/places.ts";
import { BOARD_CSS } from "../lib/board/page/board_css.ts";
import { BOARD_JS } from "../lib/board/page/board_js.ts";
import { ICON } from "../lib/board/page/board_page.ts";
import { instructorPage } from "../lib/board/page/instructor_page.ts";
import { DEFAULT_LIMITS, type LimitName } from "../lib/limits.ts";
import { reasonOf, Reasons } from "../lib/board/reasons.ts";
import { MOST_NAMES, Wall } from "../lib/board/wall.ts";
import {
  type Message,
  ProtocolError,
  RequestError,
} from "../lib/formats/formats.ts";
import { parseClassList } from "../lib/cli/roster/class_list.ts";
import { rosterSource } from "../lib/cli/roster_pages.ts";
import { pickle } from "../lib/formats/pickle/pickle.ts";
import { closeOnce } from "../lib/net.ts";
import { Roster } from "../lib/students/roster.ts";
import { MemoryStore } from "../lib/students/memory.ts";
import { StoreError } from "../lib/students/store.ts";
import { toStudent } from "../lib/students/student.ts";
import { soon, until } from "../lib/testing/soon.ts";
import { TestBoard } from "./support/boards.ts";
import { EventReader } from "./support/event_reader.ts";
import { needs } from "./support/needs.ts";
import { ALICE, BOB, encode, Peer } from "./support/peers.ts";
import { readAll } from "../lib/testing/messages.ts";

const net = needs("net");
const FAMILIES = ["Brown", "Chen", "Müller"];

const encoder = new TextEncoder();

/** Sends a request as it is, and returns the whole response. */
async function raw(test: TestBoard, request: string): Promise<string> {
  const conn = await Deno.connect(test.at);
  await conn.write(encoder.encode(request));
  const body = new Response(conn.readable).text();
  return await soon(body, () => "end of the response");
}

function nameOf(student_name: string | null): string {
  const wall = new Wall();
  wall.add({ ...ALICE, student_name });
  return wall.after(0)[0][1];
}

Deno.test("Wall shows each number once, with its last two digits and the name that came first, and each name without a number", () => {
  const wall = new Wall();
  assert(wall.add(ALICE));
  for (let i = 0; i < 300; i++) assert(!wall.add(ALICE));
  assert(!wall.add({ ...ALICE, student_name: "Mallory" }));
  assert(!wall.add({ ...ALICE, sid: String(ALICE.sid) }));
  assert(wall.add({ ...BOB, sid: null }));
  assert(!wall.add({ ...BOB, sid: null }));
  assert(wall.add({ ...ALICE, sid: null }));
  assertEquals(wall.withoutNumber, 2);
  const [alice, ...others] = wall.after(0);
  assertEquals(alice, ["89", "Alice Brown"]);
  assertEquals(others, [["", "Bob Chen"], ["", "Alice Brown"]]);
  assertEquals(wall.after(1), others);
  assertEquals(wall.after(3), []);
});

Deno.test("Wall marks a name with digits if the number has any, and hides at least half of them", () => {
  const sids = [7, "42", 123, "1234", -5, "-12", "987 654 32 1\n", "12345.-"];
  const wall = new Wall();
  for (const sid of sids) wall.add({ ...ALICE, sid });
  assertEquals(
    wall.after(0).map(([mark]) => mark),
    ["", "2", "3", "34", "", "2", "21", "45"],
  );
});

Deno.test("Wall escapes and cuts names, and keeps only the newest", () => {
  assertEquals(
    nameOf("<img src=x onerror=alert(1)>"),
    "<img src=x onerror=alert(1)>",
  );
  assertEquals(nameOf("x".repeat(60_000)), `${"x".repeat(32)}…`);
  assertEquals(nameOf("\u202eecilA"), "\\u202eecilA");
  assertEquals(nameOf("A\u0301".normalize("NFD")), "A\u0301");
  assert(nameOf(`Z${"\u0301".repeat(40)}`).length < 60);
  assertEquals(nameOf(null), "None");
  assertEquals(nameOf("Li 412777258"), "Li *******58");
  assertEquals(nameOf("412 777 258"), "*********58");
  assertEquals(nameOf(`${"x".repeat(29)}412777258`), `${"x".repeat(29)}***…`);
  const wall = new Wall();
  for (let sid = 0; sid < 3000; sid++) wall.add({ ...ALICE, sid });
  assertEquals(wall.total, 3000);
  assertEquals(wall.after(0).length, MOST_NAMES);
  assertEquals(wall.after(0).at(-1)![0], "99");
});

Deno.test("reasonOf() names the field, and shows nothing of what a client sent", () => {
  const requests: Message[] = [
    { sid: 1 },
    { student_name: ["rude words"], github_username: null, sid: 1 },
    { student_name: "x", github_username: null, sid: 1.5 },
    "rude words",
  ];
  const reasons = requests.map((request) => {
    try {
      return String(toStudent(request));
    } catch (error) {
      return reasonOf(error as Error);
    }
  });
  assertEquals(reasons, [
    "student_name is missing",
    "student_name has the wrong type",
    "sid has the wrong type",
    "the request is not a dict",
  ]);
  assertEquals(
    reasonOf(new ProtocolError("rude words", { limit: "maxDepth" })),
    "a message is nested too deeply",
  );
  assertEquals(
    reasonOf(new ProtocolError("rude words")),
    "the message cannot be read",
  );
  const kinds = new Set<string>();
  for (const limit of Object.keys(DEFAULT_LIMITS) as LimitName[]) {
    const reason = reasonOf(new ProtocolError("rude words", { limit }));
    if (/[A-Z]|over the limit/.test(reason)) kinds.add(reason);
  }
  assertEquals(
    [...kinds],
    // No client is refused for these.
    ["over the limit maxWaitingOutput", "over the limit grace"],
  );
  const counts = new Reasons();
  for (let i = 0; i < 1000; i++) counts.add(reasonOf(new RequestError(`${i}`)));
  assertEquals(counts.top(100).length, 21);
  assertEquals(counts.top(1), [["another reason", 980]]);
  const numbers = new Reasons();
  numbers.add("412777258 is not text");
  assertEquals(numbers.top(1), [["*******58 is not text", 1]]);
  assertEquals(counts.total, 1000);
});

Deno.test("reasonOf() says in plain words what kind of message came in place of a dict", () => {
  const reasons = [
    // A class's name, an object made by pickle, and pickle.dumps called twice.
    "\x80\x04\x8c\x08__main__\x94\x8c\x07Student\x94\x93.",
    "\x80\x02c__main__\nStudent\n.",
    "\x80\x02c_codecs\nencode\n.",
    "\x80\x04C\x08\x80\x04\x95\x01\x02\x03\x04\x05.",
    '{"sid": 1}',
  ].map((text) => {
    const bytes = Uint8Array.from(text, (it) => it.charCodeAt(0));
    try {
      const messages: Message[] = [];
      const reader = pickle.reader(DEFAULT_LIMITS);
      readAll(reader, bytes, bytes.length, messages);
      return String(toStudent(messages[0]));
    } catch (error) {
      return reasonOf(error as Error);
    }
  });
  assertEquals(reasons, [
    "an object of a class was sent",
    "an object of a class was sent",
    "pickle.dumps was called twice",
    "pickle.dumps was called twice",
    "the message looks like JSON",
  ]);
});

Deno.test("Places keeps places for this machine, and some for every other address", () => {
  const places = new Places();
  const take = (address: string, count: number) =>
    Array.from({ length: count }, () => places.take(address))
      .filter(Boolean).length;
  assertEquals(take("192.0.2.1", 100), 32);
  assertEquals(take("192.0.2.2", 20), 20);
  for (let i = 3; i < 9; i++) take(`192.0.2.${i}`, 32);
  assertEquals(take("192.0.2.99", 1), 0);
  assertEquals(take("127.0.0.1", 100), 64);
  places.giveBack("192.0.2.1");
  assertEquals(take("192.0.2.1", 2), 1);
});

Deno.test("AcceptRate accepts some connections at once, and the others at a rate", async () => {
  const rate = new AcceptRate();
  const began = performance.now();
  for (let i = 0; i < 32 + 20; i++) await rate.next();
  assert(performance.now() - began >= 180);
});

Deno.test("The script and the styles of the board have less than 20 KB", () => {
  const bytes = new TextEncoder().encode(BOARD_CSS + BOARD_JS).length;
  assert(bytes < 20_000, `${bytes}`);
  new Function(BOARD_JS); // it parses
});

net.test("The board's pages come with headers that keep them to themselves, without a token, and allow no code but their own (needs net)", async () => {
  await using test = new TestBoard();
  for (const path of ["/", "/instructor.css", "/instructor.js", "/icon.svg"]) {
    const response = await fetch(test.url(path));
    const body = await response.text();
    assertEquals(response.status, 200);
    const { headers } = response;
    const policy = headers.get("content-security-policy")!;
    const source = path === "/" ? "'sha256-[\\w+/=]{44}'" : "'self'";
    assertMatch(
      policy,
      new RegExp(
        `^default-src 'none'; script-src ${source}; style-src ${source}; img`,
      ),
    );
    assertEquals(headers.get("x-content-type-options"), "nosniff");
    assertEquals(headers.get("referrer-policy"), "no-referrer");
    assertEquals(headers.get("access-control-allow-origin"), null);
    assert(!body.includes(test.board.token.text));
    assert(!/ style=| on\w+=/.test(body), path);
    for (const [, code] of body.matchAll(/<(?:script|style)>(.*?)<\/s/gs)) {
      const hash = createHash("sha256").update(code).digest("base64");
      assert(policy.includes(`'sha256-${hash}'`));
    }
  }
  const page = await (await fetch(test.url("/"))).text();
  assertMatch(page, /<dd id="host">192\.0\.2\.7<\/dd>/);
  assertMatch(page, /--host <span id="to">192\.0\.2\.7<\/span> --port/);
  assertMatch(page, /or 192\.0\.2\.8/);
});

net.test("The board answers only requests that name its address, in GET and HEAD (needs net)", async () => {
  await using test = new TestBoard();
  const status = async (head: string) =>
    (await raw(test, `${head}\r\n\r\n`)).match(/^HTTP\/1\.1 (\d+)/)?.[1];
  for (
    const host of [
      "127.0.0.1",
      "192.0.2.7:8000",
      "localhost:1",
      "[::1]:8000",
      "LocalHost",
    ]
  ) assertEquals(await status(`GET / HTTP/1.1\r\nHost: ${host}`), "200", host);
  for (const host of ["evil.example", "127.0.0.1.evil.example", "1.2.3", ""]) {
    assertEquals(await status(`GET / HTTP/1.1\r\nHost: ${host}`), "421", host);
  }
  assertEquals(await status("GET / HTTP/1.1"), "421");
  const host = "Host: 127.0.0.1";
  assertEquals(await status(`POST / HTTP/1.1\r\n${host}`), "405");
  assertEquals(await status(`GET /nothing HTTP/1.1\r\n${host}`), "404");
  assertEquals(await status(`GET /__proto__ HTTP/1.1\r\n${host}`), "404");
  assertEquals(await status(`GET /../roster HTTP/1.1\r\n${host}`), "401");
  for (
    const bad of [
      "hello",
      "GET http://x/ HTTP/1.1",
      "GET /\x01 HTTP/1.1",
      `GET / HTTP/1.1\r\n${host}\r\n${host}`,
      `GET / HTTP/1.1\r\n${host}\r\n folded: 1`,
      `GET /${"x".repeat(9000)} HTTP/1.1`,
      // A pattern that tries all ways to divide the spaces would take minutes.
      `GET / HTTP/1.1\r\n${host}\r\nx:${" ".repeat(8000)}\0`,
    ]
  ) assertEquals(await status(bad), "400", bad);
  const head = await raw(test, `HEAD / HTTP/1.1\r\n${host}\r\n\r\n`);
  assertMatch(head, /content-length: \d{4,5}\r\n\r\n$/);
  assertEquals(test.lines, []);
});

net.test("The instructor's pages need the token: as a bearer token, or in the cookie that the link sets (needs net)", async () => {
  await using test = new TestBoard();
  const token = test.board.token.text;
  for (
    const path of ["/roster", "/roster.csv", "/class.csv", "/live", "/metrics"]
  ) {
    const get = async (init?: RequestInit, query = "") => {
      const url = test.url(path) + query;
      const response = await fetch(url, { redirect: "manual", ...init });
      const text = await response.text();
      assert(!text.includes(token));
      return { status: response.status, headers: response.headers };
    };
    const bearer = (given: string) => ({ authorization: `Bearer ${given}` });
    assertEquals((await get()).status, 401);
    for (
      const wrong of ["", "x", token.slice(1), `${token}0`, "0".repeat(32)]
    ) {
      assertEquals((await get({ headers: bearer(wrong) })).status, 401);
      assertEquals((await get({}, `?token=${wrong}`)).status, 401);
    }
    assertEquals((await get({ headers: bearer(token) })).status, 200);
    const opened = await get({}, `?token=${token}`);
    assertEquals(opened.status, 303);
    assertEquals(opened.headers.get("location"), path);
    const cookie = opened.headers.get("set-cookie")!;
    assertMatch(cookie, /; HttpOnly; SameSite=Lax$/);
    // A browser sends it to all ports of the host: another server's is another one.
    assert(cookie.startsWith(`rollcall_token_${test.at.port}=${token};`));
    const headers = { cookie: `other=1; ${cookie.split(";")[0]}` };
    assertEquals((await get({ headers })).status, 200);
  }
});

net.test("The board sends what was there, then changes, and goes on where a page has stopped (needs net)", async () => {
  await using test = new TestBoard();
  using alice = await Peer.greeted(test.server.addr);
  await alice.send(ALICE, { sid: 1 });
  await alice.receiveSome(2);
  await using first = await EventReader.open(test.url("/events"));
  const { data: snapshot } = await first.next();
  assertEquals(snapshot.reset, true);
  assertEquals(snapshot.names, [["89", "Alice Brown"]]);
  assertEquals([snapshot.passed, snapshot.connected, snapshot.refused], [
    1,
    1,
    1,
  ]);
  assertEquals(snapshot.reasons, [["student_name is missing", 1]]);
  await alice.send(BOB);
  await alice.receive();
  const { data: change, id } = await first.next();
  assertEquals([change.reset, change.from], [false, 1]);
  assertEquals(change.names, [["21", "Bob Chen"]]);

  await using again = await EventReader.open(test.url("/events"), id);
  const { data: nothing } = await again.next();
  assertEquals([nothing.reset, nothing.names], [false, []]);
  await using other = await EventReader.open(test.url("/events"), "other.2");
  const { data: all } = await other.next();
  assertEquals([all.reset, all.names.length], [true, 2]);
  assertEquals(all.connectTo, {
    addresses: ["192.0.2.7", "192.0.2.8"],
    port: 12000,
    tls: false,
  });
  // The roster has one row of the sid None for each; the board has two students.
  await alice.send({ ...ALICE, sid: null }, { ...BOB, sid: null });
  await alice.receiveSome(2);
  await using last = await EventReader.open(test.url("/events"));
  assertEquals((await last.next()).data.passed, 4);
});

net.test("The board sends at most four updates a second, whatever happens (needs net)", async () => {
  await using test = new TestBoard();
  await using events = await EventReader.open(test.url("/events"));
  await events.next();
  const began = performance.now();
  using peer = await Peer.greeted(test.server.addr);
  let sid = 0;
  let updates = 0;
  let names = 0;
  while (performance.now() - began < 1500) {
    await peer.send({ ...ALICE, sid: ++sid });
    await peer.receive();
  }
  while (names < Math.min(sid, MOST_NAMES)) {
    names += (await events.next()).data.names.length;
    updates++;
  }
  const seconds = (performance.now() - began) / 1000;
  assert(updates <= 4 * seconds + 1, `${updates} in ${seconds} s`);
  assert(updates >= 2);
});

net.test("A flood of connections to the board takes 64 places of this machine, and none of the lab's clients; further ones are told (needs net)", async () => {
  await using test = new TestBoard();
  const conns: Deno.Conn[] = [];
  for (let i = 0; i < 100; i++) conns.push(await Deno.connect(test.at));
  const ended = conns.map((conn) => new Response(conn.readable).text());
  let closed = 0;
  for (const end of ended) {
    end.then((said) => closed += Number(!said), () => {}); // closed here
  }
  await until(() => closed === 4); // 32 are about to be told
  using peer = await Peer.greeted(test.server.addr);
  await peer.send(ALICE);
  assertEquals(await peer.receive(), 1);
  await conns[70].write(encoder.encode("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  const said = await soon(ended[70], () => "response");
  assertMatch(said, /^HTTP\/1\.1 503 .*\r\nconnection: close\r\n/s);
  assertMatch(said, /The board has no place for another page now\. Close one/);
  for (const conn of conns) closeOnce(conn);
  await Promise.allSettled(ended);
  await until(() => test.server.server.handlers.size === 1);
  let icon: Response | undefined; // once the places are free again
  while (icon?.status !== 200) {
    await icon?.body?.cancel();
    icon = await fetch(test.url("/icon.svg")).catch(() => undefined);
  }
  assertEquals(await icon.text(), ICON);
});

net.test("The board answers 400 at once to what is not HTTP, 408 to silence, and takes lines that end with LF (needs net)", async () => {
  await using test = new TestBoard();
  const begun = [
    Uint8Array.of(0x16, 3, 1, 2, 0, 1), // TLS
    encode([ALICE]), // pickle
    encoder.encode('{"student_name": "Alice'),
    encoder.encode("hello"),
    encoder.encode("GET http://x/ HTTP/1.1\r\n"),
    encoder.encode("PRI * HTTP/2.0\r\n"),
    encoder.encode("GETTHEGREETINGNOW"),
  ];
  const began = performance.now();
  for (const bytes of begun) {
    using conn = await Deno.connect(test.at);
    await conn.write(bytes);
    const answer = new Uint8Array(4096);
    const count = await soon(conn.read(answer), () => "answer");
    const said = new TextDecoder().decode(answer.subarray(0, count ?? 0));
    assertMatch(said, /^HTTP\/1\.1 400 .*The lab's clients connect to/s);
  }
  assert(performance.now() - began < 4000); // silence is answered after 5 s
  const host = "Host: 127.0.0.1";
  for (const end of ["\n", "\r\n"]) {
    const text = await raw(
      test,
      `GET /icon.svg HTTP/1.1${end}${host}${end}X: a\n${end}`,
    );
    assertMatch(text, /^HTTP\/1\.1 200 /);
  }
  assertMatch(
    await raw(test, `GET / HTTP/1.1\n${host}\rX: 1\n\n`),
    /^HTTP\/1\.1 400 /,
  );
  assertMatch(await raw(test, ""), /^HTTP\/1\.1 408 .*No request came/s);
});

net.test("A page that cannot be made says why, and is reported once, with a count when it can be made again (needs net)", async () => {
  let failure: Error | undefined = new StoreError("the database is away");
  await using test = new TestBoard({
    rosterSource: {
      sections: () => failure ? Promise.reject(failure) : Promise.resolve([]),
      csv: () => Promise.reject(new Error("secret")),
    },
  });
  for (let i = 0; i < 3; i++) {
    const response = await test.asInstructor("/roster");
    assertEquals(response.status, 503);
    assertEquals(
      await response.text(),
      "This page cannot be made now: the database is away\n",
    );
    await (await test.asInstructor("/live")).body?.cancel();
  }
  const csv = await test.asInstructor("/roster.csv");
  assertEquals(csv.status, 500);
  assert(!(await csv.text()).includes("secret"));
  failure = undefined;
  assertEquals(
    (await (await test.asInstructor("/roster")).text()).length > 0,
    true,
  );
  assertEquals(test.lines, [
    "The board cannot show /roster: the database is away",
    "The board cannot show /roster.csv: Error: secret",
    "The board shows /roster again. It failed 3 times",
  ]);
  test.board[Symbol.dispose]();
  assertEquals(
    test.lines.at(-1),
    "The board could not show /roster.csv 1 time",
  );
});

net.test("/metrics is OpenMetrics text that counts what happened (needs net)", async () => {
  await using test = new TestBoard();
  using peer = await Peer.greeted(test.server.addr);
  await peer.send(ALICE, ALICE, { sid: 1 });
  await peer.receiveSome(3);
  const response = await test.asInstructor("/metrics");
  assertEquals(
    response.headers.get("content-type"),
    "application/openmetrics-text; version=1.0.0; charset=utf-8",
  );
  const text = await response.text();
  assert(text.endsWith("\n# EOF\n"));
  const families = new Set<string>();
  for (const line of text.trimEnd().split("\n").slice(0, -1)) {
    const [, name] = line.match(/^# TYPE (\w+) (gauge|counter|histogram)$/) ??
      [];
    if (name) {
      assert(!families.has(name), name);
      families.add(name);
    } else if (!line.startsWith("# ")) {
      assertMatch(line, /^rollcall_\w+(\{\w+="[\w.+]+"\})? [\d.e-]+$/);
      const known = [...families].at(-1)!;
      assert(line.startsWith(known), line);
    } else assertMatch(line, /^# (HELP|UNIT) rollcall_/);
  }
  for (
    const line of [
      "rollcall_connections 1",
      "rollcall_students 1",
      'rollcall_requests_total{result="acknowledged"} 2',
      'rollcall_requests_total{result="refused"} 1',
      'rollcall_limit_hits_total{limit="maxDepth"} 0',
      'rollcall_limit_hits_total{limit="maxRosterBytes"} 0',
      'rollcall_request_duration_seconds_bucket{le="+Inf"} 3',
      "rollcall_request_duration_seconds_count 3",
    ]
  ) assert(text.includes(`\n${line}\n`), `${line}\n${text}`);
});

net.test("/live shows who is connected, and escapes what clients sent (needs net)", async () => {
  await using test = new TestBoard();
  using mallory = await Peer.greeted(test.server.addr);
  await mallory.send({
    ...ALICE,
    student_name: "<script>alert(1)</script>\u202e",
  });
  await mallory.receive();
  using wrong = await Peer.greeted(test.server.addr);
  await wrong.send({ ...ALICE, sid: ["x"] });
  await wrong.receive();
  using _silent = await Peer.greeted(test.server.addr);
  const page = await (await test.asInstructor("/live")).text();
  assert(!page.includes("<script>alert"));
  assert(page.includes("&lt;script&gt;alert(1)&lt;/script&gt;\\u202e"), page);
  assertMatch(page, /3 clients connected, 2 of them without a student/);
  assertMatch(page, /sid must be an integer, text or None, not/);
});

net.test("/live shows apart the last 50 clients that left after a refusal, with who they were and why (needs net)", async () => {
  await using test = new TestBoard();
  const { clients } = test.board.state;
  {
    using quiet = await Peer.greeted(test.server.addr);
    await quiet.send(BOB);
    await quiet.receive();
    using wrong = await Peer.greeted(test.server.addr);
    await wrong.send({ ...ALICE, sid: [1] });
    await wrong.receive();
  }
  await until(() => clients.leftRefused.length === 1);
  await until(() => test.server.server.handlers.size === 0);
  const page = await (await test.asInstructor("/live")).text();
  const [connected, left] = page.split("<h1>Left after a refusal</h1>");
  assertMatch(connected, /0 clients connected/);
  assertMatch(
    left,
    />Alice Brown \(refused\)<\/td><td\s+class="long"\s+>sid must be an integer, text or None, not a list<\/td><td><\/td>.*127\.0\.0\.1.*\d s ago/s,
  );
  assert(!left.includes("Bob Chen"));
  using alice = await Peer.greeted(test.server.addr);
  await alice.send(ALICE);
  await alice.receive();
  const later = await (await test.asInstructor("/live")).text();
  assertMatch(
    later,
    /Alice Brown \(refused\)<\/td><td\s+class="long"\s+>[^<]*<\/td><td>yes<\/td>/,
  );
  for (let i = 0; i < 60; i++) {
    using wrong = await Peer.greeted(test.server.addr);
    await wrong.send({
      ...ALICE,
      student_name: `${i} ${"x".repeat(60_000)}`,
      sid: [1],
    });
    await wrong.receive();
  }
  await until(() => /^59 /.test(clients.leftRefused[0].refusedName!));
  assertEquals(clients.leftRefused.length, 50);
  assertEquals(clients.leftRefused[49].refusedName!.slice(0, 4), "10 x");
  assertEquals(clients.leftRefused[0].refusedName!.length, 100);
});

net.test("/live has the whole reason, and the name of a request that is in a list or has a wrong key (needs net)", async () => {
  await using test = new TestBoard();
  using listed = await Peer.greeted(test.server.addr);
  await listed.send([ALICE]);
  await listed.receive();
  const page = await (await test.asInstructor("/live")).text();
  assertMatch(page, />Alice Brown \(refused\)</);
  assertMatch(
    page,
    /not a list that holds one: send pickle\.dumps\(d\), not pickle\.dumps\(\[d\]\)</,
  );
  const keyed = new Map<Message, Message>([
    ["student_name", "Bob Chen"],
    [1, 2],
  ]);
  const error = assertThrows(() => toStudent(keyed), RequestError);
  assertEquals(error.about, "Bob Chen");
  const renamed = { github_username: "bchen", Name: "Bob Chen", sid: 1 };
  const missing = assertThrows(() => toStudent(renamed), RequestError);
  assertEquals(missing.about, "Bob Chen");
});

net.test("The instructor's pages and the metrics say that the roster cannot record, and the board does not (needs net)", async () => {
  const store = new MemoryStore();
  const roster = new Roster(store);
  await using test = new TestBoard({ roster });
  using peer = await Peer.greeted(test.server.addr);
  const record = store.record.bind(store);
  store.record = () => Promise.reject(new StoreError("the <disk> is full"));
  await peer.send(ALICE);
  await peer.receive();
  const said =
    "The roster cannot record students, and their requests are refused: the &lt;disk&gt; is full.";
  const shown = async (path: string) =>
    await (await test.asInstructor(path)).text();
  for (const path of ["/roster", "/live"]) {
    assert((await shown(path)).includes(`<p class="alert">${said}</p>`));
  }
  assert((await shown("/metrics")).includes("\nrollcall_roster_failing 1\n"));
  assert(!(await (await fetch(test.url("/"))).text()).includes("disk"));
  store.record = record;
  await peer.send(ALICE);
  await peer.receive();
  assert(!(await shown("/live")).includes('class="alert"'));
  assert((await shown("/metrics")).includes("\nrollcall_roster_failing 0\n"));
});

net.test("/live has the reason when the roster refuses a student (needs net)", async () => {
  const roster = new Roster(undefined, { maxNewPerConnection: 1 });
  await using test = new TestBoard({ roster });
  using peer = await Peer.greeted(test.server.addr);
  await peer.send(ALICE, BOB);
  await peer.receiveSome(2);
  const page = await (await test.asInstructor("/live")).text();
  assertMatch(page, /<td>Alice Brown<\/td>.*too many new students: try again/s);
});

Deno.test("The pages of a large roster are made in slices, between which other tasks have their turn", async () => {
  const roster = new Roster();
  const origin = { clientId: 1, clientIp: "192.0.2.1" };
  for (let sid = 0; sid < 5000; sid++) {
    const name = `${FAMILIES[sid % 3]} ${sid * 7919 % 5003}`;
    roster.add([{ ...ALICE, student_name: name, sid }], origin);
    await roster.recordWaiting();
  }
  const list = parseClassList(
    encoder.encode(Array.from({ length: 5000 }, (_, i) => `0${i}`).join("\n")),
  );
  const { sections, csv, classCsv } = rosterSource(roster, {
    current: () => Promise.resolve({ list, problem: undefined }),
  });
  const makers = {
    sections,
    csv,
    classCsv: classCsv!,
    page: async () => await instructorPage("/roster", await sections()),
    bytes: async () => await bytesOf({ status: 200, body: await csv() }),
  };
  for (const [name, make] of Object.entries(makers)) {
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    await make();
    clearInterval(timer);
    assert(turns >= 10, `${name}: ${turns}`);
  }
});

Deno.test("instructorPage() escapes cells, and cuts long ones and long tables", async () => {
  const parts = await instructorPage("/roster", [{
    heading: "Passed",
    sheet: {
      columns: [{ title: "name" }],
      length: 3000,
      cells: () => ["<b>" + "x".repeat(60_000)],
      summary: "3000 <sids>",
    },
    none: "Nobody",
  }]);
  const page = parts.join("");
  assert(page.length < 600_000, `${page.length}`);
  assert(page.includes("&lt;b&gt;xxx") && !page.includes("<b>"));
  assert(page.includes("3000 &lt;sids&gt; The first 2000 are shown."));
  const quoted = "\"'><b>" + "y".repeat(300);
  const [, ...rest] = await instructorPage("/live", [{
    heading: "Connected",
    sheet: {
      columns: [{ title: "name" }, { title: "why", isLong: true }],
      length: 1,
      cells: () => [quoted, quoted],
      summary: "",
    },
    none: "",
  }]);
  const row = rest.join("");
  const escaped = "&quot;&#39;&gt;&lt;b&gt;";
  const whole = escaped + "y".repeat(300);
  const short = `${escaped}${"y".repeat(54)}…`;
  const tip = `${escaped}${"y".repeat(114)}…`;
  assert(row.includes(`<td title="${tip}">${short}</td>`), row);
  assert(row.includes(`>${whole}</td>`), row);
});
