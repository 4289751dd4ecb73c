-- Applies decisions to the keys of one hash tag: roots, nodes, ended profiles, the last split, and last how far the decision log is applied.
--
-- Every write keeps the lowest, the highest or the later value, so the result does not depend on the order in which writes arrive. A rebuild
-- may therefore meet writes that were still in flight when Redis was emptied.
--
-- KEYS, by kind:
--   roots       string "SEQUENCE ROOT"
--   nodes       hash: first, last, merges, ended; for each identifier TYPE:VALUE and each family member ~PROFILE the sequence of the last decision
--               about it, negative if that decision took the identifier out
--   ended       hash of a node whose profile became part of another: only `ended` is kept
--   last_split  string SEQUENCE
--   applied     string "SEQUENCE OFFSET"
-- ARGV:
--   1-5  how many keys of each kind, in this order
--   then for each key, in the order of KEYS:
--     root        sequence, root
--     node        first, last, merges, number of fields, then for each field: name, sequence
--     ended       sequence
--     last_split  sequence
--     applied     sequence that Redis must have reached, new sequence, new offset
--
-- Returns 1, or 0 if Redis has applied fewer decisions than it must have: it has lost state, and `applied` is not moved.

local root_count, node_count, ended_count, last_split_count, applied_count =
  tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local last_key, last_argument = 0, 5

-- unpack is limited to 8,000 values in a call.
local chunk = 1000

local function next_key()
  last_key = last_key + 1
  return KEYS[last_key]
end

local function next_argument()
  last_argument = last_argument + 1
  return ARGV[last_argument]
end

local function is_lower(stored, sequence)
  return not stored or tonumber(stored) < tonumber(sequence)
end

-- Of "SEQUENCE …". An error stops the script, and the caller finds out which key contains something else.
local function sequence_of(text)
  return text and (string.match(text, '^%d+') or error('a value does not begin with a sequence'))
end

-- Many fields or keys in one call: on the embedded server the number of calls costs more than everything else.
local function read_fields(hash, fields)
  local values = {}
  for from = 1, #fields, chunk do
    local some = redis.call('HMGET', hash, unpack(fields, from, math.min(from + chunk - 1, #fields)))
    for _, value in ipairs(some) do values[#values + 1] = value end
  end
  return values
end

local function write_fields(hash, pairs_of_fields)
  for from = 1, #pairs_of_fields, chunk do
    redis.call('HSET', hash, unpack(pairs_of_fields, from, math.min(from + chunk - 1, #pairs_of_fields)))
  end
end

for from = 1, root_count, chunk do
  local stored = redis.call('MGET', unpack(KEYS, from, math.min(from + chunk - 1, root_count)))
  local changed = {}
  for i = 1, #stored do
    local key, sequence, root = next_key(), next_argument(), next_argument()
    if is_lower(sequence_of(stored[i]), sequence) then
      changed[#changed + 1] = key
      changed[#changed + 1] = sequence .. ' ' .. root
    end
  end
  if #changed > 0 then redis.call('MSET', unpack(changed)) end
end

for _ = 1, node_count do
  local key = next_key()
  local first, last, merges, field_count = next_argument(), next_argument(), next_argument(), tonumber(next_argument())
  local fields, sequences = { 'first', 'last', 'merges', 'ended' }, {}
  for i = 1, field_count do
    fields[4 + i] = next_argument()
    sequences[i] = next_argument()
  end
  local stored = read_fields(key, fields)
  local stored_first, stored_last, stored_merges, stored_ended = stored[1], stored[2], stored[3], stored[4]
  local changed = {}
  local function put(field, value)
    changed[#changed + 1] = field
    changed[#changed + 1] = value
  end
  if is_lower(stored_ended, last) then
    if not stored_first or tonumber(stored_first) > tonumber(first) then put('first', first) end
    if is_lower(stored_last, last) then put('last', last) end
    if is_lower(stored_merges, merges) then put('merges', merges) end
    for i = 1, field_count do
      local before, sequence = stored[4 + i], sequences[i]
      if not before or math.abs(tonumber(before)) < math.abs(tonumber(sequence)) then put(fields[4 + i], sequence) end
    end
  end
  write_fields(key, changed)
end

for _ = 1, ended_count do
  local key, sequence = next_key(), next_argument()
  if is_lower(redis.call('HGET', key, 'ended'), sequence) then
    redis.call('DEL', key)
    redis.call('HSET', key, 'ended', sequence)
  end
end

for _ = 1, last_split_count do
  local key, sequence = next_key(), next_argument()
  if is_lower(redis.call('GET', key), sequence) then redis.call('SET', key, sequence) end
end

for _ = 1, applied_count do
  local key, required, sequence, offset = next_key(), next_argument(), next_argument(), next_argument()
  local stored = sequence_of(redis.call('GET', key))
  if is_lower(stored, required) then return 0 end
  if is_lower(stored, sequence) then redis.call('SET', key, sequence .. ' ' .. offset) end
end
return 1
