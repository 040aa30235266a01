package report

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/redis2cf/redis2cf/internal/testneed"
)

var screenshots = flag.String("screenshots", "", "directory that pictures of the page are put into, to be looked at")

// A browser is one that has the page open, and notes what should not happen.
type browser struct {
	*testing.T
	ctx context.Context

	mu    sync.Mutex
	wrong []string
}

func (b *browser) note(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wrong = append(b.wrong, fmt.Sprintf(format, args...))
}

func startBrowser(t *testing.T) *browser {
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(testneed.Chromium(t)), chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1280, 900))
	if os.Geteuid() == 0 {
		opts = append(opts, chromedp.NoSandbox) // which chromium refuses to root
	}
	ctx, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(ctx)
	t.Cleanup(end)
	b := &browser{T: t, ctx: ctx}
	if err := chromedp.Listen(ctx, func(ev any) {
		switch ev := ev.(type) {
		case *runtime.EventExceptionThrown:
			b.note("exception: %s", ev.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			b.note("console: %s", ev.Type)
		case *log.EventEntryAdded:
			b.note("log: %s", ev.Entry.Text)
		case *network.EventRequestWillBeSent:
			if url := ev.Request.URL; !strings.HasPrefix(url, "file:") && !strings.HasPrefix(url, "data:") && url != "about:blank" {
				b.note("request: %s", url)
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	send(b, network.Enable, network.EnableParams{})
	send(b, log.Enable, cdp.Empty{})
	return b
}

// send gives the browser a command of its protocol.
func send[P, R any](b *browser, cmd cdp.Command[P, R], params P) R {
	b.Helper()
	res, err := chromedp.Call(b.ctx, cmd, params)
	if err != nil {
		b.Fatal(err)
	}
	return res
}

// get is the value of an action.
func get[T any](b *browser, action chromedp.Action[T]) T {
	b.Helper()
	v, err := chromedp.Run(b.ctx, action)
	if err != nil {
		b.Fatal(err)
	}
	return v
}

func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.Fatal(err)
	}
}

// eval is the value of an expression.
func (b *browser) eval(js string) any {
	b.Helper()
	return get(b, chromedp.Evaluate[any]("(() => { const v = "+js+"; return v === undefined ? null : v })()"))
}

func (b *browser) is(js string, want any) {
	b.Helper()
	if got := b.eval(js); fmt.Sprint(got) != fmt.Sprint(want) {
		b.Errorf("%s is %v, want %v", js, got, want)
	}
}

// becomes waits until an expression is true: filters wait for the end of typing.
func (b *browser) becomes(js string) {
	b.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[any](js, chromedp.WithPollingTimeout(5*time.Second))); err != nil {
		b.Errorf("%s does not become true: %v; the count is %v", js, err, b.eval(`document.getElementById('count').textContent`))
	}
}

func (b *browser) picture(name string) {
	if *screenshots == "" {
		return
	}
	png := get(b, chromedp.CaptureScreenshot())
	if err := os.WriteFile(filepath.Join(*screenshots, name+".png"), png, 0o644); err != nil {
		b.Fatal(err)
	}
}

// shown counts the rows of calls that are seen.
const shown = `[...document.getElementById('rows').rows].filter((r) => r.offsetHeight > 0).length`

func says(text string) string {
	return fmt.Sprintf(`document.getElementById('count').textContent === %q`, text)
}

// contrast is the lowest contrast of text in the page, and where it is.
const contrast = `(() => {
  const lum = (c) => c.map((v) => v / 255).map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const rgb = (s) => s.match(/[\d.]+/g).map(Number);
  const ground = (el) => { for (; el; el = el.parentElement) { const c = rgb(getComputedStyle(el).backgroundColor); if (c.length < 4 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
  let least = [99, ''];
  for (const el of document.querySelectorAll('p, th, td, code, a, summary, b, .tag, .soft, label, h1, h2, button, select, input, .plus, .minus')) {
    if (!el.offsetHeight || !el.textContent.trim()) continue;
    const [a, b] = [lum(rgb(getComputedStyle(el).color).slice(0, 3)), lum(ground(el))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < least[0]) least = [ratio, el.tagName + '.' + el.className + ' ' + el.textContent.slice(0, 30)];
  }
  return least[0] >= 4.5 ? '' : least[0].toFixed(2) + ' at ' + least[1];
})()`

func TestThePageInABrowser(t *testing.T) {
	r, changes := hostilePage(t, 5000)
	var out bytes.Buffer
	if err := WriteHTML(&out, r, changes, "v1", false); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	b := startBrowser(t)
	b.do(chromedp.Navigate("file://" + file))
	b.becomes(says("5,000 of 5,000 calls, the first 200 shown"))
	b.is(shown, 200)
	b.is(`typeof window.hacked`, "undefined")
	b.is(`document.images.length`, 0)
	b.is(`document.getElementById('rows').rows[4999].textContent.includes('</script><img')`, true)
	b.is(contrast, "")
	b.picture("desktop-light")

	b.filters()
	b.keyboard(file)
	b.looks(file)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.wrong {
		b.Error(w)
	}
}

// filters tries each filter, with others and alone, and how long they take.
func (b *browser) filters() {
	choose := func(id, value string) {
		b.eval(fmt.Sprintf(`document.getElementById(%q).value = %q; document.getElementById(%q).dispatchEvent(new Event('change'))`, id, value, id))
		b.is(fmt.Sprintf(`document.getElementById(%q).value`, id), value) // there is such a choice
	}
	b.do(chromedp.SendKeys(chromedp.CSS("#q"), "HGetAll user:7:*"))
	b.becomes(`/^(199|200) of 5,000 calls$/.test(document.getElementById('count').textContent)`)
	b.eval(`document.getElementById('q').value = ''; document.getElementById('q').dispatchEvent(new Event('input'))`)
	b.becomes(says("5,000 of 5,000 calls, the first 200 shown"))

	choose("status", "=stays")
	b.becomes(fmt.Sprintf(`document.getElementById('count').textContent.startsWith('%s of 5,000')`, thousands(float64(statusCount(b.T, StatusStays)))))
	choose("package", "=example.com/shop/internal/p1")
	b.is(`[...document.getElementById('rows').rows].filter((r) => !r.hidden).every((r) => r.dataset.package.endsWith('/p1') && r.dataset.status === 'stays')`, true)
	choose("family", "=")
	b.becomes(says("No call fits."))
	b.is(`location.hash.startsWith('#calls?status=')`, true)
	b.do(chromedp.Click(chromedp.CSS("#reset")))
	b.becomes(says("5,000 of 5,000 calls, the first 200 shown"))
	b.is(`document.activeElement.id`, "q")
	choose("reason", "=KEY_FROM_DATA")
	b.is(`[...document.getElementById('rows').rows].filter((r) => !r.hidden).every((r) => r.dataset.reason === 'KEY_FROM_DATA')`, true)
	b.is(`document.getElementById('more').hidden`, false)
	b.do(chromedp.Click(chromedp.CSS("#next")))
	b.is(shown, 400)

	// A family's number of calls leads to them.
	b.do(chromedp.Click(chromedp.CSS(`a[data-filter=family][data-value="session:*"]`)))
	b.becomes(says("1 of 5,000 calls"))
	b.is(`document.getElementById('family').value`, "=session:*")
	b.eval(`location.hash = '#calls?q=LPush'`)
	b.becomes(says("1 of 5,000 calls"))
	b.bridges(choose)
	if ms := b.eval(`(() => { const t = performance.now(); document.getElementById('reset').click(); document.body.offsetHeight; return performance.now() - t })()`).(float64); ms > 500 {
		b.Errorf("a filter over 5,000 calls takes %.0f ms", ms)
	}
}

// bridges filters the other table, by the same means.
func (b *browser) bridges(choose func(id, value string)) {
	const seen = `[...document.getElementById('cut-rows').rows].filter((r) => r.offsetHeight > 0).length`
	cuts := func(text string) string {
		return fmt.Sprintf(`document.getElementById('cut-count').textContent === %q`, text)
	}
	b.is(seen, 3)
	choose("cut-code", "=CUT_LIBRARY")
	b.becomes(cuts("1 of 3 bridges"))
	b.is(seen, 1)
	b.is(`location.hash`, "#bridges?code=%3DCUT_LIBRARY")
	choose("cut-reason", "=SEARCH")
	b.becomes(cuts("No bridge fits."))
	b.eval(`document.getElementById('cut-reset').focus({preventScroll: true})`)
	b.do(chromedp.KeyEvent(kb.Enter)) // a click would race with a page that scrolls smoothly
	b.becomes(cuts("3 of 3 bridges"))
	b.is(`document.activeElement.id`, "cut-q")
	b.do(chromedp.KeyEvent("lock.New"))
	b.becomes(cuts("1 of 3 bridges"))
	b.do(chromedp.KeyEvent(kb.Escape))
	b.becomes(cuts("3 of 3 bridges"))
	b.eval(`location.hash = '#bridges?q=errors'`)
	b.becomes(cuts("1 of 3 bridges"))
	b.eval(`document.getElementById('bridges').scrollIntoView()`)
	b.picture("bridges")
	b.eval(`document.getElementById('cut-reset').click()`)
}

func statusCount(t *testing.T, status Status) int {
	r, _ := hostilePage(t, 5000)
	n := 0
	for _, s := range r.Sites {
		if s.Status == status {
			n++
		}
	}
	return n
}

// keyboard goes where somebody without a mouse goes.
func (b *browser) keyboard(file string) {
	b.do(chromedp.Navigate("about:blank"), chromedp.Navigate("file://"+file)) // Tab begins at the top again
	b.becomes(says("5,000 of 5,000 calls, the first 200 shown"))
	b.do(chromedp.KeyEvent(kb.Tab))
	b.is(`document.activeElement.className`, "skip")
	b.is(`document.activeElement.getBoundingClientRect().left >= 0`, true)
	b.is(`getComputedStyle(document.activeElement).outlineStyle`, "solid")
	b.do(chromedp.KeyEvent(kb.Enter))
	b.is(`document.activeElement.id`, "main")
	b.do(chromedp.KeyEvent(kb.Tab))
	b.is(`document.activeElement.closest('section').id`, "families") // the table, which can be scrolled
	b.do(chromedp.KeyEvent("/"))
	b.is(`document.activeElement.id`, "q")
	b.do(chromedp.KeyEvent("redis"))
	b.becomes(says("No call fits."))
	b.do(chromedp.KeyEvent(kb.Escape))
	b.becomes(says("5,000 of 5,000 calls, the first 200 shown"))
	var order []string
	for range 5 {
		b.do(chromedp.KeyEvent(kb.Tab))
		order = append(order, fmt.Sprint(b.eval(`document.activeElement.id`)))
	}
	if got := strings.Join(order, " "); got != "status package family reason reset" {
		b.Errorf("the order of Tab behind the text is %s", got)
	}
	b.eval(`document.querySelector('details.file summary').focus()`)
	b.do(chromedp.KeyEvent(kb.Enter))
	b.is(`document.querySelector('details.file').open`, true)
	b.is(`[...document.querySelectorAll('input, select')].every((e) => document.querySelector('label[for=' + e.id + ']'))`, true)
}

// looks turns the light off, goes on a phone, prints, and does without scripts.
func (b *browser) looks(file string) {
	dark := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}}
	b.eval(`document.querySelector('details.file').scrollIntoView()`)
	b.picture("diff-light")
	send(b, emulation.SetEmulatedMedia, dark)
	b.is(contrast, "")
	b.picture("diff-dark")
	b.eval(`scrollTo(0, 0)`)
	b.picture("desktop-dark")
	b.do(chromedp.EmulateViewport(360, 800, chromedp.EmulateMobile))
	b.eval(`document.querySelectorAll('details').forEach((d) => d.open = true)`)
	b.is(`document.documentElement.scrollWidth <= innerWidth ? '' : document.documentElement.scrollWidth + ' wide'`, "")
	b.eval(`document.querySelectorAll('td details').forEach((d) => d.open = false)`)
	b.picture("phone-dark")
	b.eval(`document.getElementById('calls').scrollIntoView()`)
	b.picture("phone-calls-dark")
	send(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
	b.is(contrast, "")
	b.picture("phone-calls-light")
	pdf := get(b, chromedp.PrintToPDF())
	if !bytes.HasPrefix(pdf, []byte("%PDF")) {
		b.Errorf("it prints %d bytes", len(pdf))
	}
	if *screenshots != "" {
		if err := os.WriteFile(filepath.Join(*screenshots, "print.pdf"), pdf, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	send(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.do(chromedp.Navigate("file://" + file))
	b.is(shown, 5000)
	b.is(`document.getElementById('filters').offsetHeight`, 0)
}
