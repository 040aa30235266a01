// Package di stands for a container that wires constructors by the types of
// their parameters and results, with reflection.
package di

import (
	"fmt"
	"reflect"
)

// A Container has the constructors, and what they made.
type Container struct {
	constructors []reflect.Value
	made         map[reflect.Type]reflect.Value
}

// New is an empty container.
func New() *Container { return &Container{made: map[reflect.Type]reflect.Value{}} }

// Provide takes a constructor.
func (c *Container) Provide(constructor any) {
	c.constructors = append(c.constructors, reflect.ValueOf(constructor))
}

// Invoke calls a function with what its parameters ask for.
func (c *Container) Invoke(f any) error {
	_, err := c.call(reflect.ValueOf(f))
	return err
}

func (c *Container) call(f reflect.Value) ([]reflect.Value, error) {
	var in []reflect.Value
	for i := range f.Type().NumIn() {
		v, err := c.make(f.Type().In(i))
		if err != nil {
			return nil, err
		}
		in = append(in, v)
	}
	return f.Call(in), nil
}

func (c *Container) make(t reflect.Type) (reflect.Value, error) {
	if v, ok := c.made[t]; ok {
		return v, nil
	}
	for _, f := range c.constructors {
		if f.Type().Out(0) != t {
			continue
		}
		out, err := c.call(f)
		if err != nil {
			return reflect.Value{}, err
		}
		c.made[t] = out[0]
		return out[0], nil
	}
	return reflect.Value{}, fmt.Errorf("nothing makes a %v", t)
}
