/** A command's arguments, its name first. */
export type CommandArguments = readonly (string | Uint8Array)[];

/** A command as RESP has it: an array of bulk strings. Text as UTF-8. */
export function commandBytes(args: CommandArguments): Buffer {
  const parts = [Buffer.from(`*${args.length}\r\n`)];
  for (const arg of args) {
    const bytes = Buffer.from(arg);
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from("\r\n"));
  }
  return Buffer.concat(parts);
}

/** The opposite of commandBytes(), of bytes that octoload itself encoded. Views. */
export function commandArguments(bytes: Uint8Array): Buffer[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const head = lengthAt(text, 0);
  const args: Buffer[] = [];
  let at = head.end;
  for (let i = 0; i < head.value; i++) {
    const { value, end } = lengthAt(text, at);
    args.push(text.subarray(end, end + value));
    at = end + value + 2;
  }
  return args;
}

/** The first key of an FCALL or EVALSHA. */
export function keyOfCall(bytes: Uint8Array): Buffer {
  const key = commandArguments(bytes)[3];
  if (key === undefined) throw new RangeError("a call of a function or script has a key");
  return key;
}

/** `*3\r\n` or `$12\r\n`: the number, and where the line ends. */
function lengthAt(text: Buffer, at: number): { readonly value: number; readonly end: number } {
  const end = text.indexOf("\r\n", at);
  return { value: Number(text.toString("latin1", at + 1, end)), end: end + 2 };
}
