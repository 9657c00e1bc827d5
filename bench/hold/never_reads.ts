import type { Scenario } from "./scenario.ts";
export const neverReads: Scenario = {
  name: "x",
  about: "",
  measure: () => Promise.resolve([]),
};
