// Code generated from internal/spec by internal/gen/facade; DO NOT EDIT.

package runtime

import "context"

// Command sends COMMAND.
func (c cmdable) Command(ctx context.Context) *CommandsInfoCmd {
	cmd := NewCommandsInfoCmd(ctx, "command")
	_ = c(ctx, cmd)
	return cmd
}

// CommandGetKeys sends COMMAND GETKEYS.
func (c cmdable) CommandGetKeys(ctx context.Context, commands ...interface{}) *StringSliceCmd {
	words := make([]interface{}, 0, 2+len(commands))
	words = append(words, "command", "getkeys")
	for _, v := range commands {
		words = append(words, v)
	}
	cmd := NewStringSliceCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// CommandGetKeysAndFlags sends COMMAND GETKEYSANDFLAGS.
func (c cmdable) CommandGetKeysAndFlags(ctx context.Context, commands ...interface{}) *KeyFlagsCmd {
	words := make([]interface{}, 0, 2+len(commands))
	words = append(words, "command", "getkeysandflags")
	for _, v := range commands {
		words = append(words, v)
	}
	cmd := NewKeyFlagsCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// ConfigGet sends CONFIG GET.
func (c cmdable) ConfigGet(ctx context.Context, parameter string) *MapStringStringCmd {
	cmd := NewMapStringStringCmd(ctx, "config", "get", parameter)
	_ = c(ctx, cmd)
	return cmd
}

// ConfigResetStat sends CONFIG RESETSTAT.
func (c cmdable) ConfigResetStat(ctx context.Context) *StatusCmd {
	cmd := NewStatusCmd(ctx, "config", "resetstat")
	_ = c(ctx, cmd)
	return cmd
}

// ConfigSet sends CONFIG SET.
func (c cmdable) ConfigSet(ctx context.Context, parameter string, value string) *StatusCmd {
	cmd := NewStatusCmd(ctx, "config", "set", parameter, value)
	_ = c(ctx, cmd)
	return cmd
}

// DBSize sends DBSIZE.
func (c cmdable) DBSize(ctx context.Context) *IntCmd {
	cmd := NewIntCmd(ctx, "dbsize")
	_ = c(ctx, cmd)
	return cmd
}

// FlushAll sends FLUSHALL.
func (c cmdable) FlushAll(ctx context.Context) *StatusCmd {
	cmd := NewStatusCmd(ctx, "flushall")
	_ = c(ctx, cmd)
	return cmd
}

// FlushAllAsync sends FLUSHALL.
func (c cmdable) FlushAllAsync(ctx context.Context) *StatusCmd {
	cmd := NewStatusCmd(ctx, "flushall", "async")
	_ = c(ctx, cmd)
	return cmd
}

// FlushDB sends FLUSHDB.
func (c cmdable) FlushDB(ctx context.Context) *StatusCmd {
	cmd := NewStatusCmd(ctx, "flushdb")
	_ = c(ctx, cmd)
	return cmd
}

// FlushDBAsync sends FLUSHDB.
func (c cmdable) FlushDBAsync(ctx context.Context) *StatusCmd {
	cmd := NewStatusCmd(ctx, "flushdb", "async")
	_ = c(ctx, cmd)
	return cmd
}

// Info sends INFO.
func (c cmdable) Info(ctx context.Context, section ...string) *StringCmd {
	words := make([]interface{}, 0, 1+len(section))
	words = append(words, "info")
	for _, v := range section {
		words = append(words, v)
	}
	cmd := NewStringCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// InfoMap sends INFO.
func (c cmdable) InfoMap(ctx context.Context, section ...string) *InfoCmd {
	words := make([]interface{}, 0, 1+len(section))
	words = append(words, "info")
	for _, v := range section {
		words = append(words, v)
	}
	cmd := NewInfoCmd(ctx, words...)
	_ = c(ctx, cmd)
	return cmd
}

// LastSave sends LASTSAVE.
func (c cmdable) LastSave(ctx context.Context) *IntCmd {
	cmd := NewIntCmd(ctx, "lastsave")
	_ = c(ctx, cmd)
	return cmd
}

// Time sends TIME.
func (c cmdable) Time(ctx context.Context) *TimeCmd {
	cmd := NewTimeCmd(ctx, "time")
	_ = c(ctx, cmd)
	return cmd
}
