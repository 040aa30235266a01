return {select(2, pcall(struct.unpack, 'b', 'abc', -2)), select(2, pcall(struct.unpack, 'b', 'abc', 0)), struct.unpack('', 'abc', -2)}
