import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { OctoloadError } from "../errors/octoload-error.js";
import { callCommand, errorOf, type PutForm } from "./put-form.js";

/**
 * Refuses a user who lacks a command or the keys, before anything is written. Each command is tried
 * in a way that changes nothing; ACL DRYRUN would need a right that few users have.
 *
 * @throws OctoloadError REDIS_PERMISSION, naming all that is missing
 * @throws what ioredis throws of a connection that fails
 */
export async function requireAccess(
  client: Redis,
  { form, prefix, place }: { form: PutForm; prefix: string; place: string },
): Promise<void> {
  const missing: string[] = [];
  let areKeysDenied = false;
  for (const command of harmless(form, `${prefix}octoload-probe:${randomUUID()}`)) {
    const text = (await errorOf(client, command))?.message ?? "";
    // A key of another node is answered MOVED, after the rights were checked.
    if (!text.startsWith("NOPERM")) continue;
    if (/\bkeys?\b/.test(text)) areKeysDenied = true;
    else missing.push(command[0] ?? "");
  }
  if (missing.length === 0 && !areKeysDenied) return;
  const faults = [
    ...(missing.length === 0 ? [] : [`the user may not run ${missing.join(", ")}`]),
    ...(areKeysDenied ? [`the user may not read and write keys ${prefix}*`] : []),
  ];
  throw new OctoloadError("REDIS_PERMISSION", `${place}: ${faults.join("; ")}`);
}

/** What putting an entry needs: the call, and what it does inside, of a key that is not there. */
function harmless(form: PutForm, key: string): readonly (readonly string[])[] {
  return [
    [...callCommand(form), "1", key],
    ["HGET", key, "wts"],
    // A field without value: refused by the command itself, after the rights were checked.
    ["HSET", key, "wts", "0", "ttl"],
    ["HLEN", key],
    ["HKEYS", key],
    ["HDEL", key, "wts"],
    ["EXPIRE", key, "1"],
  ];
}
