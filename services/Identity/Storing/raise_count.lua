-- Sets a counter, unless it is already as high: a write that is repeated or late must not lower it.
--
-- KEYS:
--   1  counters  hash: a count for each kind of refusal
-- ARGV:
--   1  kind   the hash's field
--   2  count  the new value

local counters_key = KEYS[1]
local kind, count = ARGV[1], ARGV[2]

local stored = redis.call('HGET', counters_key, kind)
if not stored or tonumber(stored) < tonumber(count) then redis.call('HSET', counters_key, kind, count) end
