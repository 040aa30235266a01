local r = {} for i = -20, 22 do r[#r + 1] = string.format('%.17g', math.log10(10 ^ i)) end
for _, y in ipairs({-3, -2, -1, 0, 0.5, 1, 2, 3, 255, 1e300, 1 / 0}) do r[#r + 1] = tostring(math.pow(0 / 0, y)) .. tostring(math.pow(-(0 / 0), y)) end
return r
