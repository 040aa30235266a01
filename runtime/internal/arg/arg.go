// Package arg turns Go values into the strings that commands carry. It writes
// every type as go-redis v9 does and never looks at what a command means.
package arg

import (
	"encoding"
	"fmt"
	"net"
	"strconv"
	"time"
)

// String is the text of one argument. Types that have none give an error that
// names the type.
func String(v interface{}) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case []byte:
		return string(v), nil
	case int:
		return strconv.Itoa(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case uint64:
		return strconv.FormatUint(v, 10), nil
	case float64:
		return formatFloat(v), nil
	case bool:
		return formatBool(v), nil
	case nil:
		return "", nil
	case int8:
		return strconv.FormatInt(int64(v), 10), nil
	case int16:
		return strconv.FormatInt(int64(v), 10), nil
	case int32:
		return strconv.FormatInt(int64(v), 10), nil
	case uint:
		return strconv.FormatUint(uint64(v), 10), nil
	case uint8:
		return strconv.FormatUint(uint64(v), 10), nil
	case uint16:
		return strconv.FormatUint(uint64(v), 10), nil
	case uint32:
		return strconv.FormatUint(uint64(v), 10), nil
	case float32:
		return formatFloat(float64(v)), nil
	case time.Time:
		return v.Format(time.RFC3339Nano), nil
	case time.Duration:
		return strconv.FormatInt(v.Nanoseconds(), 10), nil
	}
	return other(v)
}

// other is for the types that are rarely arguments: pointers and values that
// marshal themselves.
func other(v interface{}) (string, error) {
	switch v := v.(type) {
	case *string:
		return deref(v), nil
	case *int:
		return strconv.Itoa(deref(v)), nil
	case *int8:
		return strconv.FormatInt(int64(deref(v)), 10), nil
	case *int16:
		return strconv.FormatInt(int64(deref(v)), 10), nil
	case *int32:
		return strconv.FormatInt(int64(deref(v)), 10), nil
	case *int64:
		return strconv.FormatInt(deref(v), 10), nil
	case *uint:
		return strconv.FormatUint(uint64(deref(v)), 10), nil
	case *uint8:
		return strconv.FormatUint(uint64(deref(v)), 10), nil
	case *uint16:
		return strconv.FormatUint(uint64(deref(v)), 10), nil
	case *uint32:
		return strconv.FormatUint(uint64(deref(v)), 10), nil
	case *uint64:
		return strconv.FormatUint(deref(v), 10), nil
	case *float32:
		return formatFloat(float64(deref(v))), nil
	case *float64:
		return formatFloat(deref(v)), nil
	case *bool:
		return formatBool(deref(v)), nil
	case *time.Time:
		return deref(v).Format(time.RFC3339Nano), nil
	case *time.Duration:
		return strconv.FormatInt(deref(v).Nanoseconds(), 10), nil
	case encoding.BinaryMarshaler:
		b, err := v.MarshalBinary()
		if err != nil {
			return "", err
		}
		return string(b), nil
	case net.IP:
		return string(v), nil
	}
	return "", fmt.Errorf("redis: can't marshal %T (implement encoding.BinaryMarshaler)", v)
}

// deref reads a pointer; a nil one is the zero value, as go-redis writes it.
func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

func formatFloat(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func formatBool(b bool) string {
	if b {
		return "1"
	}
	return "0"
}
