import { assertEquals } from "@std/assert";
import { ClientReports } from "../lib/client_reports.ts";
import { SimulatedClock } from "../lib/testing/clock.ts";
import { Random } from "../lib/testing/random.ts";

const LOUD = "192.0.2.1";
const OTHER = "192.0.2.2";

/** Reports so many lines of 100 characters about an address. */
function reportMany(reports: ClientReports, address: string, count: number) {
  for (let i = 0; i < count; i++) {
    reports.report(`${i}`.padEnd(100, "."), address);
  }
}

Deno.test("ClientReports reports the first lines about an address, counts the others, and shows other addresses' lines", async () => {
  using clock = new SimulatedClock(new Random(1));
  const shown: string[] = [];
  const reports = new ClientReports((line) => shown.push(line));
  reportMany(reports, LOUD, 1000);
  assertEquals(shown.length, 327); // 32,768 characters
  reports.report("192.0.2.2/7 refused", OTHER);
  assertEquals(shown.at(-1), "192.0.2.2/7 refused");
  await clock.step();
  assertEquals(clock.now, 10_000);
  assertEquals(shown.slice(328), ["192.0.2.1 caused 673 more lines"]);
  reportMany(reports, LOUD, 1);
  assertEquals(shown.length, 330);
  assertEquals(clock.timers, 0);
});

Deno.test("ClientReports.endPeriod() reports the counts at once, and only once", () => {
  using clock = new SimulatedClock(new Random(1));
  const shown: string[] = [];
  const reports = new ClientReports((line) => shown.push(line));
  reportMany(reports, LOUD, 328);
  reports.endPeriod();
  assertEquals(shown.slice(327), ["192.0.2.1 caused 1 more line"]);
  assertEquals(clock.timers, 0);
  reports.endPeriod();
  assertEquals(shown.length, 328);
});

Deno.test("ClientReports reports everything about clients that cause few lines, without a timer", async () => {
  using clock = new SimulatedClock(new Random(1));
  const shown: string[] = [];
  const reports = new ClientReports((line) => shown.push(line));
  for (let second = 0; second < 60; second++) {
    reportMany(reports, LOUD, 30);
    assertEquals(clock.timers, 0);
    clock.schedule(1000, () => {});
    await clock.step();
  }
  assertEquals(shown.length, 60 * 30);
});
