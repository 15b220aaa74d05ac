import { connect } from "node:net";
import { ReplyReader } from "../../src/redis/reply-reader.js";
import { type Value, valuesOf } from "./dull-replies.js";

/** Sends commands over a connection of their own. @returns as many replies as there are commands */
export function exchange(
  place: { readonly host: string; readonly port: number },
  commands: Uint8Array,
  count: number,
): Promise<Value[]> {
  const reader = new ReplyReader();
  const values: Value[] = [];
  return new Promise((resolve, reject) => {
    const socket = connect(place, () => socket.write(commands));
    socket.once("error", reject);
    socket.once("close", () => reject(new Error(`closed after ${values.length} replies`)));
    socket.on("data", (chunk) => {
      const replies = reader.push(chunk);
      values.push(...valuesOf(replies));
      if (replies.fault !== undefined) reject(replies.fault);
      if (values.length < count) return;
      resolve(values);
      socket.destroy();
    });
  });
}
