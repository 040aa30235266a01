'use strict';
// Filters the tables of calls and of bridges. The page is whole without it.
document.documentElement.classList.add('js');
addEventListener('DOMContentLoaded', () => {
  const step = 200;
  const $ = (id) => document.getElementById(id);

  // A table whose rows are filtered by a text and by choices. Its parts are found by a
  // prefix of their ids, and its section is the one whose address keeps the filter.
  function filtered(prefix, section, noun, choices) {
    const table = $(prefix + 'rows');
    if (!table) return null;
    const inputs = Object.fromEntries(['q', ...choices].map((k) => [k, $(prefix + k)]));
    const rows = [...table.rows].map((el) => ({ el, text: el.textContent.toLowerCase() }));
    let limit = step;

    function apply() {
      const words = inputs.q.value.toLowerCase().split(/\s+/).filter(Boolean);
      const want = choices.filter((k) => inputs[k].value !== '').map((k) => [k, inputs[k].value.slice(1)]);
      let found = 0;
      for (const row of rows) {
        const fits = want.every(([k, v]) => row.el.dataset[k] === v) && words.every((w) => row.text.includes(w));
        if (fits) found++;
        const hide = !fits || found > limit;
        row.el.classList.remove('later');
        if (row.el.hidden !== hide) row.el.hidden = hide;
      }
      const shown = Math.min(found, limit);
      $(prefix + 'count').textContent = found === 0 ? `No ${noun} fits.`
        : `${found.toLocaleString('en')} of ${rows.length.toLocaleString('en')} ${noun}${rows.length === 1 ? '' : 's'}` + (shown < found ? `, the first ${shown.toLocaleString('en')} shown` : '');
      $(prefix + 'more').hidden = shown === found;
    }

    function reset(values) {
      for (const [k, el] of Object.entries(inputs)) el.value = values[k] ?? '';
      limit = step;
      apply();
    }

    function remember() {
      const p = new URLSearchParams();
      for (const [k, el] of Object.entries(inputs)) if (el.value) p.set(k, el.value);
      try {
        history.replaceState(null, '', p.size ? `#${section}?${p}` : `#${section}`);
      } catch { /* a page inside another one may not have an address */ }
    }

    function changed() {
      limit = step;
      apply();
      remember();
    }

    let timer;
    inputs.q.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(changed, 60);
    });
    inputs.q.addEventListener('keydown', (e) => {
      if (e.key !== 'Escape') return;
      clearTimeout(timer);
      inputs.q.value = '';
      changed();
    });
    for (const k of choices) inputs[k].addEventListener('change', changed);
    $(prefix + 'filters').addEventListener('submit', (e) => e.preventDefault());
    $(prefix + 'reset').addEventListener('click', () => { reset({}); remember(); inputs.q.focus(); });
    $(prefix + 'next').addEventListener('click', () => { limit += step; apply(); });
    $(prefix + 'all').addEventListener('click', () => { limit = Infinity; apply(); });
    apply();
    return { inputs, reset, remember, section };
  }

  const calls = filtered('', 'calls', 'call', ['status', 'package', 'family', 'reason']);
  const tables = [calls, filtered('cut-', 'bridges', 'bridge', ['code', 'reason'])].filter(Boolean);

  function fromAddress() {
    const [id, query] = location.hash.slice(1).split('?');
    const table = tables.find((t) => t.section === id);
    if (!table || !query) return;
    table.reset(Object.fromEntries(new URLSearchParams(query)));
    $(id).scrollIntoView();
  }

  for (const a of document.querySelectorAll('a[data-filter]')) {
    a.addEventListener('click', (e) => {
      e.preventDefault();
      calls.reset({ [a.dataset.filter]: '=' + a.dataset.value });
      calls.remember();
      $('calls').scrollIntoView();
      calls.inputs[a.dataset.filter].focus({ preventScroll: true });
    });
  }
  addEventListener('keydown', (e) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? '');
    if (e.key === '/' && calls && !typing && !e.ctrlKey && !e.metaKey && !e.altKey) {
      e.preventDefault();
      calls.inputs.q.focus();
    }
  });
  for (const b of document.querySelectorAll('button[data-open]')) {
    b.addEventListener('click', () => {
      for (const d of document.querySelectorAll('details.file')) d.open = b.dataset.open === 'yes';
    });
  }
  addEventListener('hashchange', fromAddress);
  fromAddress();
});
