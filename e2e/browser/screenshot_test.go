package browser

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestScreenshot takes the picture that the documentation shows: the page of a scenario
// down to the end of its first card.
func TestScreenshot(t *testing.T) {
	const width, mostBytes = 1200, 200 << 10
	tab := open(t, demo(t, broken), chromedp.EmulateViewport(width, 800))
	call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "light"}}})
	bottom := eval[float64](tab, `document.querySelector('.card').getBoundingClientRect().bottom + scrollY`)
	tab.do(chromedp.EmulateViewport(width, int64(bottom)+16))
	picture, err := chromedp.Run(tab.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	shot, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	picture = small(t, shot)
	if size := shot.Bounds(); size.Dx() != width || size.Dy() < width/2 || len(picture) > mostBytes {
		t.Errorf("the picture is %d by %d and has %d bytes", size.Dx(), size.Dy(), len(picture))
	}
	if *update {
		if err := os.WriteFile(filepath.Join("..", "..", "docs", "report.png"), picture, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// small encodes a picture with the 48 colours that it has most of.
func small(t *testing.T, shot image.Image) []byte {
	t.Helper()
	size := shot.Bounds()
	times := map[color.RGBA]int{}
	for y := range size.Dy() {
		for x := range size.Dx() {
			times[color.RGBAModel.Convert(shot.At(x, y)).(color.RGBA)]++
		}
	}
	byTimes := slices.SortedFunc(maps.Keys(times), func(a, b color.RGBA) int { return times[b] - times[a] })
	var palette color.Palette
	for _, c := range byTimes[:min(len(byTimes), 48)] {
		palette = append(palette, c)
	}
	few := image.NewPaletted(size, palette)
	draw.Draw(few, size, shot, size.Min, draw.Src)
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, few); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
