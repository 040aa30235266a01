local t = {} for i = 1, 20 do t[i] = i end for i = 1, 20, 3 do t[i] = nil end return {#t, table.maxn(t), #{1, nil, 3}, #{nil, nil, 3}, #{n = 1, 1, 2}}
