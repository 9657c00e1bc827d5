import { FileStore } from "../lib/students/file.ts";
import { testStore } from "./support/store_conformance.ts";

let folder = "";
testStore({
  name: "FileStore",
  needs: ["read", "write"],
  async open() {
    folder = await Deno.makeTempDir({ prefix: "rollcall-" });
    return FileStore.open(`${folder}/class.db`);
  },
  async reopen(store) {
    await store.close();
    return FileStore.open(`${folder}/class.db`);
  },
  remove: () => Deno.remove(folder, { recursive: true }),
});
