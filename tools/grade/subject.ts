/**
 * What is graded.
 *
 * @module
 */

import type { PortShare } from "../processes/stable_port.ts";

/** The program under test: a command to start, or a running server. */
export type Subject =
  | {
    command: readonly string[];
    folder: string;
    /** 0 for a free port, for each check another one. */
    port: number;
    /** The ports to choose from. @default {all} */
    share?: PortShare;
  }
  | { host: string; port: number };
