return {bit.bswap('nan'), bit.tohex('nan')}
