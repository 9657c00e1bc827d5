import { Server } from "@rollcall/rollcall";
import { ClientHandler } from "@rollcall/rollcall/clienthandler";
import type { WireFormat } from "@rollcall/rollcall/formats";

/** What a sensor has measured, in degrees Celsius. */
interface Reading {
  sensor: number;
  celsius: number;
}

/** Bytes of a reading: a 32-bit integer, then a 32-bit float, the high byte first. */
const SIZE = 8;

const readings: WireFormat<Reading> = {
  name: "readings",
  reader: () => ({
    read(bytes, end, messages) {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      let at = 0;
      for (; at + SIZE <= end; at += SIZE) {
        const [sensor, celsius] = [view.getUint32(at), view.getFloat32(at + 4)];
        messages.push({ sensor, celsius });
      }
      return at; // the bytes after it are not complete yet
    },
  }),
  write({ sensor, celsius }, sink) {
    const view = new DataView(new ArrayBuffer(SIZE));
    view.setUint32(0, sensor);
    view.setFloat32(4, celsius);
    sink.bytes(new Uint8Array(view.buffer));
  },
};

/** Answers each reading with the client's warmest reading so far. */
class Warmest extends ClientHandler<Reading> {
  #warmest: Reading | undefined;

  protected override processRequest(reading: Reading): Reading {
    if (this.#warmest && this.#warmest.celsius >= reading.celsius) {
      return this.#warmest;
    }
    return this.#warmest = reading;
  }
}

await new Server({ wire: readings, clientHandler: Warmest }).run();
