return {cjson.encode({1e15, 0.1, 2^53, -0, 1e100}), tostring(cjson.decode('1e400')), tostring(cjson.decode('0x1p4'))}
