/**
 * The client's requests, and the handling of the responses.
 *
 * @module
 */

import { escapeAndCut } from "./lib/text.ts";
import { Progress } from "./lib/progress.ts";
import { pythonRepr } from "./lib/formats/python_repr.ts";
import { MessageReports, print, report } from "./lib/output.ts";
import { type Address, showAddress } from "./lib/net.ts";
import { ACKNOWLEDGED } from "./lib/students/student.ts";
import { isMessageMap, type Message } from "./lib/formats/format.ts";

/**
 * The student in the request. For the lab's second client, edit this and run the client again.
 * Python's `None` is `null` here.
 */
export const STUDENT = {
  student_name: "Alice Brown",
  github_username: "abrown",
  sid: 123456789, // a number that begins with 0 goes in quotes
};

/** Values that replace those of {@linkcode STUDENT}. */
export interface StudentOptions {
  /** The student's name. */
  name?: string;
  /** The student's GitHub username. */
  github?: string;
  /** The student's ID number. */
  sid?: number | bigint | string;
}

/** The part of a client that its helper uses. */
export interface HelperClient {
  /** The server's address. */
  readonly address: Readonly<Address>;
  /** Sends a request. Resolves to its response. */
  request(message: Message): Promise<Message>;
}

/** The most characters of an error that are shown. */
const LONGEST = 200;
/** The most requests in flight at once. */
const WINDOW = 1024;

/**
 * Creates the lab's requests and checks that each is acknowledged.
 *
 * @example
 * ```ts
 * import { Server } from "@rollcall/rollcall";
 * import { Client } from "@rollcall/rollcall/client";
 * import { ClientHelper } from "@rollcall/rollcall/clienthelper";
 *
 * await using server = new Server({ port: 0 });
 * void server.run();
 * await using client = new Client({ port: server.addr.port });
 * const helper = new ClientHelper(client, { name: "Bob Chen", sid: 987654321 });
 * if (!helper.processGreeting(await client.connect())) throw new Error("rejected");
 * const response = await helper.sendRequest(helper.createRequest());
 * if (!helper.processResponse(response)) throw new Error("refused");
 * if (!await helper.start(3)) throw new Error("not all are acknowledged");
 * ```
 */
export class ClientHelper {
  #client: HelperClient;
  #options: StudentOptions;
  #refusals = new MessageReports("answer");

  /** Creates the helper of one client. */
  constructor(client: HelperClient, options: StudentOptions = {}) {
    this.#client = client;
    this.#options = options;
  }

  /** Shows the greeting to the user. Returns whether the server accepts the client. */
  processGreeting(greeting: Message = null): boolean {
    const refused = refusal(greeting);
    const said = refused ?? pythonRepr(greeting);
    const where = showAddress(this.#client.address);
    if (refused === undefined) {
      print([`${said} has successfully connected to ${where}`]);
    } else report(`The server rejected the client: ${said}`);
    return refused === undefined;
  }

  /** Returns a request, which describes the student. */
  createRequest(): Message {
    const { name, github, sid } = this.#options;
    return {
      student_name: name ?? STUDENT.student_name,
      github_username: github ?? STUDENT.github_username,
      sid: sid ?? STUDENT.sid,
    };
  }

  /** Sends a request. Resolves to its response. */
  sendRequest(request: Message): Promise<Message> {
    return this.#client.request(request);
  }

  /** Returns whether a response acknowledges its request. If not, shows the response to the user, or counts it after the first few. */
  processResponse(response: Message): boolean {
    if (response === ACKNOWLEDGED) return true;
    this.#refusals.add(() => {
      const refused = refusal(response);
      return refused === undefined
        ? `The server answered ${
          pythonRepr(response)
        }, which is not an acknowledgement`
        : `The server refused the request: ${refused}`;
    });
    return false;
  }

  /** Sends one request. A loop in its place would hold a response, which may be long, until the next one. */
  async #isAcknowledged(): Promise<boolean> {
    return this.processResponse(await this.sendRequest(this.createRequest()));
  }

  /**
   * Sends the request `repeat` times, pipelined, and shows the outcome to the
   * user. Resolves to whether all requests were acknowledged.
   *
   * @throws {ConnectionEnded} If the connection ends before the last response.
   */
  async start(repeat = 1): Promise<boolean> {
    using progress = new Progress(repeat);
    let sent = 0;
    let acknowledged = 0;
    const oneAfterAnother = async () => {
      for (let now = progress.now; sent++ < repeat;) {
        const began = now;
        if (await this.#isAcknowledged()) acknowledged++;
        now = progress.now;
        progress.step(now - began);
      }
    };
    // One loop per place in the window: each response makes room for a request.
    const width = Math.min(WINDOW, repeat);
    try {
      await Promise.all(Array.from({ length: width }, oneAfterAnother));
    } finally {
      this.#refusals.end();
    }
    if (acknowledged === repeat) {
      print(["Data acknowledged by server and you passed the test"]);
    }
    if (repeat > 1) report(progress.summary(acknowledged, "acknowledged"));
    return acknowledged === repeat;
  }
}

/** Returns the error text of a message; `undefined` if the message is not an error. */
function refusal(message: Message): string | undefined {
  if (!isMessageMap(message) || typeof message.error !== "string") return;
  return escapeAndCut(message.error, LONGEST);
}
