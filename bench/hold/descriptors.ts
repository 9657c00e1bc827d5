import type { Scenario } from "./scenario.ts";
export const descriptors: Scenario = {
  name: "x",
  about: "",
  measure: () => Promise.resolve([]),
};
