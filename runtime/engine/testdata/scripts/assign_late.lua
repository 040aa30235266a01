local a = 1 local function g() a = 10 return 1 end local t = {1, 2, 3} local i = 1 i, t[i] = i + 1, 20 return {a + g(), t[1], t[2], i}
