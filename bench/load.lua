-- Sends the requests of a file (wrk): any of them at random, a number in place of ########.
-- wrk -s load.lua URL -- FILE FIRST_NUMBER

local requests, places, number = {}, {}, 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  for text in file:read("*a"):gmatch("([^\30]+)\30") do
    requests[#requests + 1] = text
    places[#requests] = text:find("########", 1, true) or 0
  end
  file:close()
  number = tonumber(args[2])
  math.randomseed(number)
end

-- It shares the cores with who is measured: what says no number is handed over as it is.
function request()
  local at = math.random(#requests)
  local text, place = requests[at], places[at]
  if place == 0 then return text end
  number = number + 1
  return text:sub(1, place - 1) .. string.format("%08d", number) .. text:sub(place + 8)
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('\nresult {"requests":%d,"us":%d,"failed":%d,"p50us":%d,"p99us":%d}\n',
    summary.requests, summary.duration, failed, latency:percentile(50), latency:percentile(99)))
end
