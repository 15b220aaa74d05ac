// Writes what `redis-cli --pipe` sends: node job-pipe-file.mjs ROWS PATH
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { plainCommands } from "./plain-commands.mjs";

const [rows = "0", path = ""] = process.argv.slice(2);
const file = createWriteStream(path);
for (const { bytes } of plainCommands(Number(rows))) {
  if (!file.write(bytes)) await once(file, "drain");
}
file.end();
await once(file, "finish");
console.log(JSON.stringify({ bytes: file.bytesWritten }));
