local f = {} for i = 1, 3 do local j = i f[i] = function() j = j + 1 return j end end return {f[1](), f[1](), f[2](), f[3]()}
