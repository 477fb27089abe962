package main

import (
	"fmt"
	"regexp"
	"sort"
	"strings"

	"sigs.k8s.io/yaml"
)

// Object is one of Kubernetes, as its YAML or JSON has it.
type Object = map[string]interface{}

var separator = regexp.MustCompile(`(?m)^---\s*$`)

// parseObjects: a key that stands twice is an error, as is a document that is no object.
func parseObjects(text string) ([]Object, error) {
	var objects []Object
	for i, document := range separator.Split(text, -1) {
		var object Object
		if err := yaml.UnmarshalStrict([]byte(document), &object); err != nil {
			return nil, fmt.Errorf("document %d: %w:\n%s", i+1, err, document)
		}
		if len(object) > 0 {
			objects = append(objects, object)
		}
	}
	if len(objects) == 0 {
		return nil, fmt.Errorf("no object")
	}
	return objects, nil
}

func nameOf(object Object) string {
	metadata, _ := object["metadata"].(Object)
	return fmt.Sprintf("%v %v %v", object["apiVersion"], object["kind"], metadata["name"])
}

// Labels and annotations that only the chart has.
var ofHelm = []string{"helm.sh/chart", "app.kubernetes.io/managed-by", "app.kubernetes.io/version", "checksum/config"}

// The hash that kustomize appends to the name of the agent's ConfigMap, and to what refers to it.
var hashed = regexp.MustCompile(`^efa-agent-[a-z0-9]{10}$`)

func normalise(objects []Object) []Object {
	for _, object := range objects {
		normaliseValue(object)
		if data, ok := object["data"].(Object); ok && object["kind"] == "ConfigMap" {
			for key, text := range data {
				// What it says counts, not its comments.
				var value interface{}
				if strings.HasSuffix(key, ".yaml") && yaml.Unmarshal([]byte(text.(string)), &value) == nil {
					data[key] = value
				}
			}
		}
	}
	sort.Slice(objects, func(i, j int) bool { return nameOf(objects[i]) < nameOf(objects[j]) })
	return objects
}

func normaliseValue(value interface{}) {
	switch node := value.(type) {
	case []interface{}:
		for _, child := range node {
			normaliseValue(child)
		}
		// Volumes and mounts have no order.
		sort.SliceStable(node, func(i, j int) bool { return volumeName(node[i]) < volumeName(node[j]) })
	case Object:
		for _, key := range []string{"labels", "annotations"} {
			if texts, ok := node[key].(Object); ok {
				for _, name := range ofHelm {
					delete(texts, name)
				}
				if len(texts) == 0 {
					delete(node, key)
				}
			}
		}
		for key, child := range node {
			if text, ok := child.(string); ok && key == "name" && hashed.MatchString(text) {
				node[key] = "efa-agent"
			}
			normaliseValue(child)
		}
	}
}

// volumeName: of a volume or the mount of one, else nothing.
func volumeName(value interface{}) string {
	node, _ := value.(Object)
	for _, key := range []string{"mountPath", "hostPath", "configMap", "projected"} {
		if _, ok := node[key]; ok {
			name, _ := node["name"].(string)
			return name
		}
	}
	return ""
}
