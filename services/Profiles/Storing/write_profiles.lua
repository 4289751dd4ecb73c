-- Writes consecutive records of one partition of the topic profiles, and moves the partition's position to the last of them.
--
-- KEYS  1    the position: the offset up to and including which the partition's profiles are stored
--       2..  the profiles
-- ARGV  1    the position that the partition must have reached at least
--       2    the position to move to
--       3..  the bytes of the profiles, in the order of their keys; an empty string deletes the key
--
-- Returns 1 if the records were written, 0 if the position is already there or further, -1 if it is behind ARGV[1].

local position_key = KEYS[1]
local required, target = tonumber(ARGV[1]), tonumber(ARGV[2])
local first_key, first_value = 2, 3

local current = tonumber(redis.call('GET', position_key) or '-1')
if current >= target then return 0 end
if current < required then return -1 end

for i = 0, #KEYS - first_key do
  local key, value = KEYS[first_key + i], ARGV[first_value + i]
  if value == '' then redis.call('DEL', key) else redis.call('SET', key, value) end
end
redis.call('SET', position_key, ARGV[2])
return 1
