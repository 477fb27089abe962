package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
)

// The kinds that may be there, and the model of each.
var models = map[string]string{
	"v1 Namespace":                            "V1Namespace",
	"v1 ServiceAccount":                       "V1ServiceAccount",
	"v1 ConfigMap":                            "V1ConfigMap",
	"apps/v1 DaemonSet":                       "V1DaemonSet",
	"scheduling.k8s.io/v1 PriorityClass":      "V1PriorityClass",
	"monitoring.coreos.com/v1 PodMonitor":     "",
	"monitoring.coreos.com/v1 PrometheusRule": "",
}

// Model is a type of Kubernetes' OpenAPI document.
type Model struct {
	types    map[string]string // by key: str, int, float, bool, datetime, object, list[T], dict(str, T), or a model
	required []string
}

// Types are the models by name.
type Types map[string]*Model

var (
	class    = regexp.MustCompile(`(?m)^class (\w+)\(object\):`)
	pair     = regexp.MustCompile(`(?m)^        '(\w+)': '([^']+)',?$`)
	wanted   = regexp.MustCompile("Invalid value for `(\\w+)`, must not be `None`")
	listOf   = regexp.MustCompile(`^list\[(.+)\]$`)
	dictOf   = regexp.MustCompile(`^dict\(str, (.+)\)$`)
	quantity = regexp.MustCompile(`^[+-]?([0-9]+|[0-9]+\.[0-9]*|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$`)
)

// readTypes: the models that OpenAPI Generator made of Kubernetes' published document, for its Python client. Each file says
// the types of the keys, how they are spelt in JSON, and which must be there.
func readTypes(folder string) (Types, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.py"))
	if err != nil {
		return nil, err
	}
	types := Types{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		name := class.FindSubmatch(text)
		if name == nil {
			continue
		}
		of, spelt := table(string(text), "openapi_types"), table(string(text), "attribute_map")
		if len(of) != len(spelt) {
			return nil, fmt.Errorf("%s: %d types of %d keys", file, len(of), len(spelt))
		}
		model := &Model{types: map[string]string{}}
		for attribute, key := range spelt {
			model.types[key] = of[attribute]
		}
		for _, found := range wanted.FindAllSubmatch(text, -1) {
			model.required = append(model.required, spelt[string(found[1])])
		}
		types[string(name[1])] = model
	}
	if len(types) < 500 {
		return nil, fmt.Errorf("%s: only %d models", folder, len(types))
	}
	return types, nil
}

func table(text, name string) map[string]string {
	result := map[string]string{}
	_, rest, found := strings.Cut(text, "    "+name+" = {\n")
	if !found {
		return result
	}
	body, _, _ := strings.Cut(rest, "    }\n")
	for _, found := range pair.FindAllStringSubmatch(body, -1) {
		result[found[1]] = found[2]
	}
	return result
}

// check says what is wrong with a value that should be of a type.
func (types Types) check(where, want string, value interface{}) []string {
	wrong := []string{fmt.Sprintf("%s: %v is no %s", where, value, want)}
	if found := listOf.FindStringSubmatch(want); found != nil {
		list, ok := value.([]interface{})
		if !ok {
			return wrong
		}
		var problems []string
		for i, element := range list {
			problems = append(problems, types.check(fmt.Sprintf("%s[%d]", where, i), found[1], element)...)
		}
		return problems
	}
	node, isObject := value.(Object)
	if found := dictOf.FindStringSubmatch(want); found != nil {
		if !isObject {
			return wrong
		}
		var problems []string
		for key, element := range node {
			problems = append(problems, types.check(where+"."+key, found[1], element)...)
			isQuantity := strings.HasSuffix(where, ".requests") || strings.HasSuffix(where, ".limits")
			if text, _ := element.(string); isQuantity && !quantity.MatchString(text) {
				problems = append(problems, fmt.Sprintf("%s.%s: %v is no quantity", where, key, element))
			}
		}
		return problems
	}
	ok := false
	switch want {
	case "object":
		ok = value != nil
	case "str", "datetime":
		_, ok = value.(string)
	case "bool":
		_, ok = value.(bool)
	case "float":
		_, ok = value.(float64)
	case "int":
		var number float64
		number, ok = value.(float64)
		ok = ok && number == math.Trunc(number)
	default:
		model := types[want]
		if model == nil {
			return []string{fmt.Sprintf("%s: there is no type %s", where, want)}
		}
		if !isObject {
			return wrong
		}
		return types.checkObject(where, want, model, node)
	}
	if ok {
		return nil
	}
	return wrong
}

func (types Types) checkObject(where, name string, model *Model, node Object) []string {
	var problems []string
	for key, value := range node {
		if want, known := model.types[key]; known {
			problems = append(problems, types.check(where+"."+key, want, value)...)
		} else {
			problems = append(problems, fmt.Sprintf("%s: %s has no %s", where, name, key))
		}
	}
	for _, key := range model.required {
		if _, there := node[key]; !there {
			problems = append(problems, fmt.Sprintf("%s: %s must have %s", where, name, key))
		}
	}
	return problems
}

func checkTypes(objects []Object, modelFolder, schemaFolder string) error {
	types, err := readTypes(modelFolder)
	if err != nil {
		return err
	}
	var problems []string
	for _, object := range objects {
		kind := fmt.Sprintf("%v %v", object["apiVersion"], object["kind"])
		model, known := models[kind]
		switch {
		case !known:
			problems = append(problems, kind+": not one of the kinds that there should be")
		case model != "":
			problems = append(problems, types.check(nameOf(object), model, object)...)
		default:
			schema, err := os.ReadFile(filepath.Join(schemaFolder, fmt.Sprint(object["kind"])+".schema.json"))
			if err != nil {
				return err
			}
			if err := checkSchema(nameOf(object), schema, object); err != nil {
				problems = append(problems, err.Error())
			}
		}
	}
	sort.Strings(problems)
	if len(problems) > 0 {
		return errors.New(strings.Join(problems, "\n"))
	}
	fmt.Printf("%d objects are as they should be\n", len(objects))
	return nil
}
