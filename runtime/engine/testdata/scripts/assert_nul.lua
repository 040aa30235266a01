return {select(2, pcall(assert, nil, 'a\0b')), select(2, pcall(assert, false)), select(2, pcall(assert))}
