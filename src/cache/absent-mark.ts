import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import type { PutForm } from "../redis/put-form.js";
import { ABSENT_FIELD } from "./node-entry.js";

/**
 * Notes that a row is not there. KEYS[1]: the entry's key. ARGV: time to live (s), then the time of
 * the row's delete (us), or "" where nobody knows of one.
 *
 * Without a delete's time nothing that is there is touched, and whatever is put later replaces the
 * note. With one, only a newer entry is left alone, and what is put later has to be newer: a row that
 * was read before the delete does not come back. Returns 1 when noted, 0 when not.
 */
const MARK = `
local function is_newer(there, ours)
  if not string.find(there, '^[1-9]%d*$') then return false end
  if #there ~= #ours then return #there > #ours end
  return there > ours
end

local function mark(keys, args)
  local key, ttl, deleted = keys[1], args[1], args[2]
  if not deleted then
    return redis.error_reply('ERR octoload: keys and arguments do not fit together')
  end
  if deleted == '' then
    if redis.call('EXISTS', key) == 1 then return 0 end
    redis.call('HSET', key, '${ABSENT_FIELD}', '1')
  else
    local there = redis.call('HGET', key, 'wts')
    if there and is_newer(there, deleted) then return 0 end
    redis.call('HSET', key, '${ABSENT_FIELD}', '1', 'wts', deleted)
    redis.call('HDEL', key, 'material_id', 'homogeneity', 'children_mask', 'last_modified')
  end
  redis.call('EXPIRE', key, ttl)
  return 1
end
`;

/** Raised whenever MARK changes, so that several versions of octoload can share a server. */
const VERSION = 1;
const LIBRARY = `octoload_absent_v${VERSION}`;
const FUNCTION = `octoload_mark_absent_v${VERSION}`;

const LIBRARY_CODE = `#!lua name=${LIBRARY}
${MARK.trim()}

redis.register_function('${FUNCTION}', mark)
`;

const SCRIPT = `${MARK.trim()}

return mark(KEYS, ARGV)
`;

const SCRIPT_SHA = createHash("sha1").update(SCRIPT).digest("hex");

/** How entries are put decides, too, how they are marked: a Function, or a script. */
export function markCommand(
  form: PutForm["kind"],
  key: string,
  { ttlSeconds, deletedUs }: { readonly ttlSeconds: number; readonly deletedUs: bigint | null },
): readonly [name: string, args: readonly string[]] {
  const args = ["1", key, String(ttlSeconds), deletedUs === null ? "" : String(deletedUs)];
  return form === "function" ? ["FCALL", [FUNCTION, ...args]] : ["EVALSHA", [SCRIPT_SHA, ...args]];
}

/** Loads it into a server. @throws what ioredis throws */
export async function installMark(client: Redis, form: PutForm["kind"]): Promise<void> {
  if (form === "function") await client.call("FUNCTION", ["LOAD", "REPLACE", LIBRARY_CODE]);
  else await client.call("SCRIPT", ["LOAD", SCRIPT]);
}
