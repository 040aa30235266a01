// Package scan stores replies in Go variables: one string in a variable of a
// basic type, a list in a slice, pairs in the tagged fields of a struct. It
// follows go-redis v9 and never sees a reply's protocol type.
package scan

import (
	"encoding"
	"fmt"
	"net"
	"reflect"
	"strconv"
	"time"
)

// Value parses s into the variable that dst points to.
func Value(s string, dst interface{}) (err error) {
	switch p := dst.(type) {
	case nil:
		return fmt.Errorf("redis: Scan(nil)")
	case *string:
		*p = s
		return nil
	case *[]byte:
		*p = []byte(s)
		return nil
	case *int:
		*p, err = strconv.Atoi(s)
		return err
	case *int8:
		return signed(s, 8, p)
	case *int16:
		return signed(s, 16, p)
	case *int32:
		return signed(s, 32, p)
	case *int64:
		return signed(s, 64, p)
	case *uint:
		return unsigned(s, 64, p)
	case *uint8:
		return unsigned(s, 8, p)
	case *uint16:
		return unsigned(s, 16, p)
	case *uint32:
		return unsigned(s, 32, p)
	case *uint64:
		return unsigned(s, 64, p)
	case *float32:
		f, err := strconv.ParseFloat(s, 32)
		if err != nil {
			return err
		}
		*p = float32(f)
		return nil
	case *float64:
		*p, err = strconv.ParseFloat(s, 64)
		return err
	case *bool:
		*p = s == "1"
		return nil
	case *time.Time:
		*p, err = time.Parse(time.RFC3339Nano, s)
		return err
	case *time.Duration:
		return signed(s, 64, p)
	case encoding.BinaryUnmarshaler:
		return p.UnmarshalBinary([]byte(s))
	case *net.IP:
		*p = net.IP(s)
		return nil
	}
	return fmt.Errorf("redis: can't unmarshal %T (consider implementing BinaryUnmarshaler)", dst)
}

func signed[T ~int8 | ~int16 | ~int32 | ~int64](s string, bits int, p *T) error {
	n, err := strconv.ParseInt(s, 10, bits)
	if err != nil {
		return err
	}
	*p = T(n)
	return nil
}

func unsigned[T ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64](s string, bits int, p *T) error {
	n, err := strconv.ParseUint(s, 10, bits)
	if err != nil {
		return err
	}
	*p = T(n)
	return nil
}

// Slice parses every string of data into the slice that dst points to. Spare
// capacity of the slice is used before it grows, so that elements which are
// pointers keep pointing to what the caller put there.
func Slice(data []string, dst interface{}) error {
	v := reflect.ValueOf(dst)
	if !v.IsValid() {
		return fmt.Errorf("redis: ScanSlice(nil)")
	}
	if v.Kind() != reflect.Ptr {
		return fmt.Errorf("redis: ScanSlice(non-pointer %T)", dst)
	}
	v = v.Elem()
	if v.Kind() != reflect.Slice {
		return fmt.Errorf("redis: ScanSlice(non-slice %T)", dst)
	}
	for i, s := range data {
		if err := Value(s, next(v).Addr().Interface()); err != nil {
			return fmt.Errorf("redis: ScanSlice index=%d value=%q failed: %w", i, s, err)
		}
	}
	return nil
}

// next makes the slice one longer and returns what its new element holds.
func next(slice reflect.Value) reflect.Value {
	elem := slice.Type().Elem()
	n := slice.Len()
	if n < slice.Cap() {
		slice.Set(slice.Slice(0, n+1))
	} else {
		slice.Set(reflect.Append(slice, reflect.Zero(elem)))
	}
	v := slice.Index(n)
	if elem.Kind() != reflect.Ptr {
		return v
	}
	if v.IsNil() {
		v.Set(reflect.New(elem.Elem()))
	}
	return v.Elem()
}
