-- Sets amounts aside. KEYS: wallet, reservations, outcomes 0, outcomes 1.
-- ARGV: server's identity, credit limit, then message id and amount of each request.
-- Answers "cold", or one letter per request: r reserved, i insufficient, c closed.
local head = redis.call("HMGET", KEYS[1], "run", "balance", "reserved")
if head[1] ~= ARGV[1] then
  return "cold"
end
local messages, tombstones = {}, {}
for index = 3, #ARGV, 2 do
  messages[#messages + 1] = ARGV[index]
  tombstones[#tombstones + 1] = "x" .. ARGV[index]
end
local held = valuesOf(KEYS[2], messages)
local closed0 = valuesOf(KEYS[3], tombstones)
local closed1 = valuesOf(KEYS[4], tombstones)

local rHigh, rMiddle, rLow = parsed(head[3])
local fHigh, fMiddle, fLow = parsed(head[2]) -- free: balance + credit limit − reserved
local cHigh, cMiddle, cLow = parsed(ARGV[2])
fHigh, fMiddle, fLow = added(fHigh, fMiddle, fLow, cHigh, cMiddle, cLow)
fHigh, fMiddle, fLow = subtracted(fHigh, fMiddle, fLow, rHigh, rMiddle, rLow)

local answers, fresh, seen = {}, {}, {}
for index, message in ipairs(messages) do
  if held[index] or seen[message] then
    answers[index] = "r"
  elseif closed0[index] or closed1[index] then
    answers[index] = "c"
  else
    local amount = ARGV[index * 2 + 2]
    local aHigh, aMiddle, aLow = parsed(amount)
    -- A wallet below its limit refuses what costs nothing, too.
    if fHigh < 0 or less(fHigh, fMiddle, fLow, aHigh, aMiddle, aLow) then
      answers[index] = "i"
    else
      answers[index] = "r"
      if amount ~= "0" then
        fHigh, fMiddle, fLow = subtracted(fHigh, fMiddle, fLow, aHigh, aMiddle, aLow)
        rHigh, rMiddle, rLow = added(rHigh, rMiddle, rLow, aHigh, aMiddle, aLow)
        seen[message] = true
        fresh[#fresh + 1] = message
        fresh[#fresh + 1] = amount
      end
    end
  end
end
if #fresh > 0 then
  callWith("HSET", KEYS[2], fresh)
  redis.call("HSET", KEYS[1], "reserved", formatted(rHigh, rMiddle, rLow))
end
return table.concat(answers)
