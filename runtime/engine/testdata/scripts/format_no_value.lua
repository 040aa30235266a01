return {pcall(string.format, '%c'), select(2, pcall(string.format, '%d %d', 1)), select(2, pcall(string.format, '%y', 1))}
