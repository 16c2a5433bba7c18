package modbus

import (
	"errors"
	"fmt"
	"slices"
)

// Expr is a condition on named states: names, ! (not), & (and), | (or), parentheses; not
// binds before and, and before or.
type Expr struct {
	op   byte // 'n' name, '!', '&', '|'
	name string
	a, b *Expr
}

// Truth is a truth value that may be unknown.
type Truth int8

// The truth values.
const (
	Unknown Truth = iota
	True
	False
)

// maxDepth bounds the nesting of an expression.
const maxDepth = 32

// ParseExpr compiles a condition.
func ParseExpr(s string) (*Expr, error) {
	if len(s) > 1024 {
		return nil, errors.New("longer than 1024 characters")
	}
	p := exprParser{s: s}
	e, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if p.peek() != 0 {
		return nil, fmt.Errorf("%q at %d is not expected", p.s[p.i], p.i)
	}
	return e, nil
}

type exprParser struct {
	s string
	i int
}

// peek gives the next character that is not a space, 0 at the end.
func (p *exprParser) peek() byte {
	for p.i < len(p.s) && p.s[p.i] == ' ' {
		p.i++
	}
	if p.i == len(p.s) {
		return 0
	}
	return p.s[p.i]
}

func (p *exprParser) or(depth int) (*Expr, error) { return p.chain('|', p.and, depth) }

func (p *exprParser) and(depth int) (*Expr, error) { return p.chain('&', p.not, depth) }

func (p *exprParser) chain(op byte, next func(int) (*Expr, error), depth int) (*Expr, error) {
	e, err := next(depth)
	for err == nil && p.peek() == op {
		p.i++
		var r *Expr
		if r, err = next(depth); err == nil {
			e = &Expr{op: op, a: e, b: r}
		}
	}
	return e, err
}

func (p *exprParser) not(depth int) (*Expr, error) {
	if depth > maxDepth {
		return nil, errors.New("nested too deeply")
	}
	switch c := p.peek(); {
	case c == '!':
		p.i++
		e, err := p.not(depth + 1)
		return &Expr{op: '!', a: e}, err
	case c == '(':
		p.i++
		e, err := p.or(depth + 1)
		if err == nil && p.peek() != ')' {
			err = errors.New("a closing parenthesis is missing")
		}
		p.i++
		return e, err
	case isName(c):
		start := p.i
		for p.i < len(p.s) && isName(p.s[p.i]) {
			p.i++
		}
		return &Expr{op: 'n', name: p.s[start:p.i]}, nil
	}
	return nil, fmt.Errorf("a name is missing at %d", p.i)
}

func isName(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// Names gives the names in e, sorted, each once.
func (e *Expr) Names() []string {
	var out []string
	var walk func(*Expr)
	walk = func(e *Expr) {
		if e == nil {
			return
		}
		if e.op == 'n' {
			out = append(out, e.name)
		}
		walk(e.a)
		walk(e.b)
	}
	walk(e)
	slices.Sort(out)
	return slices.Compact(out)
}

// Eval gives the truth of e; what depends on an unknown state is unknown. A nil
// expression is true.
func (e *Expr) Eval(state func(name string) Truth) Truth {
	if e == nil {
		return True
	}
	switch e.op {
	case 'n':
		return state(e.name)
	case '!':
		switch e.a.Eval(state) {
		case True:
			return False
		case False:
			return True
		}
		return Unknown
	}
	decides, else_ := False, True // of "and"
	if e.op == '|' {
		decides, else_ = True, False
	}
	a, b := e.a.Eval(state), e.b.Eval(state)
	switch {
	case a == decides || b == decides:
		return decides
	case a == Unknown || b == Unknown:
		return Unknown
	}
	return else_
}
