module github.com/newrelic/go-agent/v3/integrations/nrredis-v9

go 1.24

require github.com/redis/go-redis/v9 v9.22.0
