return {'010' + 0, '0x10' + 0, ' 12 ' * 1, '1e2' + 1, '10\0x' + 0, tostring('inf' + 0), tostring(-('nan' + 0)), tostring(tonumber('1_0')), tostring(tonumber('0x'))}
