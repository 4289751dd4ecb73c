-- Sets a string if it still has the expected value. Redis has a command for this only since 8.4.
--
-- KEYS  1  the string
-- ARGV  1  the expected value; an empty string also means a missing key
--       2  the new value
--
-- Returns 1 if the value was set, else 0.

local key = KEYS[1]
local expected, value = ARGV[1], ARGV[2]

if (redis.call('GET', key) or '') ~= expected then return 0 end
redis.call('SET', key, value)
return 1
