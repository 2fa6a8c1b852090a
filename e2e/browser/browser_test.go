// Package browser opens reports of irsa-doctor in a browser. Pages are files, the
// browser has a home of its own, and none of them may ask the network for anything.
package browser

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/report"
)

var update = flag.Bool("update", false, "rewrite the screenshot in docs")

var (
	chromium context.Context // of the browser
	doctor   string          // the program
)

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	program, err := exec.LookPath("chromium")
	if err != nil {
		fmt.Fprintln(os.Stderr, "reports are not opened in a browser: chromium is not installed")
		return 0, nil
	}
	dir, err := os.MkdirTemp("", "irsa-browser-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	doctor = filepath.Join(dir, "irsa-doctor")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", doctor, ".")
	build.Dir = filepath.Join("..", "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("build irsa-doctor: %w\n%s", err, out)
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(filepath.Join(dir, "profile")),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	defer cancel()
	var stop context.CancelFunc
	chromium, stop = chromedp.NewContext(allocator)
	defer stop()
	if err := chromedp.Do(chromium); err != nil {
		return 0, fmt.Errorf("start %s: %w", program, err)
	}
	return m.Run(), nil
}

// A tab shows a page and notes what it must not do.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu    sync.Mutex
	wrong []string // errors, violations of the policy, dialogs, and calls of the network
}

// open shows a page. When the test ends it must have done nothing wrong.
func open(t *testing.T, content []byte, before ...chromedp.Action[chromedp.Void]) *tab {
	t.Helper()
	tab := newTab(t)
	tab.do(before...)
	tab.show(content)
	t.Cleanup(func() {
		for _, wrong := range tab.done() {
			t.Error(wrong)
		}
	})
	return tab
}

// show loads a page.
func (tab *tab) show(content []byte) {
	tab.t.Helper()
	file := filepath.Join(tab.t.TempDir(), "report.html")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		tab.t.Fatal(err)
	}
	tab.do(chromedp.Navigate("file://" + file))
}

func newTab(t *testing.T) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(chromium)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	t.Cleanup(stop)
	tab := &tab{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, tab.hear); err != nil {
		t.Fatal(err)
	}
	call(tab, network.Enable, network.EnableParams{})
	call(tab, log.Enable, cdp.Empty{})
	return tab
}

func (tab *tab) hear(event any) {
	switch e := event.(type) {
	case *log.EventEntryAdded:
		tab.note("%s: %s", e.Entry.Source, e.Entry.Text)
	case *runtime.EventConsoleAPICalled:
		tab.note("the console has a message of type %s", e.Type)
	case *runtime.EventExceptionThrown:
		tab.note("an exception: %s", e.ExceptionDetails.Text)
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, "file://") || !strings.HasSuffix(e.Request.URL, "/report.html") {
			tab.note("it asks for %s", e.Request.URL)
		}
	case *page.EventJavascriptDialogOpening:
		tab.note("a dialog: %s", e.Message)
		go chromedp.Do(tab.ctx, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{})
			return err
		}))
	}
}

func (tab *tab) note(format string, args ...any) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.wrong = append(tab.wrong, fmt.Sprintf(format, args...))
}

// done returns what the page did wrong so far.
func (tab *tab) done() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return slices.Clone(tab.wrong)
}

func (tab *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	if err := chromedp.Do(tab.ctx, steps...); err != nil {
		tab.t.Fatal(err)
	}
}

// eval returns the value of a JavaScript expression.
func eval[T any](tab *tab, expression string) T {
	tab.t.Helper()
	v, err := chromedp.Run(tab.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		tab.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// await waits until a JavaScript expression is true.
func (tab *tab) await(expression string) {
	tab.t.Helper()
	if _, err := chromedp.Run(tab.ctx, chromedp.Poll[bool](expression)); err != nil {
		tab.t.Fatalf("wait for %s: %v", expression, err)
	}
}

// settle gives what the page has started, such as loading an image, time to end.
func (tab *tab) settle() {
	tab.t.Helper()
	eval[bool](tab, `(window.settled = undefined, setTimeout(() => { window.settled = true; }, 50), true)`)
	tab.await(`window.settled`)
}

func call[P, R any](tab *tab, command cdp.Command[P, R], params P) R {
	tab.t.Helper()
	result, err := chromedp.Run(tab.ctx, func(ctx context.Context, target *chromedp.Target) (R, error) {
		return cdp.Call(ctx, target, command, params)
	})
	if err != nil {
		tab.t.Fatalf("%s: %v", command.Method, err)
	}
	return result
}

// demo is the page that the program makes of a scenario.
func demo(t *testing.T, scenario string) []byte {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), doctor, "demo", scenario, "-o", "html").Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || failed.ExitCode() != 1) {
		t.Fatalf("irsa-doctor demo %s: %v", scenario, err)
	}
	return out
}

// render is the page of a report that no cluster gives.
func render(t *testing.T, r *checks.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := report.HTML(&b, r, report.Options{Tool: report.Tool{Name: "irsa-doctor", Version: "v1.0.0"}}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
