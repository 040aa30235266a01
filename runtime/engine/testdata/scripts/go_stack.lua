local function f(n) return pcall(f, n + 1) end return {select('#', f(1)), select(2, pcall(string.rep))}
