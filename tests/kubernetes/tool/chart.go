package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"github.com/xeipuuv/gojsonschema"
	"sigs.k8s.io/yaml"
)

// Rendered is what a chart gives.
type Rendered struct {
	objects string
	notes   string
}

// Files is .Files of a chart: what is neither a template nor one of Helm's own.
type Files map[string][]byte

// Get is the file's text; as in Helm, that of one that is not there is empty.
func (files Files) Get(name string) string { return string(files[name]) }

// Glob is those whose names match.
func (files Files) Glob(pattern string) Files {
	found := Files{}
	for name, content := range files {
		if matches, _ := path.Match(pattern, name); matches {
			found[name] = content
		}
	}
	return found
}

// renderChart does with a chart what Helm does, as far as this one uses it: values over values, their schema, templates with
// sprig and Helm's functions, .Files, .Release, .Chart and .Template. Stricter in that a value that is nowhere is an error.
func renderChart(folder, release, namespace, valuesFile string) (*Rendered, error) {
	files, err := readChart(folder)
	if err != nil {
		return nil, err
	}
	chart, err := readMetadata(files["Chart.yaml"])
	if err != nil {
		return nil, err
	}
	values, err := readValues(files, valuesFile)
	if err != nil {
		return nil, err
	}
	scope := map[string]interface{}{
		"Values":  values,
		"Chart":   chart,
		"Release": map[string]interface{}{"Name": release, "Namespace": namespace, "Service": "Helm", "Revision": 1, "IsInstall": true, "IsUpgrade": false},
		"Files":   otherFiles(files),
	}
	templates, err := parseTemplates(files)
	if err != nil {
		return nil, err
	}
	result := &Rendered{}
	for _, name := range templateNames(files) {
		if strings.HasPrefix(path.Base(name), "_") {
			continue
		}
		scope["Template"] = map[string]interface{}{"Name": path.Join(chart["Name"].(string), name), "BasePath": path.Join(chart["Name"].(string), "templates")}
		var text strings.Builder
		if err := templates.ExecuteTemplate(&text, name, scope); err != nil {
			return nil, err
		}
		if name == "templates/NOTES.txt" {
			result.notes = text.String()
		} else if strings.TrimSpace(text.String()) != "" {
			result.objects += "---\n# Source: " + name + "\n" + strings.TrimPrefix(strings.TrimSpace(text.String()), "---") + "\n"
		}
	}
	_, err = parseObjects(result.objects)
	return result, err
}

// readChart: all files by name; links are followed, to folders, too, as Helm does.
func readChart(folder string) (Files, error) {
	files := Files{}
	var add func(name string) error
	add = func(name string) error {
		full := filepath.Join(folder, name)
		info, err := os.Stat(full)
		if err != nil {
			return err
		}
		if !info.IsDir() {
			files[name], err = os.ReadFile(full)
			return err
		}
		entries, err := os.ReadDir(full)
		for _, entry := range entries {
			if err == nil {
				err = add(path.Join(name, entry.Name()))
			}
		}
		return err
	}
	err := add("")
	if err == nil && files["Chart.yaml"] == nil {
		err = fmt.Errorf("%s: %w", folder, fs.ErrNotExist)
	}
	return files, err
}

func readMetadata(text []byte) (map[string]interface{}, error) {
	var metadata struct {
		APIVersion  string   `json:"apiVersion"`
		Name        string   `json:"name"`
		Description string   `json:"description"`
		Type        string   `json:"type"`
		Version     string   `json:"version"`
		AppVersion  string   `json:"appVersion"`
		KubeVersion string   `json:"kubeVersion"`
		Keywords    []string `json:"keywords"`
	}
	if err := yaml.UnmarshalStrict(text, &metadata); err != nil {
		return nil, fmt.Errorf("Chart.yaml: %w", err)
	}
	if metadata.APIVersion != "v2" || metadata.Name == "" || metadata.Version == "" {
		return nil, errors.New("Chart.yaml: apiVersion must be v2, name and version must be there")
	}
	return map[string]interface{}{"Name": metadata.Name, "Version": metadata.Version, "AppVersion": metadata.AppVersion, "Description": metadata.Description, "Type": metadata.Type, "KubeVersion": metadata.KubeVersion}, nil
}

// readValues: the chart's, those of the file over them, as the chart's schema allows them.
func readValues(files Files, valuesFile string) (map[string]interface{}, error) {
	var values map[string]interface{}
	if err := yaml.UnmarshalStrict(files["values.yaml"], &values); err != nil {
		return nil, fmt.Errorf("values.yaml: %w", err)
	}
	if valuesFile != "" {
		text, err := os.ReadFile(valuesFile)
		if err != nil {
			return nil, err
		}
		var over map[string]interface{}
		if err := yaml.UnmarshalStrict(text, &over); err != nil {
			return nil, fmt.Errorf("%s: %w", valuesFile, err)
		}
		putOver(values, over)
	}
	return values, checkSchema("values", files["values.schema.json"], values)
}

// putOver: maps are merged, all else is replaced; null takes a value away.
func putOver(values, over map[string]interface{}) {
	for key, value := range over {
		below, isMap := values[key].(map[string]interface{})
		above, areMaps := value.(map[string]interface{})
		switch {
		case isMap && areMaps:
			putOver(below, above)
		case value == nil:
			delete(values, key)
		default:
			values[key] = value
		}
	}
}

// checkSchema: a JSON schema, draft 7.
func checkSchema(what string, schema []byte, value interface{}) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	result, err := gojsonschema.Validate(gojsonschema.NewBytesLoader(schema), gojsonschema.NewBytesLoader(text))
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	var wrong []string
	for _, problem := range result.Errors() {
		wrong = append(wrong, fmt.Sprintf("%s: %s", what, problem))
	}
	sort.Strings(wrong)
	if len(wrong) > 0 {
		return errors.New(strings.Join(wrong, "\n"))
	}
	return nil
}

func templateNames(files Files) []string {
	var names []string
	for name := range files {
		if strings.HasPrefix(name, "templates/") {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

func otherFiles(files Files) Files {
	others := Files{}
	for name, content := range files {
		switch name {
		case "Chart.yaml", "values.yaml", "values.schema.json", ".helmignore":
		default:
			if !strings.HasPrefix(name, "templates/") {
				others[name] = content
			}
		}
	}
	return others
}

func parseTemplates(files Files) (*template.Template, error) {
	templates := template.New("chart").Option("missingkey=error")
	functions := sprig.TxtFuncMap()
	delete(functions, "env")
	delete(functions, "expandenv")
	functions["include"] = func(name string, scope interface{}) (string, error) {
		var text strings.Builder
		err := templates.ExecuteTemplate(&text, name, scope)
		return text.String(), err
	}
	functions["required"] = func(warning string, value interface{}) (interface{}, error) {
		if value == nil || value == "" {
			return nil, errors.New(warning)
		}
		return value, nil
	}
	functions["toYaml"] = func(value interface{}) (string, error) {
		text, err := yaml.Marshal(value)
		return strings.TrimSuffix(string(text), "\n"), err
	}
	functions["fromYaml"] = func(text string) (map[string]interface{}, error) {
		value := map[string]interface{}{}
		err := yaml.Unmarshal([]byte(text), &value)
		return value, err
	}
	functions["toJson"] = func(value interface{}) (string, error) {
		text, err := json.Marshal(value)
		return string(text), err
	}
	templates.Funcs(functions)
	for _, name := range templateNames(files) {
		if _, err := templates.New(name).Parse(string(files[name])); err != nil {
			return nil, err
		}
	}
	return templates, nil
}
