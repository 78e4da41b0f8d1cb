-- Gives back what is still set aside. KEYS: wallet, reservations. ARGV: server's identity, then message ids.
-- Answers "cold" (then there is nothing to give back) or "ok".
local head = redis.call("HMGET", KEYS[1], "run", "reserved")
if head[1] ~= ARGV[1] then
  return "cold"
end
local messages, seen = {}, {}
for index = 2, #ARGV do
  if not seen[ARGV[index]] then
    seen[ARGV[index]] = true
    messages[#messages + 1] = ARGV[index]
  end
end
local high, middle, low = parsed(head[2])
local gone = {}
for index, held in ipairs(valuesOf(KEYS[2], messages)) do
  if held then
    high, middle, low = subtracted(high, middle, low, parsed(held))
    gone[#gone + 1] = messages[index]
  end
end
if #gone > 0 then
  callWith("HDEL", KEYS[2], gone)
  redis.call("HSET", KEYS[1], "reserved", formatted(high, middle, low))
end
return "ok"
