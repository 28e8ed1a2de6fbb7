// Prints the inner form of pod and claim specs and of versions of definitions, one type a line: what error messages of the API server
// show when they print a whole spec. The output is crates/local-apiserver/data/inner.txt.
//
//	go run ./inner-types > ../../crates/local-apiserver/data/inner.txt
package main

import (
	"fmt"
	"reflect"
	"sort"
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/kubernetes/pkg/apis/core"
)

var lines = map[string]string{}

// A type in short: s text, n number, b boolean, q quantity, v as on the wire, * pointer, [ list, { map.
func shape(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[resource.Quantity]():
		return "q"
	case reflect.TypeFor[intstr.IntOrString]():
		return "n"
	case reflect.TypeFor[metav1.LabelSelector](), reflect.TypeFor[metav1.Time](), reflect.TypeFor[metav1.ObjectMeta]():
		return "v"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + shape(t.Elem())
	case reflect.Slice:
		return "[" + shape(t.Elem())
	case reflect.Map:
		return "{" + shape(t.Elem())
	case reflect.String:
		return "s"
	case reflect.Bool:
		return "b"
	case reflect.Interface:
		return "v"
	case reflect.Struct:
		if _, known := lines[t.Name()]; !known {
			lines[t.Name()] = ""
			lines[t.Name()] = t.Name() + " " + strings.Join(fields(t), " ")
		}
		return "@" + t.Name()
	default:
		return "n"
	}
}

func fields(t reflect.Type) []string {
	var all []string
	for i := range t.NumField() {
		field := t.Field(i)
		if field.Anonymous {
			all = append(all, fields(field.Type)...)
			continue
		}
		all = append(all, field.Name+":"+shape(field.Type))
	}
	return all
}

func main() {
	shape(reflect.TypeFor[core.PodSpec]())
	shape(reflect.TypeFor[core.PersistentVolumeClaimSpec]())
	shape(reflect.TypeFor[apiextensions.CustomResourceDefinitionVersion]())
	var names []string
	for name := range lines {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Println(lines[name])
	}
}
