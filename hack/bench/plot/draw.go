package main

import (
	"fmt"
	"image/color"
	"math"
	"os"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// style is how a player looks, in every plot. The colours can be told apart by the colour-blind too.
type style struct {
	player, label string
	color         color.Color
	shape         draw.GlyphDrawer
}

var styles = []style{
	{"operator", "arize-operator", color.RGBA{0x00, 0x72, 0xB2, 0xFF}, draw.CircleGlyph{}},
	{"textbook-1", "textbook, 1 worker", color.RGBA{0xD5, 0x5E, 0x00, 0xFF}, draw.SquareGlyph{}},
	{"textbook-16", "textbook, 16 workers", color.RGBA{0x00, 0x9E, 0x73, 0xFF}, draw.TriangleGlyph{}},
}

var grey = color.Gray{0x60}

const lineWidth = 1.5

func newPlot(title, x, y string) *plot.Plot {
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans"}
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.Padding = 8
	p.Title.TextStyle.Font.Size, p.X.Label.TextStyle.Font.Size, p.Y.Label.TextStyle.Font.Size = 14, 12, 12
	p.Legend.TextStyle.Font.Size, p.Legend.Padding = 11, 3
	p.Legend.Top, p.Legend.Left, p.Legend.XOffs, p.Legend.YOffs = true, true, 8, -4
	p.X.Padding, p.Y.Padding = 0, 0
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = color.Gray{0xDD}, color.Gray{0xDD}
	p.Add(grid)
	return p
}

// logarithmic makes an axis of powers of ten from low to high.
func logarithmic(axis *plot.Axis, low, high float64) {
	axis.Scale = plot.LogScale{}
	axis.Min, axis.Max = math.Pow(10, math.Floor(math.Log10(low))), math.Pow(10, math.Ceil(math.Log10(high)))
	var ticks plot.ConstantTicks
	for power := axis.Min; power <= axis.Max*1.01; power *= 10 {
		ticks = append(ticks, plot.Tick{Value: power, Label: number(power)})
		for step := 2.0; step < 10 && power < axis.Max*0.99; step++ {
			ticks = append(ticks, plot.Tick{Value: step * power})
		}
	}
	axis.Tick.Marker = ticks
}

func percents() plot.ConstantTicks {
	var ticks plot.ConstantTicks
	for percent := 0.0; percent <= 100; percent += 25 {
		ticks = append(ticks, plot.Tick{Value: percent, Label: number(percent)})
	}
	return ticks
}

// number writes a power of ten as people do: 0.1, 100, 10,000.
func number(n float64) string {
	text := strconv.FormatFloat(n, 'f', -1, 64)
	if n < 10_000 {
		return text
	}
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// reference draws a dashed line that is no measurement.
func reference(p *plot.Plot, label string, from, to plotter.XY) error {
	l, err := plotter.NewLine(plotter.XYs{from, to})
	if err != nil {
		return err
	}
	l.Color, l.Width, l.Dashes = grey, lineWidth, []vg.Length{5, 4}
	p.Add(l)
	p.Legend.Add(label, l)
	return nil
}

// byRoles draws, for each player, a value over the number of roles.
func byRoles(p *plot.Plot, runs []run, value func(run, string) float64) error {
	for _, s := range styles {
		var points plotter.XYs
		for _, r := range runs {
			if y := value(r, s.player); y > 0 {
				points = append(points, plotter.XY{X: float64(r.Roles), Y: y})
			}
		}
		if len(points) == 0 {
			continue
		}
		l, marks, err := plotter.NewLinePoints(points)
		if err != nil {
			return err
		}
		l.Color, l.Width = s.color, lineWidth
		marks.Color, marks.Shape, marks.Radius = s.color, s.shape, 4
		p.Add(l, marks)
		p.Legend.Add(s.label, l, marks)
	}
	return nil
}

// span is the least and the greatest number of roles, with room on both sides.
func span(runs []run) (low, high float64) {
	return float64(runs[0].Roles) / 1.5, float64(runs[len(runs)-1].Roles) * 1.5
}

// save writes what is drawn on white: pages may be dark.
func save(path string, width, height vg.Length, drawOn func(draw.Canvas)) error {
	canvas := vgsvg.New(width, height)
	all := draw.New(canvas)
	canvas.SetColor(color.White)
	canvas.Fill(all.Rectangle.Path())
	drawOn(all)
	var text strings.Builder
	if _, err := canvas.WriteTo(&text); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	// Who does not have the font has one of the same widths.
	svg := strings.ReplaceAll(text.String(), "font-family:Liberation Sans;", "font-family:Liberation Sans,Arial,Helvetica,sans-serif;")
	return os.WriteFile(path, []byte(svg), 0o644) //nolint:gosec // is published
}
