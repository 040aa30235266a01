return {string.format('%s|%c|%.2s', 'a\0b', 0, 'xyz'), string.format('%q', 'a\0\r\n"')}
