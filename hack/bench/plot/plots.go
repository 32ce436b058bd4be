package main

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// drawReady draws how many of the roles were Ready how long after they were created; a panel for each number of roles.
func drawReady(runs []run, path string) error {
	const width, height = 380, 340
	panels := []*plot.Plot{}
	for _, r := range runs {
		panel, err := readyPanel(r)
		if err != nil {
			return err
		}
		panels = append(panels, panel)
	}
	return save(path, vg.Length(width*len(panels)), height, func(canvas draw.Canvas) {
		rows := [][]*plot.Plot{panels}
		tiles := draw.Tiles{Rows: 1, Cols: len(panels), PadX: 12, PadTop: 6, PadBottom: 6, PadLeft: 6, PadRight: 12}
		for i, on := range plot.Align(rows, tiles, canvas)[0] {
			panels[i].Draw(on)
		}
	})
}

func readyPanel(r run) (*plot.Plot, error) {
	p := newPlot(fmt.Sprintf("Create %s roles", number(float64(r.Roles))), "seconds from a role's creation to Ready", "roles that are Ready, %")
	low, high, limit := 1.0, 1.0, 0.0
	for _, s := range styles {
		row := r.find(s.player, "create")
		if row == nil || len(row.ReadySeconds) == 0 {
			continue
		}
		var points plotter.XYs
		for percent, seconds := range row.ReadySeconds {
			points = append(points, plotter.XY{X: seconds, Y: float64(percent)})
			low, high = min(low, seconds), max(high, seconds)
		}
		l, err := plotter.NewLine(points)
		if err != nil {
			return nil, err
		}
		l.Color, l.Width = s.color, lineWidth
		p.Add(l)
		p.Legend.Add(s.label, l)
		if s.player == "operator" {
			limit = max(row.RemoteLimitSeconds, row.KubernetesLimitSeconds)
		}
	}
	if limit > 0 {
		if err := reference(p, "limit, for all roles", plotter.XY{X: limit, Y: 0}, plotter.XY{X: limit, Y: 100}); err != nil {
			return nil, err
		}
		low, high = min(low, limit), max(high, limit)
	}
	logarithmic(&p.X, low, high)
	p.Y.Min, p.Y.Max = 0, 140 // room for the legend
	p.Y.Tick.Marker = percents()
	return p, nil
}

// drawRequests draws what an account is asked in an hour in which nothing happens.
func drawRequests(runs []run, path string) error {
	const allowed = 10 * 3600 // by the default rate limit
	p := newPlot("Requests to Arize while nothing happens", "ArizeRoles", "requests per hour")
	err := byRoles(p, runs, func(r run, player string) float64 {
		if row := r.find(player, "idle"); row != nil {
			return row.RequestsPerHour
		}
		return 0
	})
	if err != nil {
		return err
	}
	low, high := span(runs)
	if err := reference(p, "rate limit, 10 per second", plotter.XY{X: low, Y: allowed}, plotter.XY{X: high, Y: allowed}); err != nil {
		return err
	}
	logarithmic(&p.X, low, high)
	p.X.Min, p.X.Max = low, high
	logarithmic(&p.Y, 10, 10_000_000) // room for the legend
	p.Legend.YOffs = -26
	return save(path, 560, 400, func(canvas draw.Canvas) { p.Draw(draw.Crop(canvas, 6, -12, 6, -6)) })
}

// drawMemory draws the most memory that was resident, in any scenario.
func drawMemory(runs []run, path string) error {
	const goal = 150
	p := newPlot("Memory", "ArizeRoles", "peak resident memory, MiB")
	if err := byRoles(p, runs, run.peak); err != nil {
		return err
	}
	low, high := span(runs)
	if err := reference(p, "goal for 10,000 roles", plotter.XY{X: low, Y: goal}, plotter.XY{X: high, Y: goal}); err != nil {
		return err
	}
	logarithmic(&p.X, low, high)
	p.X.Min, p.X.Max = low, high
	most := float64(goal)
	for _, r := range runs {
		for _, s := range styles {
			most = max(most, r.peak(s.player))
		}
	}
	p.Y.Min, p.Y.Max = 0, most*1.45 // room for the legend
	return save(path, 560, 400, func(canvas draw.Canvas) { p.Draw(draw.Crop(canvas, 6, -12, 6, -6)) })
}
