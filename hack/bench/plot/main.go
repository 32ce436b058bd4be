// Command plot draws what `make bench` measured. It is a module of its own, so that its dependencies are not the operator's.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// run is what a plot needs of a run in results.json; hack/bench says what the fields mean.
type run struct {
	Roles   int      `json:"roles"`
	Players []player `json:"players"`
}

type player struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Rows  []row  `json:"rows"`
}

type row struct {
	Scenario               string    `json:"scenario"`
	RemoteLimitSeconds     float64   `json:"remoteLimitSeconds"`
	KubernetesLimitSeconds float64   `json:"kubernetesLimitSeconds"`
	PeakMiB                float64   `json:"peakMiB"`
	RequestsPerHour        float64   `json:"requestsPerHour"`
	ReadySeconds           []float64 `json:"readySeconds"`
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: plot <directory of results.json>")
		os.Exit(2)
	}
	if err := drawAll(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "plot:", err)
		os.Exit(1)
	}
}

func drawAll(dir string) error {
	data, err := os.ReadFile(filepath.Join(dir, "results.json")) //nolint:gosec // whoever runs this says where
	if err != nil {
		return err
	}
	var runs []run
	if err := json.Unmarshal(data, &runs); err != nil {
		return err
	}
	if len(runs) == 0 {
		return errors.New("there are no results")
	}
	return errors.Join(
		drawReady(runs, filepath.Join(dir, "ready.svg")),
		drawRequests(runs, filepath.Join(dir, "requests.svg")),
		drawMemory(runs, filepath.Join(dir, "memory.svg")))
}

// find returns a player's row; nil when it was not measured.
func (r run) find(name, scenario string) *row {
	for _, p := range r.Players {
		for i := range p.Rows {
			if p.Name == name && p.Rows[i].Scenario == scenario {
				return &p.Rows[i]
			}
		}
	}
	return nil
}

// peak is the most memory that a player needed; 0 when it was not measured.
func (r run) peak(name string) float64 {
	most := 0.0
	for _, p := range r.Players {
		for _, row := range p.Rows {
			if p.Name == name {
				most = max(most, row.PeakMiB)
			}
		}
	}
	return most
}
