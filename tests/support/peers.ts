// The other side of a test: a server in this process, and raw clients.

import type { Message, MessageMap } from "../../lib/formats/formats.ts";
import { FORMATS } from "../../lib/formats/formats.ts";
import { ClientHandler } from "../../clienthandler.ts";

export { encode } from "../../lib/testing/messages.ts";
export { Peer } from "../../lib/testing/peer.ts";
export { stalled } from "../../lib/testing/soon.ts";
export { TestServer } from "../../tools/stress/test_server.ts";

export const { pickle, json } = FORMATS;
export const ALICE = {
  student_name: "Alice Brown",
  github_username: "abrown",
  sid: 123456789,
};
export const BOB = {
  student_name: "Bob Chen",
  github_username: "bchen",
  sid: 987654321,
};
export const ALICES_LINE =
  "Connected: Student: Alice Brown, Github Username: abrown, sid: 123456789";

/** Answers each request with the request, and counts them. */
export class EchoHandler extends ClientHandler {
  static requests = 0;

  protected override processRequest(request: Message): Message {
    EchoHandler.requests++;
    return request;
  }
}

/** Returns a message as a map, which it must be. */
export function fields(message: Message | undefined): MessageMap {
  return message as MessageMap;
}
