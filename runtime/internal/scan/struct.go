package scan

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
)

// Scanner is implemented by field types that parse themselves.
type Scanner interface {
	ScanRedis(s string) error
}

// A Struct is a struct variable that pairs are stored in.
type Struct struct {
	value  reflect.Value
	fields map[string]int // index of the field with that `redis` tag
}

// tagged caches the tags of struct types: map[reflect.Type]map[string]int.
var tagged sync.Map

// Into prepares the struct that dst points to.
func Into(dst interface{}) (Struct, error) {
	v := reflect.ValueOf(dst)
	if v.Kind() != reflect.Ptr || v.IsNil() {
		return Struct{}, fmt.Errorf("redis.Scan(non-pointer %T)", dst)
	}
	v = v.Elem()
	if v.Kind() != reflect.Struct {
		return Struct{}, fmt.Errorf("redis.Scan(non-struct %T)", dst)
	}
	return Struct{value: v, fields: tags(v.Type())}, nil
}

func tags(t reflect.Type) map[string]int {
	if m, ok := tagged.Load(t); ok {
		return m.(map[string]int)
	}
	m := make(map[string]int)
	for i := 0; i < t.NumField(); i++ {
		tag := t.Field(i).Tag.Get("redis")
		name, _, _ := strings.Cut(tag, ",")
		if tag != "-" && name != "" {
			m[name] = i
		}
	}
	tagged.Store(t, m)
	return m
}

// Pairs stores values under their keys, as HMGET and MGET list them. What is
// no string (a missing field) leaves its struct field alone.
func Pairs(dst interface{}, keys, values []interface{}) error {
	if len(keys) != len(values) {
		return errors.New("args should have the same number of keys and vals")
	}
	s, err := Into(dst)
	if err != nil {
		return err
	}
	for i := range values {
		key, ok := keys[i].(string)
		if !ok {
			continue
		}
		value, ok := values[i].(string)
		if !ok {
			continue
		}
		if err := s.Scan(key, value); err != nil {
			return err
		}
	}
	return nil
}

// Scan stores value in the field with the tag key, if there is one.
func (s Struct) Scan(key, value string) error {
	i, ok := s.fields[key]
	if !ok {
		return nil
	}
	v := s.value.Field(i)
	isPtr := v.Kind() == reflect.Ptr
	if isPtr && v.IsNil() {
		v.Set(reflect.New(v.Type().Elem()))
	}
	if !isPtr && v.Type().Name() != "" && v.CanAddr() {
		v, isPtr = v.Addr(), true
	}
	if isPtr && v.Type().NumMethod() > 0 && v.CanInterface() {
		switch self := v.Interface().(type) {
		case Scanner:
			return self.ScanRedis(value)
		case encoding.TextUnmarshaler:
			return self.UnmarshalText([]byte(value))
		case encoding.BinaryUnmarshaler:
			return self.UnmarshalBinary([]byte(value))
		}
	}
	if isPtr {
		v = v.Elem()
	}
	if err := store(v, value); err != nil {
		t := s.value.Type()
		return fmt.Errorf("cannot scan redis.result %s into struct field %s.%s of type %s, error-%s",
			value, t.Name(), t.Field(i).Name, t.Field(i).Type, err.Error())
	}
	return nil
}

// store parses s by the kind of the field.
func store(v reflect.Value, s string) error {
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Bool:
		b, err := strconv.ParseBool(s)
		if err != nil {
			return err
		}
		v.SetBool(b)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := strconv.ParseInt(s, 10, v.Type().Bits())
		if err != nil {
			return err
		}
		v.SetInt(n)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n, err := strconv.ParseUint(s, 10, v.Type().Bits())
		if err != nil {
			return err
		}
		v.SetUint(n)
	case reflect.Float32, reflect.Float64:
		f, err := strconv.ParseFloat(s, v.Type().Bits())
		if err != nil {
			return err
		}
		v.SetFloat(f)
	case reflect.Slice:
		// Slices of anything but bytes are left alone, without an error: so
		// does go-redis.
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte(s))
		}
	default:
		return fmt.Errorf("redis.Scan(unsupported %s)", v.Type())
	}
	return nil
}
