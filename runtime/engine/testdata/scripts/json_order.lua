return cjson.encode({name = 'x', id = 5, tags = {'a', 'b'}, nested = {z = 1, y = 2, x = 3}})
