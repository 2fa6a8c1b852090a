
'use strict';
(() => {
  const form = document.getElementById('filter');
  const output = form.querySelector('output');
  const entry = (el) => ({ el, result: el.dataset.r, places: ` ${el.dataset.n} `, text: null });
  const diagnoses = Array.from(document.querySelectorAll('main [data-r][data-n]'), entry);
  const kinds = Array.from(document.querySelectorAll('.kind'), (el) => ({
    el, result: el.dataset.r, open: el.open, count: el.querySelector('.n'), all: el.querySelector('.n').textContent,
    head: el.querySelector('h3').textContent.toLowerCase(), entries: Array.from(el.querySelectorAll('[data-n]'), entry),
  }));
  const findings = kinds.reduce((sum, kind) => sum + kind.entries.length, 0);
  const number = (n) => n.toLocaleString('en');
  const hide = (el, hidden) => { if (el.hidden !== hidden) el.hidden = hidden; };

  function filter() {
    const data = new FormData(form);
    const results = new Set(data.getAll('result'));
    const place = data.get('namespace');
    const words = data.get('text').toLowerCase().split(/\s+/).filter(Boolean);
    const asked = place !== '' || words.length > 0;
    const fits = (e, head) => {
      if (place !== '' && e.places !== ' * ' && !e.places.includes(` ${place} `)) return false;
      if (words.length === 0) return true;
      e.text ??= e.el.textContent.toLowerCase();
      return words.every((word) => e.text.includes(word) || head.includes(word));
    };
    let drawn = 0;
    let listed = 0;
    for (const e of diagnoses) {
      const shown = results.has(e.result) && fits(e, '');
      hide(e.el, !shown);
      if (shown) drawn++;
    }
    for (const kind of kinds) {
      if (!results.has(kind.result)) {
        hide(kind.el, true);
        continue;
      }
      let shown = 0;
      for (const e of kind.entries) {
        const fit = !asked || fits(e, kind.head);
        hide(e.el, !fit);
        if (fit) shown++;
      }
      listed += shown;
      hide(kind.el, shown === 0);
      kind.count.textContent = shown === kind.entries.length ? kind.all : `${number(shown)} of ${kind.all}`;
      kind.el.open = asked ? shown > 0 && shown <= 20 : kind.open;
    }
    output.textContent = `${number(drawn)} of ${number(diagnoses.length)} diagnoses and ${number(listed)} of ${number(findings)} findings shown`;
  }

  let wait;
  const soon = () => { clearTimeout(wait); wait = setTimeout(filter, 120); };
  form.elements.text.addEventListener('input', soon);
  form.addEventListener('change', filter);
  form.addEventListener('reset', () => setTimeout(filter));
  form.addEventListener('submit', (event) => { event.preventDefault(); filter(); });
  form.hidden = false;

  function offerCopies(root) {
    for (const block of root.querySelectorAll('.commands:not(.copied)')) {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'copy';
      button.textContent = 'Copy';
      button.setAttribute('aria-label', 'Copy the commands');
      block.classList.add('copied');
      block.append(button);
    }
  }
  document.addEventListener('toggle', (event) => { if (event.target.open) offerCopies(event.target); }, true);
  document.querySelectorAll('.card > details[open]').forEach(offerCopies);

  document.addEventListener('click', async (event) => {
    const button = event.target.closest('.copy');
    if (!button) return;
    const commands = button.parentElement.firstChild;
    try {
      await navigator.clipboard.writeText(commands.data);
      button.textContent = 'Copied';
    } catch {
      const range = document.createRange();
      range.selectNodeContents(commands);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      button.textContent = 'Selected';
    }
    output.textContent = button.textContent === 'Copied' ? 'the commands are copied' : 'the commands are selected: copy them with the keyboard';
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  });

  const follow = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target?.matches('details')) target.open = true;
  };
  addEventListener('hashchange', follow);
  follow();

  let folded = [];
  addEventListener('beforeprint', () => {
    folded = Array.from(document.querySelectorAll('.card:not([hidden]) > details:not([open])'));
    folded.forEach((details) => { details.open = true; });
  });
  addEventListener('afterprint', () => { folded.forEach((details) => { details.open = false; }); });
})();
