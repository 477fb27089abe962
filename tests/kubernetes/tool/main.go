// Tool of the tests of deploy/kubernetes and deploy/helm: renders the chart and looks at objects. Built with what Debian
// packages of Go have, without the network.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
)

const usage = `tool chart CHART RELEASE NAMESPACE [VALUES]  the chart's objects as YAML; VALUES is a file, its values beat the chart's
tool notes CHART RELEASE NAMESPACE [VALUES]  what NOTES.txt says
tool types MODELS SCHEMAS <YAML              says what is wrong with the objects; MODELS are those of python3-kubernetes,
                                             SCHEMAS a folder of <kind>.schema.json for custom resources
tool json <YAML                              the objects as a JSON list
tool normal <YAML                            the same, in an order, without what only kustomize or only Helm adds
`

func run(arguments []string) error {
	if len(arguments) == 0 {
		return fmt.Errorf("%s", usage)
	}
	command, rest := arguments[0], arguments[1:]
	switch {
	case (command == "chart" || command == "notes") && (len(rest) == 3 || len(rest) == 4):
		values := ""
		if len(rest) == 4 {
			values = rest[3]
		}
		rendered, err := renderChart(rest[0], rest[1], rest[2], values)
		if err != nil {
			return err
		}
		if command == "notes" {
			fmt.Println(rendered.notes)
		} else {
			fmt.Print(rendered.objects)
		}
		return nil
	case command == "types" && len(rest) == 2:
		objects, err := readObjects()
		if err != nil {
			return err
		}
		return checkTypes(objects, rest[0], rest[1])
	case command == "json" && len(rest) == 0, command == "normal" && len(rest) == 0:
		objects, err := readObjects()
		if err != nil {
			return err
		}
		if command == "normal" {
			objects = normalise(objects)
		}
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(objects)
	}
	return fmt.Errorf("%s", usage)
}

func readObjects() ([]Object, error) {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return nil, err
	}
	return parseObjects(string(text))
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
