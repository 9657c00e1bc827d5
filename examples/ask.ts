import { Client } from "@rollcall/rollcall/client";
import { FORMATS } from "@rollcall/rollcall/formats";

await using client = new Client({ wire: FORMATS.json });
await client.connect();
const [tea, milk] = await Promise.all(
  ["tea", "milk"].map((text) => client.request(text)),
);
console.log(tea, milk);
