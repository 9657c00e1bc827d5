import { MemoryStore } from "../lib/students/memory.ts";
import { testStore } from "./support/store_conformance.ts";

testStore({
  name: "MemoryStore",
  open: () => Promise.resolve(new MemoryStore()),
});

// A store that keeps its rows elsewhere may read them into memory at its start.
testStore({
  name: "MemoryStore.restore()",
  open: () => Promise.resolve(new MemoryStore()),
  async reopen(store) {
    const restored = new MemoryStore();
    for await (const row of store.readAll()) restored.restore(row);
    await store.close();
    return restored;
  },
});
