return {loadstring('x = \195')}, 1
