import { jsonLines } from "./costliest/json_parts.ts";
import { pickles } from "./costliest/pickle_parts.ts";
import { costliest, nameOf } from "./costliest/search.ts";
import { workOf } from "./costliest/work.ts";
for (const frame of pickles.frames) {
  const began = performance.now();
  for (const it of costliest({ ...pickles, frames: [frame] }, workOf, 15)) {
    console.log(it.cost.toFixed(1), nameOf(it));
  }
  console.log(Math.round((performance.now() - began) / 1000), "s");
}
for (const frame of jsonLines.frames) {
  const began = performance.now();
  for (const it of costliest({ ...jsonLines, frames: [frame] }, workOf, 15)) {
    console.log(it.cost.toFixed(1), nameOf(it));
  }
  console.log(Math.round((performance.now() - began) / 1000), "s");
}
