package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/template"
)

type file struct{ Name, Text string }
type job struct {
	Files []file
	Run   string
	Data  any
	Option string
}
type answer struct {
	Out string `json:"out"`
	Err string `json:"err"`
	Str string `json:"str"`
}

type named map[string]any
func (n named) AsMap() map[string]any { return n }
func (n named) Get(k string) any { return n[k] }
func (n named) Add(a int, b ...float64) string { return fmt.Sprint(a, b) }
type point struct{ X int; Y string; Z any }
func (p point) Sum(a int) int { return p.X + a }
func (p *point) Ptr() string { return "ptr" }

func funcs(t *template.Template, option string) template.FuncMap {
	m := template.FuncMap{
		"upper": strings.ToUpper,
		"add":  func(a, b int) int { return a + b },
		"addf": func(a, b float64) float64 { return a + b },
		"u32": func(a uint32) uint32 { return a },
		"i64": func(a int64) int64 { return a },
		"flag": func(a bool) bool { return a },
		"list": func(a ...any) []any { if a == nil { return []any{} }; return a },
		"strs": func(a ...string) []string { if a == nil { return []string{} }; return a },
		"dict": func(a ...any) map[string]any { m := map[string]any{}; for i := 0; i+1 < len(a); i += 2 { m[fmt.Sprint(a[i])] = a[i+1] }; return m },
		"id":   func(a any) any { return a },
		"keysof": func(m map[string]any) int { return len(m) },
		"count": func(l []any) int { return len(l) },
		"fail": func(s string) (string, error) { return "", errors.New(s) },
		"none": func() any { return nil },
		"seven": func() int { return 7 },
		"nilmap": func() map[string]any { return nil },
		"nillist": func() []any { return nil },
		"bytes": func(s string) []byte { return []byte(s) },
		"pair": func(a string, b ...int) string { return fmt.Sprint(a, b) },
		"indent": func(n int, s string) string { if n < 0 { n = 0 }; p := strings.Repeat(" ", n); return p + strings.ReplaceAll(s, "\n", "\n"+p) },
		"named": func(m map[string]any) named { return named(m) },
	}
	m["include"] = func(name string, data any) (string, error) {
		var b strings.Builder
		err := t.ExecuteTemplate(&b, name, data)
		return b.String(), err
	}
	m["tpl"] = func(text string, data any) (string, error) {
		c, err := t.Clone()
		if err != nil { return "", err }
		c.Option(option)
		for k, v := range funcs(c, option) { if k == "include" || k == "tpl" { c.Funcs(template.FuncMap{k: v}) } }
		c, err = c.New(t.Name()).Parse(text)
		if err != nil { return "", fmt.Errorf("cannot parse template %q: %w", text, err) }
		var b strings.Builder
		if err := c.Execute(&b, data); err != nil { return "", fmt.Errorf("error during tpl function execution for %q: %w", text, err) }
		return strings.ReplaceAll(b.String(), "<no value>", ""), nil
	}
	return m
}

func run(j job) (a answer) {
	defer func() { if r := recover(); r != nil { a.Err = fmt.Sprintf("PANIC %v", r) } }()
	t := template.New("gotpl")
	opt := j.Option
	if opt == "" { opt = "missingkey=zero" }
	t.Option(opt)
	t.Funcs(funcs(t, opt))
	for _, f := range j.Files {
		n, err := t.New(f.Name).Parse(f.Text)
		if err != nil { a.Err = err.Error(); return }
		a.Str = n.Root.String()
	}
	var b strings.Builder
	if err := t.ExecuteTemplate(&b, j.Run, j.Data); err != nil { a.Err = err.Error(); return }
	a.Out = b.String()
	return
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<24)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			var j job
			if e := json.Unmarshal(line, &j); e != nil { panic(e) }
			r, _ := json.Marshal(run(j))
			out.Write(r); out.WriteByte('\n')
		}
		if err != nil { return }
	}
}
