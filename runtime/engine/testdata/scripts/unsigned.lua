return {string.format('%x %o %u', 'inf', 1e100, -1), struct.pack('L', 'inf'), struct.pack('L', 2^63)}
