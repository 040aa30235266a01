return {cmsgpack.unpack_limit(cmsgpack.pack(1, 2), 0), cmsgpack.unpack_limit(cmsgpack.pack(1, 2), 1)}
