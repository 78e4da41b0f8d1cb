-- Prepended to every wallet script. An amount is a signed decimal integer as text, in units of 10^-18. Numbers would be
-- wrong: Lua 5.1 (Redis) has doubles only, exact to 2^53 = 0.009 of one unit of currency; Lua 5.4 (Dragonfly) wraps int64
-- silently. Here an amount is three limbs (high, middle, low) of 15 digits; middle and low lie in [0, LIMB), the sign is the
-- high limb's. No sum of two limbs reaches 2^53, so both Luas are exact, up to 45 digits.
local LIMB = 1000000000000000
local unpack = table.unpack or unpack

local function carried(high, middle, low)
  if low < 0 then
    low = low + LIMB
    middle = middle - 1
  elseif low >= LIMB then
    low = low - LIMB
    middle = middle + 1
  end
  if middle < 0 then
    middle = middle + LIMB
    high = high - 1
  elseif middle >= LIMB then
    middle = middle - LIMB
    high = high + 1
  end
  return high, middle, low
end

local function parsed(text)
  local first = 1
  if string.byte(text, 1) == 45 then
    first = 2
  end
  local length = #text
  local high, middle, low = 0, 0, 0
  if length - first < 15 then
    low = tonumber(string.sub(text, first))
  else
    low = tonumber(string.sub(text, length - 14))
    if length - first < 30 then
      middle = tonumber(string.sub(text, first, length - 15))
    else
      middle = tonumber(string.sub(text, length - 29, length - 15))
      high = tonumber(string.sub(text, first, length - 30))
    end
  end
  if first == 2 then
    return carried(0 - high, 0 - middle, 0 - low)
  end
  return high, middle, low
end

local function formatted(high, middle, low)
  local sign = ""
  if high < 0 then
    sign = "-"
    high, middle, low = carried(0 - high, 0 - middle, 0 - low)
  end
  if high > 0 then
    return sign .. string.format("%.0f%015.0f%015.0f", high, middle, low)
  end
  if middle > 0 then
    return sign .. string.format("%.0f%015.0f", middle, low)
  end
  return sign .. string.format("%.0f", low)
end

local function added(aHigh, aMiddle, aLow, bHigh, bMiddle, bLow)
  return carried(aHigh + bHigh, aMiddle + bMiddle, aLow + bLow)
end

local function subtracted(aHigh, aMiddle, aLow, bHigh, bMiddle, bLow)
  return carried(aHigh - bHigh, aMiddle - bMiddle, aLow - bLow)
end

local function less(aHigh, aMiddle, aLow, bHigh, bMiddle, bLow)
  if aHigh ~= bHigh then
    return aHigh < bHigh
  end
  if aMiddle ~= bMiddle then
    return aMiddle < bMiddle
  end
  return aLow < bLow
end

-- Lua 5.1 passes at most some 8,000 arguments at once.
local CHUNK = 2000

local function callWith(command, key, list)
  for first = 1, #list, CHUNK do
    redis.call(command, key, unpack(list, first, math.min(first + CHUNK - 1, #list)))
  end
end

-- HMGET of a whole list, which may be empty.
local function valuesOf(key, fields)
  if #fields <= CHUNK then
    return #fields == 0 and {} or redis.call("HMGET", key, unpack(fields))
  end
  local values = {}
  for first = 1, #fields, CHUNK do
    for _, value in ipairs(redis.call("HMGET", key, unpack(fields, first, math.min(first + CHUNK - 1, #fields)))) do
      values[#values + 1] = value
    end
  end
  return values
end
