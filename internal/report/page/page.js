'use strict';
// Filters the table of calls. The page is whole without it.
document.documentElement.classList.add('js');
addEventListener('DOMContentLoaded', () => {
  const step = 200;
  const $ = (id) => document.getElementById(id);
  const inputs = { q: $('q'), status: $('status'), package: $('package'), family: $('family'), reason: $('reason') };
  const table = $('rows');
  if (!table) return;
  const rows = [...table.rows].map((el) => ({
    el,
    text: el.textContent.toLowerCase(),
    status: el.dataset.status,
    package: el.dataset.package,
    family: el.dataset.family,
    reason: el.dataset.reason,
  }));
  let limit = step;

  function apply() {
    const words = inputs.q.value.toLowerCase().split(/\s+/).filter(Boolean);
    const want = ['status', 'package', 'family', 'reason'].filter((k) => inputs[k].value !== '').map((k) => [k, inputs[k].value.slice(1)]);
    let found = 0;
    for (const row of rows) {
      const fits = want.every(([k, v]) => row[k] === v) && words.every((w) => row.text.includes(w));
      if (fits) found++;
      const hide = !fits || found > limit;
      row.el.classList.remove('later');
      if (row.el.hidden !== hide) row.el.hidden = hide;
    }
    const shown = Math.min(found, limit);
    $('count').textContent = found === 0 ? 'No call fits.'
      : `${found.toLocaleString('en')} of ${rows.length.toLocaleString('en')} calls` + (shown < found ? `, the first ${shown.toLocaleString('en')} shown` : '');
    $('more').hidden = shown === found;
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
      history.replaceState(null, '', p.size ? '#calls?' + p : '#calls');
    } catch { /* a page inside another one may not have an address */ }
  }

  function fromAddress() {
    const [id, query] = location.hash.slice(1).split('?');
    if (id !== 'calls' || !query) return;
    reset(Object.fromEntries(new URLSearchParams(query)));
    $('calls').scrollIntoView();
  }

  let timer;
  inputs.q.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => { limit = step; apply(); remember(); }, 60);
  });
  for (const k of ['status', 'package', 'family', 'reason']) {
    inputs[k].addEventListener('change', () => { limit = step; apply(); remember(); });
  }
  $('filters').addEventListener('submit', (e) => e.preventDefault());
  $('reset').addEventListener('click', () => { reset({}); remember(); inputs.q.focus(); });
  $('next').addEventListener('click', () => { limit += step; apply(); });
  $('all').addEventListener('click', () => { limit = Infinity; apply(); });
  for (const a of document.querySelectorAll('a[data-filter]')) {
    a.addEventListener('click', (e) => {
      e.preventDefault();
      reset({ [a.dataset.filter]: '=' + a.dataset.value });
      remember();
      $('calls').scrollIntoView();
      inputs[a.dataset.filter].focus({ preventScroll: true });
    });
  }
  addEventListener('keydown', (e) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? '');
    if (e.key === '/' && !typing && !e.ctrlKey && !e.metaKey && !e.altKey) {
      e.preventDefault();
      inputs.q.focus();
    } else if (e.key === 'Escape' && document.activeElement === inputs.q) {
      inputs.q.value = '';
      limit = step;
      apply();
      remember();
    }
  });
  for (const b of document.querySelectorAll('button[data-open]')) {
    b.addEventListener('click', () => {
      for (const d of document.querySelectorAll('details.file')) d.open = b.dataset.open === 'yes';
    });
  }
  addEventListener('hashchange', fromAddress);
  apply();
  fromAddress();
});
