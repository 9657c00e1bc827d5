// A TCP server that registers students, for Node 18 and later.
//
// Start it with the port: node server.mjs 12000
// It greets each client with a pickled {'clientid': port}, prints one line for
// each pickled request and answers it with a pickled 1, or {'error': why}.

import { createServer } from "node:net";
import { setImmediate } from "node:timers/promises";

const HOST = "127.0.0.1";
const BACKLOG = 128;
const LIMIT = 65536; // bytes in one message
const LINGER_MS = 1000; // for a refused client to stop sending
const isText = (value) => value === null || typeof value === "string";
const FIELDS = {
  student_name: isText,
  github_username: isText,
  sid: (value) => isText(value) || typeof value === "bigint",
};
const ONE = Buffer.from("\x80\x02K\x01.", "latin1");
const MARK = Symbol("MARK");
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

class BadMessage extends Error {} // the bytes are not a pickle we accept
class Gone extends Error {} // the client has ended or lost the connection

function check(isGood, fault) {
  if (!isGood) throw new BadMessage(fault);
}

// Pickles a short ASCII text (as BINUNICODE, with its length before it).
const pickle = (text) => `X${String.fromCharCode(text.length)}\0\0\0${text}`;
const pickleDict = (key, pickledValue) =>
  Buffer.from(`\x80\x02}${pickle(key)}${pickledValue}s.`, "latin1");
const pickleError = (fault) => pickleDict("error", pickle(fault));

function decodeText(bytes) {
  // Python can write half a surrogate pair, which is not UTF-8: make it U+FFFD.
  let at = bytes.indexOf(0xed);
  for (; at >= 0; at = bytes.indexOf(0xed, at + 1)) {
    if (bytes[at + 1] >= 0xa0 && bytes[at + 2] >= 0x80) {
      bytes.set([0xef, 0xbf, 0xbd], at);
    }
  }
  try {
    return utf8.decode(bytes);
  } catch {
    throw new BadMessage("a text in the pickle is no UTF-8");
  }
}

function decodeLong(bytes) { // little-endian, two's complement
  const hex = bytes.reverse().toString("hex") || "0";
  return BigInt.asIntN(8 * bytes.length, BigInt(`0x${hex}`));
}

// Reads one pickled dict with `await read(size)`, and makes only data of it: Map,
// Array, string, boolean, null, BigInt for an int and Number for a float.
async function readRequest(read) {
  const stack = [];
  const memo = new Map();
  let left = LIMIT;

  const take = (size) => {
    left -= size; // first, so that it never waits for a false length
    check(left >= 0, `the message is longer than ${LIMIT} bytes`);
    return read(size);
  };
  const takeByte = async () => (await take(1))[0];
  const takeUInt32 = async () => (await take(4)).readUInt32LE();
  const top = () => {
    check(stack.length > 0 && stack.at(-1) !== MARK, "a value is missing");
    return stack.at(-1);
  };
  const pop = (count) => {
    const values = stack.splice(-count);
    check(
      values.length === count && !values.includes(MARK),
      "a value is missing",
    );
    return values;
  };
  const popToMark = () => {
    const values = stack.splice(stack.lastIndexOf(MARK) + 1);
    check(stack.pop() === MARK, "a MARK is missing");
    return values;
  };
  const append = (values) => {
    check(Array.isArray(top()), "items are appended to no list");
    for (const value of values) top().push(value);
  };
  const setItems = (items) => {
    check(
      top() instanceof Map && items.length % 2 === 0,
      "items are set in no dict",
    );
    for (let i = 0; i < items.length; i += 2) {
      check(!(items[i] instanceof Object), "a list or dict as key");
      top().set(items[i], items[i + 1]);
    }
  };
  const recall = (key) => {
    check(memo.has(key), "a memo is missing");
    return memo.get(key);
  };

  // Other bytes may look like opcodes for a while, and their sender would get no
  // answer. From protocol 2 on, all pickles start with PROTO.
  check(
    await takeByte() === 0x80 && await takeByte() <= 5,
    "this is no pickle of protocol 2 to 5",
  );
  for (;;) {
    const code = await takeByte();
    switch (String.fromCharCode(code)) {
      case "\x95":
        await take(8);
        break; // FRAME: we need no hint of the size
      case "(":
        stack.push(MARK);
        break;
      case "N":
        stack.push(null);
        break;
      case "\x88":
        stack.push(true);
        break; // NEWTRUE
      case "\x89":
        stack.push(false);
        break; // NEWFALSE
      case "J":
        stack.push(BigInt((await take(4)).readInt32LE()));
        break;
      case "K":
        stack.push(BigInt(await takeByte()));
        break;
      case "M":
        stack.push(BigInt((await take(2)).readUInt16LE()));
        break;
      case "\x8a":
        stack.push(decodeLong(await take(await takeByte())));
        break;
      case "G":
        stack.push((await take(8)).readDoubleBE());
        break;
      case "X":
        stack.push(decodeText(await take(await takeUInt32())));
        break;
      case "\x8c":
        stack.push(decodeText(await take(await takeByte())));
        break;
      case "]":
        stack.push([]);
        break;
      case "a":
        append(pop(1));
        break;
      case "e":
        append(popToMark());
        break;
      case "}":
        stack.push(new Map());
        break;
      case "s":
        setItems(pop(2));
        break;
      case "u":
        setItems(popToMark());
        break;
      case "q":
        memo.set(await takeByte(), top());
        break;
      case "r":
        memo.set(await takeUInt32(), top());
        break;
      case "\x94":
        memo.set(memo.size, top());
        break; // MEMOIZE
      case "h":
        stack.push(recall(await takeByte()));
        break;
      case "j":
        stack.push(recall(await takeUInt32()));
        break;
      case ".":
        check(top() instanceof Map, "the request is no dict");
        return top();
      default:
        check(false, `pickle opcode 0x${code.toString(16)} is not allowed`);
    }
  }
}

// Returns what is wrong with the fields of a request, or null.
function findFault(request) {
  for (const [field, isGood] of Object.entries(FIELDS)) {
    if (!request.has(field)) return `${field} is missing`;
    if (!isGood(request.get(field))) return `${field} is of a wrong kind`;
  }
  return null;
}

function print(request) {
  const [name, github, sid] = Object.keys(FIELDS).map((field) =>
    // Characters that end a line, or steer a terminal, could forge a line.
    String(request.get(field) ?? "None").replace(
      // deno-lint-ignore no-control-regex -- it must find control characters
      /[\x00-\x1f\x7f-\x9f\u2028\u2029]/g,
      (found) => `\\u${found.charCodeAt().toString(16).padStart(4, "0")}`,
    )
  );
  const line = `Connected: Student: ${name}, Github Username: ${github}, ` +
    `sid: ${sid}\n`;
  return new Promise((done) => process.stdout.write(line, done));
}

// Greets a client and answers its requests. Ends by throwing Gone when the client
// sends no more, or BadMessage.
async function talk(socket) {
  let wake = () => {};
  const change = () =>
    new Promise((resolve) => {
      wake = resolve;
    });
  for (const event of ["readable", "drain", "end", "close"]) {
    socket.on(event, () => wake());
  }
  // Unread bytes fill the socket's small buffer, and then Node stops reading from
  // the network, so a client cannot fill our memory.
  const read = async (size) => {
    if (size === 0) return Buffer.alloc(0);
    for (;;) {
      const bytes = socket.read(size);
      if (bytes?.length === size) return bytes;
      if (bytes || socket.readableEnded || socket.destroyed) throw new Gone();
      await change();
    }
  };
  const send = async (answer) => {
    socket.write(answer);
    // A client that does not read its answers has to wait for more.
    while (socket.writableNeedDrain && !socket.destroyed) await change();
  };

  const port = socket.remotePort; // BININT2, low byte first
  await send(pickleDict(
    "clientid",
    `M${String.fromCharCode(port & 255, port >> 8)}`,
  ));
  for (;;) {
    const request = await readRequest(read);
    const fault = findFault(request);
    if (fault === null) await print(request);
    await send(fault === null ? ONE : pickleError(fault));
    await setImmediate(); // a full buffer must not hold up the others
  }
}

async function serve(socket) {
  socket.setNoDelay(true);
  socket.on("error", () => {}); // a reset; 'close' follows and ends talk()
  if (socket.remotePort === undefined) return socket.destroy(); // already gone
  try {
    await talk(socket);
  } catch (error) {
    if (error instanceof BadMessage) {
      socket.write(pickleError(error.message));
      // Closing with bytes unread would reset the connection, and the client
      // might lose the answer, so read and drop further input for a while.
      const timer = setTimeout(() => socket.destroy(), LINGER_MS);
      socket.on("close", () => clearTimeout(timer));
    } else if (!(error instanceof Gone)) {
      throw error;
    }
  }
  socket.end(); // once the client has ended too, Node closes the socket
  socket.removeAllListeners("readable").resume();
}

const port = Number(process.argv[2]);
process.on("SIGINT", () => process.exit(0));
// Half-open, so that a client that closes its sending half still gets answers.
createServer({ allowHalfOpen: true }, serve)
  .on("error", ({ code, message }) => {
    const why = code === "EADDRINUSE" ? "Address already in use" : message;
    console.error(`Cannot listen at ${HOST}/${port}: ${why}`);
    process.exit(1);
  })
  .listen({ port, host: HOST, backlog: BACKLOG }, () => {
    console.log(`Listening at ${HOST}/${port}`);
  });
