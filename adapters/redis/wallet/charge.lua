-- Compare and charge. KEYS: wallet, reservations, outcomes 0, outcomes 1.
-- ARGV: server's identity; epoch and sequence that the batch was rated at; sequence and balance after it; ids that a
-- bucket of outcomes holds before the buckets rotate; seconds that an untouched bucket lives; count of months, then month
-- field and volume of each; then event id, outcome, message id ("" for none) and hold of each charge.
-- Balance and volumes move only with the sequence, so comparing epoch and sequence compares them all.
-- Answers {"ok"}, {"cold"}, or {"stale", the wallet's fields, {event id, outcome, …} of what is known}: then nothing changed.
local head = redis.call("HMGET", KEYS[1], "run", "epoch", "sequence", "reserved", "bucket", "filled")
if head[1] ~= ARGV[1] then
  return { "cold" }
end
local months = tonumber(ARGV[8])
local base = 8 + 2 * months
local events = {}
for index = base + 1, #ARGV, 4 do
  events[#events + 1] = ARGV[index]
end
local known0 = valuesOf(KEYS[3], events)
local known1 = valuesOf(KEYS[4], events)
local known = {}
for index, event in ipairs(events) do
  local outcome = known0[index] or known1[index]
  if outcome then
    known[#known + 1] = event
    known[#known + 1] = outcome
  end
end
if head[2] ~= ARGV[2] or head[3] ~= ARGV[3] or #known > 0 then
  return { "stale", redis.call("HGETALL", KEYS[1]), known }
end

-- Settle the holds: each event takes its share of what its message still has set aside.
local messages, place = {}, {}
for index = base + 3, #ARGV, 4 do
  local message = ARGV[index]
  if message ~= "" and ARGV[index + 1] ~= "0" and not place[message] then
    messages[#messages + 1] = message
    place[message] = #messages
  end
end
local held = valuesOf(KEYS[2], messages)
local high, middle, low = parsed(head[4])
for index = base + 3, #ARGV, 4 do
  local at, hold = place[ARGV[index]], ARGV[index + 1]
  local remaining = at and held[at]
  if remaining and hold ~= "0" then
    if remaining == hold then
      held[at] = false
      high, middle, low = subtracted(high, middle, low, parsed(hold))
    else
      local aHigh, aMiddle, aLow = parsed(remaining)
      local bHigh, bMiddle, bLow = parsed(hold)
      if less(bHigh, bMiddle, bLow, aHigh, aMiddle, aLow) then
        held[at] = formatted(subtracted(aHigh, aMiddle, aLow, bHigh, bMiddle, bLow))
        high, middle, low = subtracted(high, middle, low, bHigh, bMiddle, bLow)
      else
        held[at] = false
        high, middle, low = subtracted(high, middle, low, aHigh, aMiddle, aLow)
      end
    end
  end
end

local outcomes, kept, gone = {}, {}, {}
for index = base + 1, #ARGV, 4 do
  outcomes[#outcomes + 1] = ARGV[index]
  outcomes[#outcomes + 1] = ARGV[index + 1]
end
for index, message in ipairs(messages) do
  if held[index] then
    kept[#kept + 1] = message
    kept[#kept + 1] = held[index]
  else
    gone[#gone + 1] = message
    -- A tombstone: a reservation that comes after its commit does nothing.
    outcomes[#outcomes + 1] = "x" .. message
    outcomes[#outcomes + 1] = "1"
  end
end

local bucket, filled = head[5], tonumber(head[6]) + #outcomes / 2
-- A batch is much smaller than a bucket and is ledgered before the next one is charged: what rotates out is in the ledger.
if filled > tonumber(ARGV[6]) then
  bucket = bucket == "0" and "1" or "0"
  redis.call("UNLINK", bucket == "0" and KEYS[3] or KEYS[4])
  filled = #outcomes / 2
end
local current = bucket == "0" and KEYS[3] or KEYS[4]
callWith("HSET", current, outcomes)
redis.call("EXPIRE", current, ARGV[7])
if #kept > 0 then
  callWith("HSET", KEYS[2], kept)
end
if #gone > 0 then
  callWith("HDEL", KEYS[2], gone)
end
local fields = {
  "sequence", ARGV[4], "balance", ARGV[5], "reserved", formatted(high, middle, low),
  "bucket", bucket, "filled", string.format("%.0f", filled),
}
for index = 9, base do
  fields[#fields + 1] = ARGV[index]
end
redis.call("HSET", KEYS[1], unpack(fields))
return { "ok" }
