/**
 * What the client sends, and what it makes of the answer.
 *
 * @module
 */

import { escape } from "./lib/text.ts";
import { Progress } from "./lib/progress.ts";
import { pythonRepr } from "./lib/formats/python_repr.ts";
import { print, report } from "./lib/output.ts";
import { type Address, showAddress } from "./lib/net.ts";
import { ACKNOWLEDGED } from "./lib/students/student.ts";
import { isMessageMap, type Message } from "./lib/formats/format.ts";

/** The student of the request. The lab's second client is run after an edit here. */
export const STUDENT = {
  student_name: "Alice Brown",
  github_username: "abrown",
  sid: 123456789,
};

/** The student, where it is not {@linkcode STUDENT}. */
export interface StudentOptions {
  /** The student's name. */
  name?: string;
  /** The student's GitHub username. */
  github?: string;
  /** The student's number. */
  sid?: number | bigint | string;
}

/** The part of a client that its helper uses. */
export interface HelperClient {
  /** The server's address. */
  readonly address: Readonly<Address>;
  /** Sends a request. Resolves to its response. */
  request(message: Message): Promise<Message>;
}

/** Requests that await their responses at a time, at most. */
const WINDOW = 1024;

/** Makes the lab's requests, and checks that each is acknowledged. */
export class ClientHelper {
  #client: HelperClient;
  #options: StudentOptions;

  /** Makes the helper of one client. */
  constructor(client: HelperClient, options: StudentOptions = {}) {
    this.#client = client;
    this.#options = options;
  }

  /** Whether the server greets us. Tells the user what it says. */
  processGreeting(greeting: Message): boolean {
    const refused = refusal(greeting);
    const said = refused ?? pythonRepr(greeting);
    const where = showAddress(this.#client.address);
    if (refused === undefined) {
      print([`${said} has successfully connected to ${where}`]);
    } else report(`The server turned us away: ${said}`);
    return refused === undefined;
  }

  /** The request: who the student is. */
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

  /** Whether a response acknowledges its request. Tells the user what it is otherwise. */
  processResponse(response: Message): boolean {
    if (response === ACKNOWLEDGED) return true;
    const refused = refusal(response);
    const said = refused === undefined
      ? `answered ${pythonRepr(response)}, which is no acknowledgement`
      : `refused the request: ${refused}`;
    report(`The server ${said}`);
    return false;
  }

  /**
   * Sends the request `repeat` times, pipelined, and tells the user how it
   * went. Resolves to whether all of them were acknowledged.
   *
   * @throws {ConnectionEnded} If the connection ends before all are answered.
   */
  async start(repeat = 1): Promise<boolean> {
    using progress = new Progress(repeat);
    let sent = 0;
    let acknowledged = 0;
    const oneAfterAnother = async () => {
      for (let now = progress.now; sent++ < repeat;) {
        const began = now;
        const response = await this.sendRequest(this.createRequest());
        now = progress.now;
        progress.step(now - began);
        if (this.processResponse(response)) acknowledged++;
      }
    };
    // As many at a time as the window is wide: as one is answered, one is sent.
    const width = Math.min(WINDOW, repeat);
    await Promise.all(Array.from({ length: width }, oneAfterAnother));
    if (acknowledged === repeat) {
      print(["Data acknowledged by server and you passed the test"]);
    }
    if (repeat > 1) report(progress.summary(acknowledged, "acknowledged"));
    return acknowledged === repeat;
  }
}

/** What the server says is wrong, if that is what the message is. */
function refusal(message: Message): string | undefined {
  if (!isMessageMap(message) || typeof message.error !== "string") return;
  return escape(message.error);
}
