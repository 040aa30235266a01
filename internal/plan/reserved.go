package plan

// Reserved tells whether a family cannot have this name, because the generated
// package has it from the facade.
func Reserved(name string) bool { return reserved()[name] }

func reserved() map[string]bool { return map[string]bool{} }
