-- Publishes the linker's position, if Redis has every decision that the position relies on. The position never decreases.
--
-- KEYS:
--   1  position  string: the next offset of identity.requests that the linker has not applied
--   2  applied   string "SEQUENCE OFFSET": how far the decision log is applied
-- ARGV:
--   1  position  the new one
--   2  sequence  the last decision that it relies on
--
-- Returns 1, or 0 if Redis has applied fewer decisions: it has lost state, and nothing is written.

local position_key, applied_key = KEYS[1], KEYS[2]
local position, required = ARGV[1], ARGV[2]

local applied = redis.call('GET', applied_key)
if not applied or tonumber(string.match(applied, '^%d+')) < tonumber(required) then return 0 end

local stored = redis.call('GET', position_key)
if not stored or tonumber(stored) < tonumber(position) then redis.call('SET', position_key, position) end
return 1
