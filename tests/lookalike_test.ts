// What beginners send in place of a message, and what they are told.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { needs } from "./support/needs.ts";
import { ALICE, encode, json, Peer, TestServer } from "./support/peers.ts";
import { FORMATS, type Message } from "../lib/formats/formats.ts";
import { ProtocolError, RequestError } from "../lib/formats/errors.ts";
import { lookalike } from "../lib/formats/lookalike.ts";
import { DEFAULT_LIMITS } from "../lib/limits.ts";
import { toStudent } from "../lib/students/student.ts";
import { Random } from "../lib/testing/random.ts";
import {
  joined,
  number,
  ofLength,
  outcome,
  tryLengths,
} from "./support/lengths.ts";
import { fromHex, readVectors } from "./support/vectors.ts";

const net = needs("net");
const vectors = [...readVectors("valid"), ...readVectors("pythons")];
const { pickle } = FORMATS;

const ascii = (text: string) => new TextEncoder().encode(text);
const PICKLE = encode([ALICE]);
const LENGTH = PICKLE.length;

/** Reads one request as the server does. */
function read(bytes: Uint8Array, format = pickle): void {
  const messages: Message[] = [];
  format.reader(DEFAULT_LIMITS).read(bytes, bytes.length, messages);
  assertEquals(messages.length, 1, "it waits for more");
  toStudent(messages[0]);
}

function assertTold(bytes: Uint8Array, told: string, format = pickle): void {
  const error = assertThrows(() => read(bytes, format), ProtocolError, told);
  // A sure guess has nothing behind it that is to be read, too.
  if (told.startsWith("this looks like")) {
    assertEquals(error.message.includes(" ("), false, error.message);
  }
}

Deno.test("pickle tells a client that sends text, JSON or HTTP what it looks like, and nothing of opcodes", () => {
  for (
    const [sent, told] of [
      ["Alice Brown", "text: did you forget pickle.dumps?"],
      ["I am Alice", "text: did you forget pickle.dumps?"],
      ["student", "text: did you forget pickle.dumps?"],
      ["Zo\u00eb", "text: did you forget pickle.dumps?"],
      ["Zo\u00eb \u00dcnal", "text: did you forget pickle.dumps?"],
      ["None", "text: did you forget pickle.dumps?"],
      ["Nadia", "text: did you forget pickle.dumps?"],
      ["\r\n", "a line end: send the pickle alone"],
      ["\n(dp0\n", "a line end: send the pickle alone"],
      ["bytearray(b'\\x80')", "bytes as text: send what pickle.dumps returns"],
      ["\\x80\\x04\\x95", "bytes as text: send what pickle.dumps returns"],
      ["S\0i\0d\0", "text in UTF-16: did you forget pickle.dumps?"],
      ["\0{\0'", "text in UTF-16: did you forget pickle.dumps?"],
      ["client one", "text: did you forget pickle.dumps?"],
      ["12345", "text: did you forget pickle.dumps?"],
      [JSON.stringify(ALICE), "JSON: did you forget pickle.dumps?"],
      [
        JSON.stringify(ALICE, null, 2),
        "JSON: did you forget pickle.dumps?",
      ],
      ["[1, 2]", "JSON: did you forget pickle.dumps?"],
      ["{'sid': 1}", "a dict as text: did you forget pickle.dumps?"],
      ["b'\\x80\\x04\\x95'", "bytes as text: send what pickle.dumps returns"],
      ["GET / HTTP/1.1\r\n\r\n", "HTTP: a browser or HTTP client cannot"],
      ["POST /x HTTP/1.1\r\n\r\n", "HTTP: a browser or HTTP client cannot"],
      ["HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP: a browser or"],
      ["\x16\x03\x01\x02\x00\x01\x00", "TLS: connect without it"],
      ["\x15\x03\x03\x00\x02\x02\x28", "TLS: connect without it"],
    ] as const
  ) assertTold(ascii(sent), `this looks like ${told}`);
});

Deno.test("pickle tells a client that compresses its pickle, or encodes text in UTF-16, what it looks like", () => {
  for (
    const [hex, told] of [
      ["1f8b0800", "compressed data: send the pickle itself"],
      ["789c6b60", "compressed data: send the pickle itself"],
      ["425a683931415926", "compressed data: send the pickle itself"],
      ["fd377a585a00", "compressed data: send the pickle itself"],
      ["fffe41006c00", "text in UTF-16: did you forget pickle.dumps?"],
      ["feff0041006c", "text in UTF-16: did you forget pickle.dumps?"],
    ] as const
  ) assertTold(fromHex(hex), `this looks like ${told}`);
});

Deno.test("pickle knows what text looks like that could become a pickle", () => {
  for (const text of ["Bob", "Chris", "Jo", "True", "Uma", "Vincent Brown"]) {
    const { messages, error, hint } = outcome(ascii(text));
    assertEquals([messages, error], [[], undefined]);
    assertEquals(hint, "this looks like text: did you forget pickle.dumps?");
  }
  for (const { name, bytes } of vectors) {
    const cut = bytes.subarray(0, bytes.length - 1);
    const { hint = "", messages } = outcome(cut);
    const isSome = messages.length === 0 && hint !== "";
    assert(
      !isSome || !/^(this looks like text)/.test(hint),
      `${name}: ${hint}`,
    );
  }
});

Deno.test("pickle says in plain words that bytes are no pickle, and then why", () => {
  const told =
    "Cannot read the pickle: these bytes are not what pickle.dumps " +
    "returns (there is no opcode 0x07)";
  assertTold(fromHex("075bcd15"), told);
  assertTold(
    fromHex("80059604000000"),
    "Cannot read the pickle: it holds more than plain data (opcode BYTEARRAY8 is refused)",
  );
});

Deno.test("pickle tells a client that sends a length first, in each usual form, to send the pickle alone", () => {
  const told = "this looks like a length: send the pickle alone";
  for (const width of [1, 2, 4, 8]) {
    for (const isLittle of [false, true]) {
      for (let length = 90; length < Math.min(256 ** width, 300); length++) {
        const header = number(length, width, isLittle);
        if (width === 2 && length === 128 && isLittle) continue; // PROTO 0
        assertTold(joined(header, ofLength(length)), told);
      }
    }
  }
  // Also if the length is wrong, and its first byte begins a line of text.
  assertTold(joined(number(86, 4, true), ofLength(99)), told);
  // Alone, it may be the start of a pickle. Then the client is told when time is up.
  for (const width of [4, 8]) {
    for (const isLittle of [false, true]) {
      for (let length = 1; length < 256; length++) {
        const header = number(length, width, isLittle);
        const { error, hint } = outcome(header);
        const said = error instanceof ProtocolError ? error.message : hint;
        assert(said?.includes(told), `${header}: ${said}`);
      }
    }
  }
  const padded = (width: number) => `${LENGTH}`.padStart(width);
  for (
    const header of [
      padded(10),
      padded(64).trimStart() + "   ",
      `${LENGTH}\n`,
      `${LENGTH}:`,
    ]
  ) {
    assertTold(joined(ascii(header), PICKLE), told);
  }
});

Deno.test("pickle names lengths that come before a pickle, unless both together are pickles", () => {
  const { valid, unnamed } = tryLengths((length) =>
    length < 700 || length % 41 === 0
  );
  assert(valid.size > 0);
  assertEquals(unnamed, []);
});

Deno.test("pickle tells a client that encodes twice which encoding is too much", () => {
  const bare = PICKLE.subarray(0); // `btoa` needs characters
  const base64 = btoa(String.fromCharCode(...bare));
  const hex = [...PICKLE].map((byte) => byte.toString(16).padStart(2, "0"));
  assertTold(ascii(base64), "a pickle in base64: send the pickle itself");
  // As CPython writes it in protocol 4.
  assertTold(ascii("gASVSgAAAAAAAAB9lCiM"), "a pickle in base64: send the");
  for (const shown of [hex.join(""), hex.join(" ").toUpperCase()]) {
    assertTold(ascii(shown), "a pickle in hexadecimal: send the pickle");
  }
  assertTold(ascii("286470300a56"), "a pickle in hexadecimal: send the pickle");
  const count = number(LENGTH, 1);
  const inBytes = joined(fromHex("800343"), count, PICKLE, fromHex("2e"));
  assertTold(inBytes, "not bytes that hold a pickle: was pickle.dumps called");
  assertTold(
    fromHex("8002635f636f646563730a656e636f64650a7100"),
    "it holds bytes: was pickle.dumps called twice? (opcode GLOBAL",
  );
  for (const sent of [base64, hex.join(""), "b'\\x80\\x04\\x95'"]) {
    assertTold(
      encode([sent]),
      "not text that holds a pickle: was it made with pickle.dumps twice?",
    );
  }
});

Deno.test("A client whose message is not a dict is told in its format's words what it has probably done", () => {
  const dict = JSON.stringify(ALICE);
  const own = "an own format";
  for (
    const [sent, wire, told] of [
      [
        dict,
        "pickle",
        "text that holds one: send pickle.dumps(d), not pickle.dumps(json.dumps(d))",
      ],
      [
        "{'sid': 1}",
        "pickle",
        "text that holds one: send pickle.dumps(d), not pickle.dumps(str(d))",
      ],
      [
        dict,
        "json",
        "text that holds one: send json.dumps(d), not json.dumps(json.dumps(d))",
      ],
      [
        "{'sid': 1}",
        "json",
        "text that holds one: send json.dumps(d), not json.dumps(str(d))",
      ],
      [dict, own, "text that holds one: send the dict alone"],
      [[], "pickle", "a list"],
      [Object.values(ALICE), "pickle", "a list"],
      [Object.freeze([...Object.values(ALICE)]), "pickle", "a tuple"],
      [
        [ALICE],
        "pickle",
        "a list that holds one: send pickle.dumps(d), not pickle.dumps([d])",
      ],
      [
        Object.freeze([ALICE]),
        "pickle",
        "a tuple that holds one: send pickle.dumps(d), not pickle.dumps((d,))",
      ],
      [[ALICE], own, "a list that holds one: send the dict alone"],
      [
        [ALICE, ALICE],
        "json",
        "a list that holds dicts: send each with its own json.dumps",
      ],
      [
        [ALICE, ALICE],
        own,
        "a list that holds dicts: send each as a message of its own",
      ],
      [
        LENGTH,
        "pickle",
        "an integer: if it is the length of the dict, leave it out",
      ],
      [
        2n ** 64n,
        "pickle",
        "an integer: if it is the length of the dict, leave it out",
      ],
      [
        null,
        "pickle",
        "None: is there a return in the function that makes the dict?",
      ],
      [true, "pickle", "True"],
      ["Alice", "pickle", "text"],
    ] as const
  ) {
    const error = assertThrows(
      () => toStudent(sent as Message, wire),
      ProtocolError,
    );
    assertEquals(error.message, `A request must be a dict, not ${told}`);
  }
});

net.test("A server's advice about a message that is not a dict is for its format (needs net)", async () => {
  for (const [format, dumps] of [[pickle, "pickle"], [json, "json"]] as const) {
    await using test = new TestServer({ wire: format });
    using peer = await Peer.greeted(test.addr, format);
    await peer.send(JSON.stringify(ALICE));
    const [{ error }] = await peer.receiveAll() as [{ error: string }];
    assertEquals(error.includes(`: send ${dumps}.dumps(d), not `), true, error);
  }
});

Deno.test("A client whose key is missing is told the nearest one, or those that came", () => {
  const { student_name: _, ...nameless } = ALICE;
  const nearest = (key: string) => `(there is "${key}")`;
  const many = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [`key ${i}`, i]),
  );
  for (
    const [sent, told] of [
      ...[
        "Student_Name",
        "studentname",
        "student name",
        "student-name ",
        "STUDENT_NAME",
      ]
        .map((key) =>
          [{ ...nameless, [key]: "Alice Brown" }, nearest(key)] as const
        ),
      ...[
        "studnet_name",
        "student_nam",
        "studentsname",
        "name",
        "student",
      ].map((key) => [{ sid: 1, [key]: "A" }, nearest(key)] as const),
      [{ title: "Dr", id: 1 }, '(the keys that came: "title", "id")'],
      [{ e: 1, nam: 2 }, '(the keys that came: "e", "nam")'],
      [{}, "(the dict is empty)"],
      [
        many,
        '(the keys that came: "key 0", "key 1", "key 2", "key 3", "key 4" and 35 more)',
      ],
      [
        { ["\x1b[2J" + "x".repeat(9000)]: 1 },
        `(the keys that came: "\\x1b[2J${
          "x".repeat(17)
        }... (9004 characters)")`,
      ],
    ] as const
  ) {
    const error = assertThrows(() => toStudent(sent as Message), RequestError);
    assertEquals(error.message, `student_name is missing ${told}`);
  }
  for (
    const [field, key] of [
      ["github_username", "github_usrname"],
      ["github_username", "Github-User"],
      ["github_username", "github"],
      ["github_username", "username"],
      ["sid", "id"],
      ["sid", "SID"],
      ["sid", "sid_"],
    ] as const
  ) {
    const { [field]: _, ...others } = ALICE;
    const error = assertThrows(
      () => toStudent({ ...others, name: "x", [key]: "y" }),
      RequestError,
    );
    assertEquals(error.message, `${field} is missing ${nearest(key)}`);
  }
  const { sid: _sid, ...unnumbered } = ALICE;
  assertThrows(
    () => toStudent(unnumbered),
    RequestError,
    'sid is missing (the keys that came: "student_name", "github_username")',
  );
});

Deno.test("pickle tells a client that sends an object to send a plain dict, and names its class", () => {
  const told = "it names Student, a class or function: send a plain dict";
  for (
    const hex of [
      // `pickle.dumps(Student(), 2)` and `pickle.dumps(Student(), 4)`
      "8002635f5f6d61696e5f5f0a53747564656e740a7100298171012e",
      "80049519000000000000008c085f5f6d61696e5f5f948c0753747564656e749493942981942e",
    ]
  ) assertTold(fromHex(hex), told);
  assertTold(
    ascii("ccopy_reg\n_reconstructor\np0\n(c__main__\nStudent\n"),
    "it holds an object of a class: send a plain dict of text and numbers " +
      "(opcode GLOBAL is refused)",
  );
  assertTold(ascii("(i__main__\nStudent\n"), told);
  // A name is the peer's: it is escaped and cut.
  assertThrows(
    () =>
      read(
        joined(
          fromHex("80048c016d8c3c"),
          ascii("\x1b".repeat(60)),
          fromHex("93"),
        ),
      ),
    ProtocolError,
    "it names \\x1b\\x1b",
  );
});

Deno.test("json tells a client that sends something else what it looks like", () => {
  for (
    const [sent, told] of [
      [PICKLE, "a pickle: did you mean json.dumps?"],
      [fromHex("80049512000000000000007d948c"), "a pickle: did you mean"],
      [ascii("(dp0\nVsid\np1\nI1\ns."), "a pickle: did you mean json.dumps?"],
      [ascii("GET / HTTP/1.1\r\n\r\n"), "HTTP: a browser or HTTP client"],
      [ascii("{'sid': 1}\n"), "a dict as text: did you forget json.dumps?"],
      [joined(number(70, 4), ascii("{}\n")), "a length: send the line alone"],
    ] as const
  ) assertTold(sent, told, json);
  assertTold(ascii('{\n  "sid": 1\n}\n'), "must be on one line", json);
  assertTold(ascii("hello\n"), "JSON: it is not one JSON value", json);
});

Deno.test("No valid message is taken for something else", () => {
  for (const { name, bytes } of vectors) {
    const seen = lookalike(bytes, 0, bytes.length);
    assert(seen === undefined || seen === "a pickle", `${name}: ${seen}`);
  }
});

Deno.test("No valid line of JSON is taken for something else", () => {
  const random = new Random(1);
  const value = (depth: number): Message => {
    const kind = random.below(depth > 2 ? 5 : 7);
    if (kind === 0) return null;
    if (kind === 1) return random.below(2) === 1;
    if (kind === 2) return random.below(2 ** 32) - 2 ** 31;
    if (kind < 5) return `${"{['\u00eb\x80\n "[random.below(8)] ?? ""}x`;
    const some = Array.from(
      { length: random.below(4) },
      () => value(depth + 1),
    );
    return kind === 5 ? some : { "'": some, "sid": 1 };
  };
  for (let i = 0; i < 2000; i++) {
    const sent = value(0);
    const space = " ".repeat(random.below(3));
    const line = ascii(`${space}${JSON.stringify(sent)}\n`);
    const cut = random.below(line.length);
    const reader = json.reader(DEFAULT_LIMITS);
    const messages: Message[] = [];
    const taken = reader.read(line.subarray(0, cut), cut, messages);
    reader.read(line.subarray(taken), line.length - taken, messages);
    assertEquals(messages, [sent]);
  }
});

net.test("A server tells a beginner what is wrong, and prints the same (needs net)", async () => {
  await using test = new TestServer();
  using peer = await Peer.greeted(test.addr);
  await peer.sendBytes(ascii(JSON.stringify(ALICE)));
  const [{ error }] = await peer.receiveAll() as [{ error: string }];
  assertEquals(
    error,
    "Cannot read the pickle: this looks like JSON: did you forget pickle.dumps?",
  );
  assert(test.reports[0].endsWith(` refused: ${error}`), test.reports[0]);
});

net.test("A client that sends text which could become a pickle is told when its time is up, or when it ends (needs net)", async () => {
  await using test = new TestServer({ requestTimeout: 0.2 });
  const looks = "this looks like text: did you forget pickle.dumps?";
  using slow = await Peer.greeted(test.addr);
  await slow.sendBytes(ascii("Vincent Brown"));
  const late = `A request must be complete within 0.2 s: ${looks}`;
  assertEquals(await slow.receiveAll(), [{ error: late }]);
  using quick = await Peer.greeted(test.addr);
  await quick.sendBytes(ascii("Bob"));
  await quick.conn.closeWrite();
  const ended = `The connection ended 3 bytes into a message: ${looks}`;
  assertEquals(await quick.receiveAll(), [{ error: ended }]);
});

net.test("A line of JSON without its newline is answered, at the end of its time, with what is missing (needs net)", async () => {
  await using test = new TestServer({ wire: json, requestTimeout: 0.2 });
  using peer = await Peer.greeted(test.addr, json);
  await peer.sendBytes(ascii(JSON.stringify(ALICE)));
  const [{ error }] = await peer.receiveAll() as [{ error: string }];
  const why = "A request must be complete within 0.2 s";
  assertEquals(error, `${why}: it ends with a newline`);
});
