local function f(a, ...) return arg.n, arg[1] end local function g(...) return select('#', ...) end return {f(1, 2, 3), g(nil, nil), (f(1))}
