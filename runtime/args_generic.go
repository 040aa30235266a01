package runtime

import "context"

// Sort are the options of SORT.
type Sort struct {
	By            string
	Offset, Count int64
	Get           []string
	Order         string
	Alpha         bool
}

func (s *Sort) args(command, key string) []interface{} {
	args := []interface{}{command, key}
	if s.By != "" {
		args = append(args, "by", s.By)
	}
	if s.Offset != 0 || s.Count != 0 {
		args = append(args, "limit", s.Offset, s.Count)
	}
	for _, get := range s.Get {
		args = append(args, "get", get)
	}
	if s.Order != "" {
		args = append(args, s.Order)
	}
	if s.Alpha {
		args = append(args, "alpha")
	}
	return args
}

// Sort sorts the elements of a list, set or sorted set.
func (c cmdable) Sort(ctx context.Context, key string, sort *Sort) *StringSliceCmd {
	cmd := NewStringSliceCmd(ctx, sort.args("sort", key)...)
	_ = c(ctx, cmd)
	return cmd
}

// SortRO is Sort by the command that cannot store.
func (c cmdable) SortRO(ctx context.Context, key string, sort *Sort) *StringSliceCmd {
	cmd := NewStringSliceCmd(ctx, sort.args("sort_ro", key)...)
	_ = c(ctx, cmd)
	return cmd
}

// SortStore sorts and stores the result as a list.
func (c cmdable) SortStore(ctx context.Context, key string, store string, sort *Sort) *IntCmd {
	args := sort.args("sort", key)
	if store != "" {
		args = append(args, "store", store)
	}
	cmd := NewIntCmd(ctx, args...)
	_ = c(ctx, cmd)
	return cmd
}

// SortInterfaces is Sort with nil for what a GET pattern did not find.
func (c cmdable) SortInterfaces(ctx context.Context, key string, sort *Sort) *SliceCmd {
	cmd := NewSliceCmd(ctx, sort.args("sort", key)...)
	_ = c(ctx, cmd)
	return cmd
}
