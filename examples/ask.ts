import { Client } from "@rollcall/rollcall/client";
import { lines } from "@rollcall/rollcall/formats";

await using client = new Client({ wire: lines });
await client.connect();
const [tea, milk] = await Promise.all(
  ["tea", "milk"].map((text) => client.request(text)),
);
console.log(tea, milk);
