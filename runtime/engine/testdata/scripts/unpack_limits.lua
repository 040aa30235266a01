return {select(2, pcall(unpack, {}, 1, 8000)), select('#', unpack({}, 1, 7000)), select(2, pcall(unpack, {}, 1, 1e9))}
