return {cmsgpack.unpack('\207\255\255\255\255\255\255\255\255'), select(2, pcall(cmsgpack.unpack_one, 'x', 1e100))}
