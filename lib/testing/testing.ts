/**
 * Tests for applications on Rollcall: in a simulation, where time and order are
 * the seed's, or over real sockets.
 *
 * @module
 */

export { simulate, SimulationFault } from "./simulate.ts";
export type { Tell, World } from "./world.ts";
export type { ClientNetwork } from "./network.ts";
export { PLAIN, type Profile } from "./pipe.ts";
export { Peer } from "./peer.ts";
