return {select('#', pcall(error, {})), select('#', pcall(error, {err = 'E x'})), select(2, pcall(error, {err = 'E x'})), select(2, pcall())}
