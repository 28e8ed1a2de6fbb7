// Writes the two tables of crates/local-apiserver/data from the published API of a Kubernetes release:
// the OpenAPI v3 and discovery documents of the k8s.io/kubernetes module give names, list types, patch
// strategies and defaults; the Go types give what a round trip through them keeps (omitempty, pointers).
// Descriptions are left out. Usage: go run . <k8s.io/kubernetes module folder> <data folder>
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"

	apiext "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	agg "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	"sigs.k8s.io/yaml"
)

// The served group versions, in discovery order.
var served = []string{
	"v1", "apiregistration.k8s.io/v1", "apps/v1", "events.k8s.io/v1", "authentication.k8s.io/v1",
	"authorization.k8s.io/v1", "autoscaling/v2", "autoscaling/v1", "batch/v1", "certificates.k8s.io/v1",
	"networking.k8s.io/v1", "policy/v1", "rbac.authorization.k8s.io/v1", "storage.k8s.io/v1",
	"admissionregistration.k8s.io/v1", "apiextensions.k8s.io/v1", "scheduling.k8s.io/v1",
	"coordination.k8s.io/v1", "node.k8s.io/v1", "discovery.k8s.io/v1", "resource.k8s.io/v1",
	"flowcontrol.apiserver.k8s.io/v1",
}

type object = map[string]any

func main() {
	source, out := os.Args[1], os.Args[2]
	schemas := object{}
	for _, gv := range served {
		name := "apis__" + strings.ReplaceAll(gv, "/", "__")
		if gv == "v1" {
			name = "api__v1"
		}
		doc := read(filepath.Join(source, "api/openapi-spec/v3", name+"_openapi.json"))
		for k, v := range at(doc, "components", "schemas").(object) {
			schemas[k] = v
		}
	}
	golang := goTypes()

	names := make([]string, 0, len(schemas))
	for name := range schemas {
		names = append(names, name)
	}
	sort.Strings(names)
	var types strings.Builder
	for _, name := range names {
		types.WriteString(typeLine(name, schemas[name].(object), golang) + "\n")
	}
	check(os.WriteFile(filepath.Join(out, "types.txt"), []byte(types.String()), 0o644))

	var resources strings.Builder
	for _, gv := range served {
		resourceLines(&resources, source, gv)
	}
	check(os.WriteFile(filepath.Join(out, "resources.txt"), []byte(resources.String()), 0o644))
	rbac(source, out)
}

// The roles and bindings every cluster starts with, one JSON object per line.
func rbac(source, out string) {
	var lines strings.Builder
	for _, name := range []string{
		"cluster-roles", "cluster-role-bindings", "controller-roles", "controller-role-bindings",
		"namespace-roles", "namespace-role-bindings",
	} {
		raw, err := os.ReadFile(filepath.Join(source, "plugin/pkg/auth/authorizer/rbac/bootstrappolicy/testdata", name+".yaml"))
		check(err)
		var list object
		check(yaml.Unmarshal(raw, &list))
		for _, item := range list["items"].([]any) {
			role := item.(object)
			metadata := role["metadata"].(object)
			delete(metadata, "creationTimestamp")
			line, err := json.Marshal(role)
			check(err)
			lines.WriteString(string(line) + "\n")
		}
	}
	check(os.WriteFile(filepath.Join(out, "rbac.jsonl"), []byte(lines.String()), 0o644))
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func read(path string) object {
	raw, err := os.ReadFile(path)
	check(err)
	var doc object
	check(json.Unmarshal(raw, &doc))
	return doc
}

func at(v any, path ...string) any {
	for _, p := range path {
		m, ok := v.(object)
		if !ok {
			return nil
		}
		v = m[p]
	}
	return v
}

// Field facts that only the Go type knows.
type goField struct{ pointer, omit, zero bool }

func goTypes() map[string]map[string]goField {
	check(apiext.AddToScheme(scheme.Scheme))
	check(agg.AddToScheme(scheme.Scheme))
	found := map[string]map[string]goField{}
	seen := map[reflect.Type]bool{}
	var walk func(t reflect.Type)
	walk = func(t reflect.Type) {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map || t.Kind() == reflect.Array {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || seen[t] {
			return
		}
		seen[t] = true
		fields := map[string]goField{}
		var collect func(t reflect.Type)
		collect = func(t reflect.Type) {
			for i := 0; i < t.NumField(); i++ {
				f := t.Field(i)
				tag := strings.Split(f.Tag.Get("json"), ",")
				if f.Anonymous && tag[0] == "" {
					inner := f.Type
					if inner.Kind() == reflect.Pointer {
						inner = inner.Elem()
					}
					if inner.Kind() == reflect.Struct {
						collect(inner)
					}
					continue
				}
				if tag[0] == "" || tag[0] == "-" {
					continue
				}
				// omitempty keeps an empty struct, omitzero leaves it out.
				fact := goField{pointer: f.Type.Kind() == reflect.Pointer}
				for _, o := range tag[1:] {
					fact.omit = fact.omit || o == "omitempty"
					fact.zero = fact.zero || o == "omitzero"
				}
				fields[tag[0]] = fact
				walk(f.Type)
			}
		}
		collect(t)
		found[goName(t)] = fields
	}
	for _, t := range scheme.Scheme.AllKnownTypes() {
		walk(t)
	}
	walk(reflect.TypeOf(metav1.Status{}))
	walk(reflect.TypeOf(runtime.TypeMeta{}))
	return found
}

func goName(t reflect.Type) string {
	p := strings.Split(t.PkgPath(), "/")
	return p[len(p)-2] + "." + p[len(p)-1] + "." + t.Name()
}

// io.k8s.api.core.v1.Pod -> core.v1.Pod: the last two package elements and the type.
func short(name string) string {
	p := strings.Split(name, ".")
	if len(p) < 3 {
		return name
	}
	return strings.Join(p[len(p)-3:], ".")
}

func reference(s object) string {
	r, _ := s["$ref"].(string)
	if r == "" {
		if all, ok := s["allOf"].([]any); ok && len(all) == 1 {
			r, _ = all[0].(object)["$ref"].(string)
		}
	}
	return strings.TrimPrefix(r, "#/components/schemas/")
}

var special = map[string]string{
	"meta.v1.Time": "t", "meta.v1.MicroTime": "T", "api.resource.Quantity": "q",
	"util.intstr.IntOrString": "I", "pkg.runtime.RawExtension": "J",
	"meta.v1.FieldsV1": "F", "apiextensions.v1.JSON": "J",
	"meta.v1.Duration": "s", "meta.v1.Patch": "J",
}

func typeCode(s object) string {
	if r := reference(s); r != "" {
		code, ok := special[short(r)]
		if !ok {
			code = "@" + short(r)
			if s["x-kubernetes-map-type"] == "atomic" {
				code = "@=" + short(r)
			}
		}
		return code
	}
	switch s["type"] {
	case "string":
		if s["format"] == "byte" {
			return "y"
		}
		return "s"
	case "boolean":
		return "b"
	case "integer":
		if s["format"] == "int64" {
			return "l"
		}
		return "i"
	case "number":
		return "n"
	case "array":
		topology := ""
		switch s["x-kubernetes-list-type"] {
		case "atomic":
			topology = "="
		case "set":
			topology = "~"
		case "map":
			keys := []string{}
			for _, k := range s["x-kubernetes-list-map-keys"].([]any) {
				keys = append(keys, k.(string))
			}
			topology = "(" + strings.Join(keys, ",") + ")"
		}
		return "[" + topology + typeCode(s["items"].(object))
	case "object":
		if extra, ok := s["additionalProperties"].(object); ok {
			topology := ""
			if s["x-kubernetes-map-type"] == "atomic" {
				topology = "="
			}
			return "{" + topology + typeCode(extra)
		}
	}
	return "J"
}

func typeLine(name string, s object, golang map[string]map[string]goField) string {
	line := short(name)
	if s["x-kubernetes-map-type"] == "atomic" {
		line += "="
	}
	properties, ok := s["properties"].(object)
	if !ok {
		return line + " :" + typeCode(s)
	}
	required := map[string]bool{}
	if list, ok := s["required"].([]any); ok {
		for _, r := range list {
			required[r.(string)] = true
		}
	}
	facts, known := golang[short(name)]
	if !known {
		fmt.Fprintln(os.Stderr, "no Go type for", name)
	}
	fields := make([]string, 0, len(properties))
	for f := range properties {
		fields = append(fields, f)
	}
	sort.Strings(fields)
	for _, f := range fields {
		p := properties[f].(object)
		token := f
		if required[f] {
			token += "!"
		}
		if facts[f].omit {
			token += "?"
		}
		if facts[f].zero {
			token += "%"
		}
		if facts[f].pointer {
			token += "*"
		}
		token += ":" + typeCode(p)
		if k, ok := p["x-kubernetes-patch-merge-key"].(string); ok {
			token += "|k" + k
		}
		if st, ok := p["x-kubernetes-patch-strategy"].(string); ok {
			token += "|p" + st
		}
		if d, ok := p["default"]; ok {
			raw, err := json.Marshal(d)
			check(err)
			token += "|d" + strings.ReplaceAll(string(raw), " ", "")
		}
		line += " " + token
	}
	return line
}

func verbs(list any) string {
	out := []string{}
	for _, v := range list.([]any) {
		out = append(out, v.(string))
	}
	return strings.Join(out, ",")
}

func words(list any) string {
	if list == nil {
		return "-"
	}
	return verbs(list)
}

// One line per resource, subresources after a tab-less list: name:kind:verbs, kind as group/version/Kind.
func resourceLines(out *strings.Builder, source, gv string) {
	name := "apis__" + strings.ReplaceAll(gv, "/", "__")
	if gv == "v1" {
		name = "api__v1"
	}
	doc := read(filepath.Join(source, "api/discovery", name+".json"))
	group, version := "", gv
	if i := strings.Index(gv, "/"); i >= 0 {
		group, version = gv[:i], gv[i+1:]
	}
	lines, order := map[string]string{}, []string{}
	for _, item := range doc["resources"].([]any) {
		r := item.(object)
		n := r["name"].(string)
		kind := r["kind"].(string)
		if g, ok := r["group"].(string); ok {
			kind = g + "/" + r["version"].(string) + "/" + kind
		} else if v, ok := r["version"].(string); ok {
			kind = "/" + v + "/" + kind
		}
		if i := strings.Index(n, "/"); i >= 0 {
			lines[n[:i]] += " " + n[i+1:] + ":" + kind + ":" + verbs(r["verbs"])
			continue
		}
		scope := "cluster"
		if r["namespaced"].(bool) {
			scope = "namespaced"
		}
		g := group
		if g == "" {
			g = "core"
		}
		order = append(order, n)
		singular, _ := r["singularName"].(string)
		if singular == "" {
			singular = strings.ToLower(r["kind"].(string))
		}
		lines[n] = fmt.Sprintf("%s %s %s %s %s %s %s %s %s", g, version, n, singular, kind, scope, verbs(r["verbs"]), words(r["shortNames"]), words(r["categories"])) + lines[n]
	}
	for _, n := range order {
		out.WriteString(lines[n] + "\n")
	}
}
