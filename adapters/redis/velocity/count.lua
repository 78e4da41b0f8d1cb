-- Admits messages up to a limit per key. KEYS: the sets of message ids.
-- ARGV: how long a set lives (ms), then position in KEYS, limit and message id of each request.
-- Answers one digit per request: 1 within its limit, 0 beyond.
local answers = {}
for index = 2, #ARGV, 3 do
  local key, id = KEYS[tonumber(ARGV[index])], ARGV[index + 2]
  local answer = "1"
  if redis.call("SADD", key, id) == 1 then
    local count = redis.call("SCARD", key)
    if count > tonumber(ARGV[index + 1]) then
      redis.call("SREM", key, id)
      answer = "0"
    elseif count == 1 then
      redis.call("PEXPIRE", key, ARGV[1])
    end
  end
  answers[#answers + 1] = answer
end
return table.concat(answers)
