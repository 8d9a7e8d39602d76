-- The steps of a Redis store. The server runs each alone. A session is a hash of its facts and its document, and
-- a list of the messages that were appended; the index has the names of all sessions, in order.
--
-- KEYS: the session, its messages, the index. ARGV: the name of the step, then the present moment (microseconds since
-- 1970, as all moments are), then what stands above the step.
-- A change answers with a word and the facts that it found or left; an empty text stands for what is not there.

local FACTS = {'etag', 'size', 'changed', 'expires', 'immutable'}

local function found(now)
  local facts = redis.call('HMGET', KEYS[1], unpack(FACTS))
  if not facts[1] or (facts[4] ~= '' and tonumber(facts[4]) <= tonumber(now)) then
    return nil
  end
  return facts
end

local function answer(word, facts)
  return {word, unpack(facts or {})}
end

local function expire(expires, immutable)
  -- An immutable session is removed by a sweep only, which tells of it.
  if expires ~= '' and tostring(immutable) ~= '1' then
    -- The server removes it a second after it has expired; until then its facts tell.
    local moment = math.floor(tonumber(expires) / 1000) + 1000
    redis.call('PEXPIREAT', KEYS[1], moment)
    redis.call('PEXPIREAT', KEYS[2], moment)
  end
end

local steps = {}

-- ARGV: "any", "absent", "match", or "grow" (an immutable session takes what it has grown to), the etag to match, etag, size, expires, immutable, data, the name in the index
function steps.put(now, mode, match, etag, size, expires, immutable, data, name)
  local facts = found(now)
  local matching = mode == 'match' or mode == 'grow'
  if (mode == 'absent' and facts) or (matching and (not facts or facts[1] ~= match)) then
    return answer('refused', facts)
  end
  if facts and facts[5] == '1' and mode ~= 'grow' then
    return answer('refused', facts)
  end
  -- First what takes memory: a server that has none left refuses a script at its first change, and only there.
  redis.call('HSET', KEYS[1], 'etag', etag, 'base', etag, 'size', size, 'changed', now, 'expires', expires,
    'immutable', immutable, 'data', data)
  redis.call('HDEL', KEYS[1], 'at', 'seam')
  redis.call('PERSIST', KEYS[1])
  redis.call('DEL', KEYS[2])
  redis.call('ZADD', KEYS[3], 0, name)
  expire(expires, immutable)
  return answer('done', {etag, size, now, expires, immutable})
end

-- ARGV: the etag to match or nothing, name in the index
function steps.delete(now, match, name)
  local facts = found(now)
  if match ~= '' and (not facts or facts[1] ~= match) then
    return answer('refused', facts)
  end
  if facts and facts[5] == '1' then
    return answer('refused', facts)
  end
  redis.call('DEL', KEYS[1], KEYS[2])
  redis.call('ZREM', KEYS[3], name)
  return answer(facts and 'done' or 'nothing')
end

-- Where messages go in a document, found by the program that asks, if the document is still the one that it looked at
-- and nobody has appended to another place in it.
-- ARGV: the base that it had, at, seam
function steps.place(now, base, at, seam)
  if not found(now) or redis.call('HGET', KEYS[1], 'base') ~= base or redis.call('LLEN', KEYS[2]) > 0 then
    return answer('changed')
  end
  redis.call('HSET', KEYS[1], 'at', at, 'seam', seam)
  return answer('done')
end

-- The messages so far become part of the document, so that others can go to another place in it.
-- ARGV: the etag that it had, the new base, data
function steps.join(now, etag, base, data)
  local facts = found(now)
  if not facts or facts[1] ~= etag then
    return answer('changed')
  end
  redis.call('HSET', KEYS[1], 'data', data, 'base', base)
  redis.call('HDEL', KEYS[1], 'at', 'seam')
  redis.call('DEL', KEYS[2])
  return answer('done')
end

-- ARGV: base, at, the etag to match or nothing, how many messages there must be or nothing, by how many bytes a
-- first and a further message make the document longer, the limit, etag, message
function steps.append(now, base, at, match, count, first, further, limit, etag, message)
  local facts = found(now)
  if not facts then
    return answer('nothing')
  end
  if match ~= '' and facts[1] ~= match then
    return answer('refused', facts)
  end
  local place = redis.call('HMGET', KEYS[1], 'base', 'at')
  local messages = redis.call('LLEN', KEYS[2])
  if place[1] ~= base or place[2] ~= at or (count ~= '' and messages ~= tonumber(count)) then
    return answer('changed')
  end
  local size = tonumber(facts[2]) + (messages == 0 and tonumber(first) or tonumber(further))
  if size > tonumber(limit) then
    return answer('large', {etag, string.format('%.0f', size), now, facts[4], facts[5]})
  end
  redis.call('RPUSH', KEYS[2], message)
  redis.call('HSET', KEYS[1], 'etag', etag, 'size', string.format('%.0f', size), 'changed', now)
  expire(facts[4], facts[5])
  return answer('done', {etag, string.format('%.0f', size), now, facts[4], facts[5]})
end

-- Removes the session if it has expired, or what is left of its name. ARGV: now, name in the index
function steps.clear(now, name)
  if found(now) then
    return answer('nothing')
  end
  redis.call('DEL', KEYS[1], KEYS[2])
  return answer(redis.call('ZREM', KEYS[3], name) == 1 and 'done' or 'nothing')
end

-- All there is of a session at one moment. Not MULTI: a server without memory refuses even to read in one.
function steps.read(now)
  return {redis.call('HGETALL', KEYS[1]), redis.call('LRANGE', KEYS[2], 0, -1)}
end

-- The same without its bytes.
function steps.look(now)
  local facts = redis.call('HMGET', KEYS[1], 'base', 'at', 'seam', unpack(FACTS))
  return {redis.call('LLEN', KEYS[2]), unpack(facts)}
end

return steps[ARGV[1]](unpack(ARGV, 2))
