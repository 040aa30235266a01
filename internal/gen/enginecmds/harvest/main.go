// Harvest writes down what a redis-server says of its commands: COMMAND, COMMAND
// DOCS and each container's HELP. Its output, redis70.txt, is the source of
// runtime/engine/commands_docs.txt. It is run by hand when the version of Redis
// changes that the engine follows.
package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: harvest HOST:PORT FILE")
		os.Exit(2)
	}
	if err := harvest(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintf(os.Stderr, "harvest: asking %s about its commands: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}

// node is a reply: its type byte, and a text or elements.
type node struct {
	kind  byte
	text  string
	elems []node
}

func harvest(addr, file string) error {
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer nc.Close()
	rd := bufio.NewReader(nc)
	ask := func(words ...string) (node, error) {
		if _, err := fmt.Fprintf(nc, "%s\r\n", strings.Join(words, " ")); err != nil {
			return node{}, err
		}
		return read(rd)
	}
	if _, err := ask("HELLO", "3"); err != nil {
		return err
	}
	infos, err := ask("COMMAND")
	if err != nil {
		return err
	}
	docs, err := ask("COMMAND", "DOCS")
	if err != nil {
		return err
	}
	texts := map[string]string{}
	addDocs(texts, docs)
	var lines, containers []string
	var add func(n node)
	add = func(n node) {
		name := n.elems[0].text
		about := node{kind: '*', elems: []node{n.elems[2], n.elems[6], n.elems[7], n.elems[8]}}
		lines = append(lines, name+"\t"+about.String()+"\t"+texts[name])
		for _, sub := range n.elems[9].elems {
			if strings.HasSuffix(sub.elems[0].text, "|help") {
				containers = append(containers, name)
			}
			add(sub)
		}
	}
	for _, n := range infos.elems {
		add(n)
	}
	for _, name := range containers {
		help, err := ask(name, "HELP")
		if err != nil {
			return err
		}
		if help.kind == '*' { // CLUSTER's help is an error outside a cluster
			lines = append(lines, name+"|help text\t"+help.String()+"\t")
		}
	}
	sort.Strings(lines)
	return os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o644)
}

// addDocs takes the sub-commands' descriptions out of their containers'.
func addDocs(texts map[string]string, docs node) {
	for i := 0; i+1 < len(docs.elems); i += 2 {
		about := docs.elems[i+1]
		for j := 0; j+1 < len(about.elems); j += 2 {
			if about.elems[j].text == "subcommands" {
				addDocs(texts, about.elems[j+1])
				about.elems = append(about.elems[:j:j], about.elems[j+2:]...)
				break
			}
		}
		texts[docs.elems[i].text] = about.String()
	}
}

func read(rd *bufio.Reader) (node, error) {
	line, err := rd.ReadString('\n')
	if err != nil {
		return node{}, err
	}
	line = strings.TrimSuffix(line, "\r\n")
	n := node{kind: line[0], text: line[1:]}
	size := 0
	switch n.kind {
	case '+', '-', ':':
		return n, nil
	case '$', '*', '~', '%':
		if size, err = strconv.Atoi(n.text); err != nil || size < 0 {
			return n, fmt.Errorf("reading %q: a null or no length", line)
		}
	default:
		return n, fmt.Errorf("reading %q: an unexpected type", line)
	}
	if n.kind == '$' {
		b := make([]byte, size+2)
		_, err := io.ReadFull(rd, b)
		n.text = string(b[:size])
		return n, err
	}
	if n.kind == '%' {
		size *= 2
	}
	for i := 0; i < size; i++ {
		e, err := read(rd)
		if err != nil {
			return n, err
		}
		n.elems = append(n.elems, e)
	}
	return n, nil
}

var bare = regexp.MustCompile(`^[A-Za-z0-9_@.|*/-]+$`)

// String writes a reply as the engine's table of descriptions has it: [ ] for an
// array, { } for a map, < > for a set, + before a status and : before a number.
func (n node) String() string {
	around := map[byte][2]string{'*': {"[", "]"}, '%': {"{", "}"}, '~': {"<", ">"}}
	if b, ok := around[n.kind]; ok {
		parts := make([]string, len(n.elems))
		for i, e := range n.elems {
			parts[i] = e.String()
		}
		return b[0] + strings.Join(parts, " ") + b[1]
	}
	text := n.text
	if n.kind != ':' && !bare.MatchString(text) {
		text = strconv.Quote(text)
	}
	if n.kind == '$' {
		return text
	}
	return string(n.kind) + text
}
