import { assertEquals, assertMatch } from "@std/assert";
import { StudentHandler } from "../clienthandler.ts";
import { Roster } from "../lib/students/roster.ts";
import { needs } from "./support/needs.ts";
import { ALICE, fields, Peer, TestServer } from "./support/peers.ts";

const net = needs("net");

/** The reports about students, without the client's address. */
function doubtsOf({ reports }: TestServer): string[] {
  return reports.map((line) => line.replace(/^\S+ /, ""))
    .filter((line) => !line.includes("left after"));
}

net.test("A sid that comes with another name is acknowledged, and reported with the name before (needs net)", async () => {
  await using test = new TestServer();
  using alice = await Peer.greeted(test.addr);
  await alice.send(ALICE, ALICE);
  assertEquals(await alice.receiveSome(2), [1, 1]);
  using other = await Peer.greeted(test.addr);
  await other.send({ ...ALICE, student_name: "Mallory", sid: "123456789" });
  assertEquals(await other.receive(), 1);
  const line =
    "Connected: Student: Mallory, Github Username: abrown, sid: 123456789";
  assertEquals(test.lines.at(-1), line);
  assertEquals(doubtsOf(test), [
    "(Mallory) doubtful: this sid came with the name Alice Brown before",
  ]);
});

net.test("A name or sid of None is not doubtful (needs net)", async () => {
  await using test = new TestServer();
  using peer = await Peer.greeted(test.addr);
  const names = ["Alice", "Bob", null, "Carol"];
  await peer.send(
    ...names.map((student_name) => ({ ...ALICE, student_name, sid: null })),
    ...[null, "Alice", null, "Bob"].map((student_name) => ({
      ...ALICE,
      student_name,
    })),
  );
  assertEquals(await peer.receiveSome(8), Array(8).fill(1));
  assertEquals(doubtsOf(test), []);
});

net.test("At most three doubtful students of a client are reported (needs net)", async () => {
  await using test = new TestServer();
  const rename = async (names: number) => {
    using peer = await Peer.greeted(test.addr);
    for (let i = 0; i < names; i++) {
      await peer.send({ ...ALICE, student_name: `Name ${i}` });
      assertEquals(await peer.receive(), 1);
    }
  };
  await rename(20);
  const first = doubtsOf(test);
  assertEquals(first.length, 4);
  assertMatch(
    first[2],
    /^\(Name 3\) doubtful: this sid came with the name Name 0 before$/,
  );
  assertEquals(
    first[3],
    "(Name 4) further doubtful students of this client are not reported",
  );
  await rename(20); // the roster has all of these names
  assertEquals(doubtsOf(test).length, 4);
  await rename(23); // another client has three of its own
  assertEquals(doubtsOf(test).length, 4 + 3);
});

net.test("The names in a report of a doubtful student are escaped and cut (needs net)", async () => {
  await using test = new TestServer();
  using peer = await Peer.greeted(test.addr);
  const names = [`Al\n\x1b[2J${"x".repeat(3000)}`, `B\r${"y".repeat(3000)}`];
  for (const student_name of names) {
    await peer.send({ ...ALICE, student_name });
    assertEquals(await peer.receive(), 1);
  }
  const [said] = doubtsOf(test);
  assertMatch(
    said,
    /^\(B\\ry{37}\) doubtful: this sid came with the name Al\\n\\x1b\[2Jx{47,51}\.\.\. \(3007 characters\) before$/,
  );
});

net.test("The line about a doubtful student has its own name, and no number (needs net)", async () => {
  await using test = new TestServer();
  using peer = await Peer.greeted(test.addr);
  const names = ["Alice Brown", "Mallory", ""];
  await peer.send(
    ...names.map((student_name) => ({ ...ALICE, student_name })),
  );
  assertEquals(await peer.receiveSome(3), [1, 1, 1]);
  const said = "doubtful: this sid came with the name Alice Brown before";
  assertEquals(doubtsOf(test), [`(Mallory) ${said}`, said]);
});

net.test("A client is told why its student is refused, and the first refusal is reported (needs net)", async () => {
  const roster = new Roster(undefined, { maxNewPerConnection: 1 });
  await using test = new TestServer({
    clientHandler: StudentHandler.with(roster),
  });
  using peer = await Peer.greeted(test.addr);
  for (let sid = 0; sid < 10; sid++) {
    await peer.send({ ...ALICE, sid });
    const answer = await peer.receive();
    if (sid === 0) assertEquals(answer, 1);
    else assertMatch(String(fields(answer).error), /try again in a minute$/);
  }
  assertEquals(doubtsOf(test), [
    "(Alice Brown) refused: This connection has brought too many new students: " +
    "try again in a minute",
  ]);
});
