local function f(n) if n == 0 then return 'deep' end return (f(n - 1)) end local function g(n) return 1 + g(n) end return {f(15000), select(2, pcall(g, 1))}
