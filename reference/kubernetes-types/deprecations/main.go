// Writes crates/objects/src/deprecation/table.rs: the kinds of client-go's scheme that say when they
// were deprecated, when they went away and what to use instead.
// Usage: go run ./deprecations > ../../crates/objects/src/deprecation/table.rs
package main

import (
	"fmt"
	"sort"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
)

type deprecated interface{ APILifecycleDeprecated() (int, int) }
type removed interface{ APILifecycleRemoved() (int, int) }
type replaced interface {
	APILifecycleReplacement() schema.GroupVersionKind
}

func main() {
	kinds := make([]schema.GroupVersionKind, 0)
	for kind := range scheme.Scheme.AllKnownTypes() {
		kinds = append(kinds, kind)
	}
	sort.Slice(kinds, func(i, j int) bool { return kinds[i].String() < kinds[j].String() })
	fmt.Println("// Written by reference/kubernetes-types/deprecations; do not edit.")
	fmt.Println("use super::{Deprecation, Release};")
	fmt.Println("\npub(super) const DEPRECATIONS: &[Deprecation] = &[")
	for _, kind := range kinds {
		object, err := scheme.Scheme.New(kind)
		if err != nil {
			panic(err)
		}
		since, ok := object.(deprecated)
		if !ok {
			continue
		}
		major, minor := since.APILifecycleDeprecated()
		if major == 0 && minor == 0 {
			continue
		}
		until, instead := "None", "None"
		if until_, ok := object.(removed); ok {
			if major, minor := until_.APILifecycleRemoved(); major != 0 || minor != 0 {
				until = fmt.Sprintf("Some(Release(%d, %d))", major, minor)
			}
		}
		if instead_, ok := object.(replaced); ok {
			if kind := instead_.APILifecycleReplacement(); !kind.Empty() {
				instead = fmt.Sprintf("Some((%q, %q))", kind.GroupVersion().String(), kind.Kind)
			}
		}
		fmt.Printf("    Deprecation { api_version: %q, kind: %q, since: Release(%d, %d), until: %s, instead: %s },\n",
			kind.GroupVersion().String(), kind.Kind, major, minor, until, instead)
	}
	fmt.Println("];")
}
