return {redis.error_reply('line\nbreak').err, redis.error_reply('').err, redis.error_reply('-').err, redis.error_reply('- x\n').err, redis.error_reply('A B C').err}
