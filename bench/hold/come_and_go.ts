import type { Scenario } from "./scenario.ts";
export const comeAndGo: Scenario = {
  name: "x",
  about: "",
  measure: () => Promise.resolve([]),
};
