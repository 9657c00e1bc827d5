// The messages example: its two programs, in pipes and in a terminal, and what
// strangers can send to them.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { ClientHandler } from "../clienthandler.ts";
import { Chat, MOST } from "../examples/messages/chat.ts";
import { MessagesHandler } from "../examples/messages/handler.ts";
import type { Said } from "../examples/messages/wire.ts";
import { FORMATS, type Message } from "../lib/formats/formats.ts";
import { Peer } from "../lib/testing/testing.ts";
import { Server } from "../server.ts";
import { listening, Program } from "../tools/processes/program.ts";
import { needs } from "./support/needs.ts";

const net = needs("net");
const programs = needs("net", "run", "Unix");
const terminal = needs("net", "run", "pty");

/** Starts a server with an empty chat, in this process. */
function serve(chat = new Chat()): Server {
  const server = new Server({
    port: 0,
    wire: FORMATS.json,
    clientHandler: MessagesHandler.with(chat),
    log: () => {},
    report: () => {},
  });
  void server.run();
  return server;
}

/** A user without the example's client. */
class User implements Disposable {
  #peer: Peer;
  /** What others have done until the last answer. */
  readonly pushes: Said[] = [];

  constructor(peer: Peer) {
    this.#peer = peer;
  }

  static async enter({ addr }: Server, name: string): Promise<User> {
    const user = new User(await Peer.greeted(addr, FORMATS.json));
    assertEquals(await user.ask("enter", name), [`Hello ${name}: 0 to read`]);
    return user;
  }

  /** Makes a request. Resolves to the texts of its answer. */
  async ask(action: string, ...replies: string[]): Promise<string[]> {
    return textsOf(await this.request({ do: action, replies }));
  }

  send(message: Message): Promise<void> {
    return this.#peer.send(message);
  }

  async request(message: Message): Promise<Said> {
    await this.send(message);
    for (;;) {
      const said = await this.#peer.receive() as Said;
      if (!said?.push) return said;
      this.pushes.push(said);
    }
  }

  /** Resolves to the texts of the next push. */
  async hear(): Promise<string[]> {
    return textsOf(this.pushes.shift() ?? await this.#peer.receive() as Said);
  }

  /** Vanishes, as when the program is killed. */
  [Symbol.dispose](): void {
    this.#peer[Symbol.dispose]();
  }
}

function textsOf({ push = [], lines = push }: Said): string[] {
  return lines.map((line) =>
    "from" in line ? `${line.from}: ${line.text}` : line.text
  );
}

net.test("Users of the messages find what was written to them while they were away, in order, until they have read it (needs net)", async () => {
  await using server = serve();
  using alice = await User.enter(server, "Alice Brown");
  {
    using _bob = await User.enter(server, "Bob Chen");
    assertEquals(await alice.ask("users"), ["Here: Alice Brown, Bob Chen"]);
  }
  assertEquals(await alice.ask("send", "bob chen", "one"), ["Sent"]);
  assertEquals(await alice.ask("send", "Bob Chen", "two"), ["Sent"]);
  assertEquals(await alice.ask("send", "No One", "three"), [
    "There is no user No One",
  ]);
  const both = ["Alice Brown: one", "Alice Brown: two", "No more"];
  for (const _lost of [1, 2]) {
    // Bob vanishes before he has seen the answer: they are kept.
    using bob = new User(await Peer.greeted(server.addr, FORMATS.json));
    assertEquals(await enterSoon(bob, "Bob Chen"), [
      "Hello Bob Chen: 2 to read",
    ]);
    await bob.send({ do: "read", replies: [] });
    await alice.ask("users"); // the answer to Bob is on its way, too
  }
  using bob = new User(await Peer.greeted(server.addr, FORMATS.json));
  await enterSoon(bob, "Bob Chen");
  assertEquals(await bob.ask("read"), both);
  assertEquals(await alice.ask("send", "Bob Chen", "three"), ["Sent"]);
  assertEquals(await bob.hear(), ["Alice Brown has written to you"]);
  assertEquals(await bob.ask("read"), ["Alice Brown: three", "No more"]);
  assertEquals(await bob.ask("read"), ["No more"]);
  const { lines } = await bob.request({ do: "quit", replies: [] });
  assertEquals(lines, [{ text: "Goodbye" }]);
});

/** Enters, as soon as the server has noticed that the user has left before. */
async function enterSoon(user: User, name: string): Promise<string[]> {
  for (;;) {
    const said = await user.ask("enter", name);
    if (!said[0].includes("taken")) return said;
  }
}

net.test("Members of a room see at once who joins, writes and leaves, and the owner closes it for all (needs net)", async () => {
  const chat = new Chat();
  await using server = serve(chat);
  using alice = await User.enter(server, "Alice Brown");
  using bob = await User.enter(server, "Bob Chen");
  await alice.ask("open", "tea");
  assertEquals(await bob.ask("open", "TEA"), ["It is open: join it"]);
  assertEquals(await bob.ask("rooms"), ["Open: tea"]);
  const here = ["Here: Alice Brown, Bob Chen. bye leaves the room"];
  assertEquals(await bob.ask("join", "tea"), here);
  assertEquals(await alice.hear(), ["Bob Chen has joined"]);
  assertEquals(await alice.ask("say", "hello"), []);
  assertEquals(await bob.hear(), ["Alice Brown: hello"]);
  await bob.ask("say", "bye");
  assertEquals(await alice.hear(), ["Bob Chen has left tea"]);
  assertEquals(await bob.ask("say", "lost"), ["That is not possible now"]);
  await bob.ask("join", "tea");
  assertEquals(await alice.hear(), ["Bob Chen has joined"]);
  {
    using third = await User.enter(server, "Third");
    await third.ask("join", "tea");
    assertEquals(await bob.hear(), ["Third has joined"]);
  }
  assertEquals(await bob.hear(), ["Third has left tea"]);
  await alice.ask("say", "exit");
  assertEquals(await bob.hear(), ["Alice Brown has closed tea"]);
  assertEquals([chat.rooms.size, await bob.ask("rooms")], [0, ["Open: none"]]);
});

net.test("A stranger cannot take a name twice, deceive by a name, or fill the server of the messages (needs net)", async () => {
  const chat = new Chat();
  await using server = serve(chat);
  using alice = await User.enter(server, "Alice Brown");
  const stranger = new User(await Peer.greeted(server.addr, FORMATS.json));
  using _stranger = stranger;
  const taken = ["That name is taken: choose another"];
  for (const name of ["ALICE brown", "\uff21lice Brown"]) { // a wide A
    assertEquals(await stranger.ask("enter", name), taken);
  }
  const names = ["", " a", "a ", "a  b", "a\nb", "* a", "a: b", "\u001b[2J"];
  for (const name of [...names, "a\u200bb", "a\u202eb", "a".repeat(21)]) {
    const [said] = await stranger.ask("enter", name);
    assertMatch(said, /^A name has 1 to 20/, JSON.stringify(name));
  }
  await stranger.ask("enter", "Bob Chen");
  const long = "a".repeat(MOST.text + 1);
  for (const text of ["", " \n", long]) {
    const said = ["A message has 1 to 500 characters"];
    assertEquals(await stranger.ask("send", "Alice Brown", text), said);
  }
  const wrong: Message[] = [7, {}, { do: "read" }, { do: 1, replies: [] }];
  for (const it of [...wrong, { do: "send", replies: [1] }]) {
    const { error } = await stranger.request(it);
    assertEquals(error, 'Send {"do": TEXT, "replies": [TEXT, ...]}');
  }
  const line = { text: "a" };
  const user = chat.users.get("alice brown")!;
  await chat.store.save(user, Array(MOST.unread).fill(line));
  const full = ["Too much is unread"];
  assertEquals(await stranger.ask("send", "Alice Brown", "one"), full);
  for (let i = 0; i < MOST.rooms; i++) {
    chat.openRoom(`room ${i}`, { name: "Alice Brown" });
  }
  assertEquals(await alice.ask("open", "one"), ["Too many are open"]);
});

Deno.test("The chat forgets the user who left longest ago when too many are known", async () => {
  const chat = new Chat();
  const client = { push() {} };
  const enter = (name: string) => chat.enter(name, client);
  for (let i = 0; i < MOST.users; i++) await enter(`user ${i}`);
  const refused = await enter("one more").catch(({ message }) => message);
  assertEquals(refused, "Too many users are here: try again later");
  const [first, second] = ["user 7", "user 3"].map((name) =>
    chat.users.get(name)!
  );
  await chat.write("user 7", { text: "a" }, second);
  for (const user of [first, second]) chat.leave(user);
  await enter("one more");
  assertEquals([chat.users.size, chat.users.has("user 7")], [
    MOST.users,
    false,
  ]);
  assertEquals(await chat.store.load(first), []);
  await enter("user 3");
});

/** The words that start one of the two programs. */
function command(name: string, port: string): string[] {
  const run = ["run", "--quiet", "--no-prompt", "--allow-net"];
  return [Deno.execPath(), ...run, `examples/messages/${name}.ts`, port];
}

/** Starts a client whose user's lines come from a pipe. */
function piped(port: string, lines: string): Program {
  const script = 'printf "$0" | exec "$@"';
  return new Program("sh", ["-c", script, lines, ...command("client", port)]);
}

/** Starts a client in a terminal. */
function onTerminal(port: string, columns = 80): Program {
  const script = "import pty, sys; pty.spawn(sys.argv[1:])";
  // With job control, so that a Ctrl-Z can stop the client.
  const sized = `stty cols ${columns} rows 24; set -m; "$@"`;
  const client = ["sh", "-c", sized, "sh", ...command("client", port)];
  return new Program("python3", ["-c", script, ...client], { stdin: "piped" });
}

const MENU = `  1  See who is here
  2  Write to a user
  3  Read what users have written to you
  4  See which rooms are open
  5  Open a room
  6  Join a room
  7  Leave
`;

programs.test("The client of the messages shows plain lines in a pipe: no prompt, no escape codes, no line of others that looks like two (needs net, run, Unix)", async () => {
  const [deno, ...words] = command("server", "0");
  await using server = new Program(deno, words);
  const port = await listening(server);
  const lines =
    "Alice Brown\\n2\\nAlice Brown\\nhi\\033[2J  there\\n3\\n9\\n7\\n";
  await using client = piped(port, lines);
  const { code, stdout, stderr } = await client.ended();
  const time = stdout.match(/\d\d:\d\d/)?.[0];
  const notice = "* Alice Brown has written to you\n"; // before or after the answer
  assert(stdout.includes(notice), stdout);
  assertEquals(
    stdout.replace(notice, ""),
    `* Welcome\n* Hello Alice Brown: 0 to read\n${MENU}` +
      `* Sent\n` +
      `${time} Alice Brown: hi\\x1b[2J there\n* No more\n${MENU}* Goodbye\n`,
  );
  assertEquals([code, stderr], [0, ""]);
  server.kill("SIGINT");
  assertEquals((await server.ended()).code, 0);
  await using late = piped(port, "");
  const ended = await late.ended();
  assertEquals([ended.code, ended.stdout], [1, "* No server listens\n"]);
});

programs.test("No server can make the client of the messages show more than lines (needs net, run, Unix)", async () => {
  class Hostile extends ClientHandler {
    protected override async sendId(): Promise<void> {
      const text = "a\n12:00 Bob Chen: b\r\u001b[2J\u202e" +
        "\u0007".repeat(9000);
      const ask = { do: "a", title: "", asks: ["a\u001b[A\n> "] };
      await this.send([{
        lines: [{ text }, { from: text, at: 0, text }],
        next: ask,
      }]);
    }
    protected override processRequest(): Message {
      return 7;
    }
  }
  await using server = new Server({
    ...{ port: 0, wire: FORMATS.json, clientHandler: Hostile },
    ...{ log: () => {}, report: () => {} },
  });
  void server.run();
  await using client = piped(`${server.addr.port}`, "a\\n");
  const { code, stdout } = await client.ended();
  assertEquals(code, 0);
  const lines = stdout.split("\n");
  assertEquals(lines.length, 5, stdout);
  assertMatch(lines[0], /^\* a 12:00 Bob Chen: b \\x1b\[2J\\u202e\\x07/);
  assert(!/[^ -~\n]/.test(stdout) && stdout.length < 6000, stdout);
});

/** Waits until a terminal has shown this. `CSI` begins an escape sequence. */
async function shown(program: Program, pattern: string): Promise<string> {
  const csi = `${String.fromCharCode(27)}\\[`;
  return (await program.stdout.match(RegExp(pattern.replaceAll("CSI", csi))))[
    0
  ];
}

/** Enters as Bob Chen, and then a room, by a choice of the menu. */
async function enterTea(bob: Program, choice: string): Promise<void> {
  await shown(bob, "Your name: ");
  await bob.type("Bob Chen\n");
  await shown(bob, "> ");
  await bob.type(`${choice}\n`);
  await shown(bob, "Room: ");
  await bob.type("tea\n");
}

terminal.test("In a terminal, what others do stands above the line that the user edits, and Ctrl-D and Ctrl-C leave (needs net, run, pty)", async () => {
  await using server = serve();
  using alice = await User.enter(server, "Alice Brown");
  await alice.ask("open", "tea");
  await using bob = onTerminal(`${server.addr.port}`);
  await enterTea(bob, "6");
  await shown(bob, "tea: CSI6G$");
  await bob.type("a long line ".repeat(15));
  await bob.type(`${String.fromCharCode(27)}[D`.repeat(5)); // to the left
  await shown(bob, "CSI5D|(CSI1?D[^]*){5}");
  await alice.ask("say", `hello${" Bob".repeat(30)}`);
  // Up to the first row of the line, which is cleared, and drawn again below.
  const cleared = "CSI2ACSI1GCSI0J";
  const line = `\\d\\d:\\d\\d Alice Brown: hello( Bob)*\r\n {8}Bob( Bob)*\r\n`;
  await shown(bob, `${cleared}${line}CSI1GCSI0Jtea: a long line[^]*line `);
  await bob.type("!\n");
  const said = "a long line ".repeat(15).replace(/line $/, "!line");
  assertEquals(await alice.hear(), ["Bob Chen has joined"]);
  assertEquals(await alice.hear(), [`Bob Chen: ${said}`]);
  await alice.ask("say", "exit"); // the prompt is the menu's, at once
  await shown(bob, "Alice Brown has closed tea[^]*> CSI3G$");
  await bob.type("2\n");
  await shown(bob, "To: CSI5G$");
  await alice.ask("send", "Bob Chen", "hello"); // the prompt stays
  await shown(bob, "Alice Brown has written to you\r\nCSI1GCSI0JTo: CSI5G$");
  await bob.type("\u001a"); // Ctrl-Z: does nothing
  await bob.type("\u0004");
  await shown(bob, "CSI0J\\* Goodbye\r\n$");
  assertEquals((await bob.ended()).code, 0);
  await using again = onTerminal(`${server.addr.port}`);
  await shown(again, "Your name: ");
  await again.type("\u0003");
  await shown(again, "CSI0J\\* Goodbye\r\n$");
  assertEquals((await again.ended()).code, 0);
});

const LONG = "x".repeat(100_000);
const TOO_LONG = "\\* A message has 1 to 500 characters";

programs.test("A line of 100,000 characters in a pipe does not end the client of the messages (needs net, run, Unix)", async () => {
  await using server = serve();
  const lines = `Bob Chen\\n2\\nBob Chen\\n${LONG}\\n7\\n`;
  await using client = piped(`${server.addr.port}`, lines);
  const { code, stdout } = await client.ended();
  assertMatch(stdout, RegExp(`\n${TOO_LONG}\n\\* Goodbye\n$`));
  assertEquals(code, 0);
});

terminal.test("In a terminal, the client of the messages takes a pasted line of 100,000 characters at once (needs net, run, pty)", async () => {
  await using server = serve();
  await using bob = onTerminal(`${server.addr.port}`);
  await enterTea(bob, "5");
  await shown(bob, "tea: ");
  await bob.type(`${LONG}\n`);
  await shown(bob, TOO_LONG);
});

terminal.test("In a narrow terminal, too, no text can look like another user's line (needs net, run, pty)", async () => {
  await using server = serve();
  using alice = await User.enter(server, "Alice Brown");
  await alice.ask("open", "tea");
  await using bob = onTerminal(`${server.addr.port}`, 30);
  await enterTea(bob, "6");
  await shown(bob, "tea: ");
  await alice.ask("say", "hello hell 12:00 Bob Chen: forged");
  const rows = "hello\r\n {8}hell 12:00 Bob Chen:\r\n {8}forged\r\n";
  await shown(bob, `\\d\\d:\\d\\d Alice Brown: ${rows}`);
});
