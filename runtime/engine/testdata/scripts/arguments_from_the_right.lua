return {select(2, pcall(math.pow)), select(2, pcall(math.fmod, 'x')), select(2, pcall(math.ldexp))}
