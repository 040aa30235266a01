package engine

import (
	"strings"
	"testing"
)

const bookshop = `{"store":{"book":[
	{"category":"reference","author":"Nigel Rees","title":"Sayings of the Century","price":8.95},
	{"category":"fiction","author":"Evelyn Waugh","title":"Sword of Honour","price":12.99},
	{"category":"fiction","author":"Herman Melville","title":"Moby Dick","isbn":"0-553-21311-3","price":8.99},
	{"category":"fiction","author":"J. R. R. Tolkien","title":"The Lord of the Rings","isbn":"0-395-19395-8","price":22.99}],
	"bicycle":{"color":"red","price":19.95}},"limit":10,"cat":"fiction","pattern":"^S"}`

func TestJSONPathFindsWhatItNames(t *testing.T) {
	root, err := parseJSON(bookshop, 0)
	if err != nil {
		t.Fatal(err)
	}
	extra, err := parseJSON(`{"$":1,"a b":2,"a'b":3,"a\"b":4,"a\\b":5,"arr":[0,1,2,3,4,5],"mix":[null,true,false,1,1.0,"1",[1],{"k":[1,2]},{"k":[9]}],"é":6,"x-y":7}`, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, want string }{
		{"$.store.book[*].author", `["Nigel Rees","Evelyn Waugh","Herman Melville","J. R. R. Tolkien"]`},
		{"$..author", `["Nigel Rees","Evelyn Waugh","Herman Melville","J. R. R. Tolkien"]`},
		{"$.store..price", `[8.95,12.99,8.99,22.99,19.95]`},
		{"$..book[2].title", `["Moby Dick"]`},
		{"$..book[-1].title", `["The Lord of the Rings"]`},
		{"$..book[-9].title", `["Sayings of the Century"]`},
		{"$..book[9]", `[]`},
		{"$..book[0,1].price", `[8.95,12.99]`},
		{"$..book[:2].price", `[8.95,12.99]`},
		{"$..book[1:3].price", `[12.99,8.99]`},
		{"$..book[-2:].price", `[8.99,22.99]`},
		{"$..book[::2].price", `[8.95,8.99]`},
		{"$..book[1::2].price", `[12.99,22.99]`},
		{"$..book[:-1:2].price", `[8.95,8.99]`},
		{"$..book[?(@.isbn)].price", `[8.99,22.99]`},
		{"$..book[?(@.price<10)].title", `["Sayings of the Century","Moby Dick"]`},
		{"$..book[?@.price < 10].title", `["Sayings of the Century","Moby Dick"]`},
		{"$..book[?(@.price<=$.limit)].price", `[8.95,8.99]`},
		{"$..book[?(@.category==$.cat && @.price>10)].price", `[12.99,22.99]`},
		{"$..book[?(@.category=='reference' || @.price>20 && @.isbn)].price", `[8.95,22.99]`},
		{"$..book[?((@.category=='reference' || @.price>20) && @.isbn)].price", `[22.99]`},
		{"$..book[?(@.author =~ 'Nigel|Tolkien$')].price", `[8.95,22.99]`},
		{"$..book[?(@.title =~ $.pattern)].price", `[8.95,12.99]`},
		{"$..book[?(@.title =~ '(')].price", `[]`},
		{"$..book[?(@.isbn != 'x')].price", `[8.95,12.99,8.99,22.99]`},
		{"$..book[?(@['price']==8.95)]['title','category']", `["Sayings of the Century","reference"]`},
		{`$["limit","cat"]`, `[10,"fiction"]`},
		{"$.*", ``},
		{"$.store.*.color", `["red"]`},
		{"$.store[?(@.color=='red')].price", `[19.95]`},
		{"$..[0].price", `[8.95]`},
		{"$..['isbn']", `["0-553-21311-3","0-395-19395-8"]`},
		{"$.store.book[?(@.missing==@.gone)]", `[]`},
		{"$[ 'limit' , 'cat' ]", `[10,"fiction"]`}, {"$ . store . book [ 0 : 1 ] . price", `[]`}, // "$ " starts a path of the first version
		{"limit", `[10]`}, {".limit", `[10]`}, {".store.bicycle['color']", `["red"]`}, {"store.book[1].price", `[12.99]`},
		{"", `error`}, {" ", `error`}, {".\"", `error`}, {"$.", `error`}, {"$..", `error`}, {"$[", `error`}, {"$[]", `error`},
		{"$[1", `error`}, {"$['a]", `error`}, {"$[01]", `error`}, {"$[1:2:0]", `error`}, {"$[?]", `error`}, {"$[?(@.a]", `error`},
		{"$[?(@.a==)]", `error`}, {"$.a b", `error`}, {"$.a\x00", `error`}, {"$[1,'a']", `error`}, {"$[99999999999999999999]", `error`},
		{"$.é", `error`}, {"$['a\\nb']", `error`}, {"$[?(@.a=1)]", `error`}, {"$.a.", `error`}, {"$\xff", `error`},
		{"$" + strings.Repeat("[?(@", 200), `error`},
	} {
		got := "error"
		if p, err := parseJSONPath(c.path); err == nil {
			found, _ := p.find(root, false)
			got = string(appendJSON(nil, jsonList(found), nil))
		}
		if c.want != "" && got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.path, got, c.want)
		}
	}
	for _, c := range []struct{ path, want string }{
		{"$.$", "[1]"}, {"$", ""}, {"['$']", "[1]"}, {"$['a b']", "[2]"}, {`$["a'b"]`, "[3]"}, {`$['a\'b']`, "[3]"},
		{`$['a"b']`, "[4]"}, {`$["a\"b"]`, "[4]"}, {`$["a\\b"]`, "[5]"}, {`$['é']`, "[6]"}, {"$.x-y", "[7]"},
		{"$.arr[1:4]", "[1,2,3]"}, {"$.arr[-3:-1]", "[3,4]"}, {"$.arr[4:2]", "[]"}, {"$.arr[1:100:3]", "[1,4]"}, {"$.arr[:]", "[0,1,2,3,4,5]"},
		{"$.arr[0,0,-1]", "[0,0,5]"}, {"$.arr[?(@>=4)]", "[4,5]"}, {"$.arr[?(@>1&&@<4)]", "[2,3]"}, {"$.arr[?(3<@)]", "[4,5]"},
		{"$.mix[?(@==1)]", "[1,1.0]"}, {"$.mix[?(@=='1')]", `["1"]`}, {"$.mix[?(@==null)]", "[null]"}, {"$.mix[?(@==true)]", "[true]"},
		{"$.mix[?(@==$.mix[6])]", "[[1]]"}, {"$.mix[?(@.k[*]==2)].k", "[[1,2]]"}, {"$.mix[?(@.k[?(@>5)])].k", "[[9]]"},
		{"$.mix[?(@<true)]", "[false]"}, {"$.mix[?(@.k==@.q)]", "[]"}, {"$.mix[?(1==1)].k", "[[1,2],[9]]"}, {"$.mix[?(false)].k[0]", "[1,9]"},
	} {
		p, err := parseJSONPath(c.path)
		if err != nil {
			t.Errorf("%s: %v", c.path, err)
			continue
		}
		found, _ := p.find(extra, false)
		if got := string(appendJSON(nil, jsonList(found), nil)); c.want != "" && got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.path, got, c.want)
		}
	}
}
