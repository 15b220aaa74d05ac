import { createHash } from "node:crypto";

/**
 * Puts entries unless a newer one is there. KEYS: the entries' keys. ARGV: the write time (us), the
 * time to live (s), then four for each key: last_modified, homogeneity, children_mask, material_id
 * ("" for none). An entry is replaced as a whole, but never deleted: in a slot that is being moved
 * to another node, a key that is gone can not be written where it was.
 *
 * Write times are compared as decimal text, because Lua's numbers are doubles: exact to 2^53 alone.
 * What is no number there counts as older than everything.
 */
const PUT = `
local marks = {}

local function is_newer(there, ours)
  if not string.find(there, '^[1-9]%d*$') then return false end
  if #there ~= #ours then return #there > #ours end
  return there > ours
end

local function remove_others(key, material)
  local ours = {homogeneity = true, children_mask = true, last_modified = true, wts = true,
    material_id = material ~= ''}
  for _, field in ipairs(redis.call('HKEYS', key)) do
    if not ours[field] then redis.call('HDEL', key, field) end
  end
end

local function write(key, args, first, wts, ttl)
  local material = args[first + 3]
  local fields
  if material == '' then
    fields = 4
    redis.call('HSET', key, 'homogeneity', args[first + 1], 'children_mask', args[first + 2],
      'last_modified', args[first], 'wts', wts)
  else
    fields = 5
    redis.call('HSET', key, 'material_id', material, 'homogeneity', args[first + 1],
      'children_mask', args[first + 2], 'last_modified', args[first], 'wts', wts)
  end
  if redis.call('HLEN', key) ~= fields then remove_others(key, material) end
  redis.call('EXPIRE', key, ttl)
end

local function put(keys, args)
  local count = #keys
  if count == 0 or #args ~= 2 + 4 * count then
    return redis.error_reply('ERR octoload: keys and arguments do not fit together')
  end
  local wts, ttl = args[1], args[2]
  local written, others = 0, 0
  for i = 1, count do
    local there = redis.pcall('HGET', keys[i], 'wts')
    if type(there) == 'table' then
      if not string.find(there.err, 'WRONGTYPE', 1, true) then return there end
      others = others + 1
      marks[i] = 't'
    elseif there and is_newer(there, wts) then
      marks[i] = '0'
    else
      write(keys[i], args, 4 * i - 1, wts, ttl)
      written = written + 1
      marks[i] = '1'
    end
  end
  if others == 0 then return written end
  return table.concat(marks, '', 1, count)
end
`;

/** Raised whenever PUT changes, so that several versions of octoload can share a server. */
const VERSION = 1;

export const PUT_LIBRARY = `octoload_v${VERSION}`;
export const PUT_FUNCTION = `octoload_put_v${VERSION}`;

/** For FUNCTION LOAD, from Redis 7.0 on. */
export const PUT_LIBRARY_CODE = `#!lua name=${PUT_LIBRARY}
${PUT.trim()}

redis.register_function('${PUT_FUNCTION}', put)
`;

/** For SCRIPT LOAD. */
export const PUT_SCRIPT = `${PUT.trim()}

return put(KEYS, ARGV)
`;

/** What EVALSHA calls it. */
export const PUT_SCRIPT_SHA = createHash("sha1").update(PUT_SCRIPT).digest("hex");
