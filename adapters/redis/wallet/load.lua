-- Puts the ledger's state of a wallet in place. KEYS: wallet, reservations, outcomes 0, outcomes 1.
-- ARGV: server's identity, epoch, sequence, balance, count of months, then month field and volume of each, then message id and
-- amount of each open reservation. Never replaces a live state of the same or a later epoch.
-- Answers "loaded" or "kept".
local head = redis.call("HMGET", KEYS[1], "run", "epoch", "reserved")
local alive = head[1] == ARGV[1]
if alive and tonumber(head[2]) >= tonumber(ARGV[2]) then
  return "kept"
end
local high, middle, low = 0, 0, 0
if alive then
  -- Reservations of this server's life are good, also those of messages that PostgreSQL has not seen yet.
  high, middle, low = parsed(head[3])
else
  redis.call("UNLINK", KEYS[2])
end
redis.call("UNLINK", KEYS[1], KEYS[3], KEYS[4])
local base = 5 + 2 * tonumber(ARGV[5])
local messages, fresh = {}, {}
for index = base + 1, #ARGV, 2 do
  messages[#messages + 1] = ARGV[index]
end
local held = valuesOf(KEYS[2], messages)
for index, message in ipairs(messages) do
  if not held[index] then
    local amount = ARGV[base + index * 2]
    high, middle, low = added(high, middle, low, parsed(amount))
    fresh[#fresh + 1] = message
    fresh[#fresh + 1] = amount
  end
end
if #fresh > 0 then
  callWith("HSET", KEYS[2], fresh)
end
local fields = {
  "run", ARGV[1], "epoch", ARGV[2], "sequence", ARGV[3], "balance", ARGV[4],
  "reserved", formatted(high, middle, low), "bucket", "0", "filled", "0",
}
for index = 6, base do
  fields[#fields + 1] = ARGV[index]
end
redis.call("HSET", KEYS[1], unpack(fields))
return "loaded"
