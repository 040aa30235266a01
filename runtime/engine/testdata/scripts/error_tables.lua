local e = redis.pcall('multi') local n = 0 for k in pairs(e) do n = n + 1 end return {e.err, n, tostring(e.line), tostring(e.ignore_error_stats_update)}
