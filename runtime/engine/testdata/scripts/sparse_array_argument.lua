return cjson.encode_sparse_array(nil, nil, -8)
