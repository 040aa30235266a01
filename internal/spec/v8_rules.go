package spec

// A V8RuleText says for people what a rule writes and where it does not fit.
type V8RuleText struct {
	Rule  V8Rule
	Does  string // what is written
	Stays string // where it is refused, and its group stays; empty: nowhere
}

// V8RuleTexts are the rules in the order in which they are explained.
var V8RuleTexts = []V8RuleText{
	{V8Rename, "The other name, everywhere: calls, values, interfaces of the module, and the methods of what stands in for a client.", ""},
	{V8Values, "`&redis.Z{…}` and `&z` lose the `&`, another pointer gets a `*`, `zs...` becomes `cfstore.ZValues(zs)...`. An interface or a stand-in that declares the method gets v9's signature.", "The method is a value; a stand-in keeps, changes or hands on the pointers that it is given."},
	{V8Members, "`rdb.ZAddArgs(ctx, key, cfstore.ZAddArgs{Ch: true, Members: []cfstore.Z{…}})`, with the members as above.", "The method is a value, or no member stands at the call."},
	{V8Append, "The call with one more argument, 0: no limit.", "The method is a value."},
	{V8DropFalse, "The call without its last argument.", "That argument is not the constant false."},
	{V8DropContext, "The call without its context.", "The context comes out of a call that could do more than read, or is a variable that nothing else uses."},
	{V8Option, "`ChannelWithSubscriptions(cfstore.WithChannelSize(size))`.", "The context comes out of a call that could do more than read, or is a variable that nothing else uses."},
	{V8NoResult, "`pipe.Discard()`, where the call is a statement, deferred, or assigned to `_`.", "The error is looked at."},
	{V8Background, "`context.Background()`.", "The module uses WithContext on a client, the client comes out of a call, or a type of the module that stands for a client has a Context of its own."},
	{V8Receiver, "The client itself: each command has its own context.", "The module asks for the context of a client, a hook could be added to the copy, or nothing else uses the variable that is the context."},
	{V8Wrap, "`rdb.AddHook(cfstore.FromHookV8(hook))`: Before and After are called in v8's order, with v8's contexts and errors. `redis.Hook` becomes `cfstore.HookV8`.", "The hook is a library's (FOREIGN_API)."},
	{V8Resp2, "Where the module asks for replies as they come (`Do`, `NewCmd` and its kin): `Protocol: 2` in a literal, else `opt.RESP2()`.", "The constructor is a value in such a module."},
	{V8Drop, "The field is left out of its literal; an assignment to it becomes one to `_`.", "It is read, or its value comes out of a call or is all that a local variable is used for."},
	{V8Approx, "`MaxLen: n, Approx: true`.", "It stands beside MaxLen, MinID or Approx, or is set outside of a literal."},
	{V8Millis, "`c.Idle.Milliseconds()`.", "It is set."},
	{V8Only, "Nothing.", "Everywhere (V8_NO_COUNTERPART)."},
}
