(() => {
  'use strict';
  const root = document.documentElement;
  root.classList.add('script');

  // What a mark stands for, beside the pointer or the focus.
  const tip = document.getElementById('tip');
  const words = mark => {
    const title = mark.querySelector(':scope > title');
    if (title) {
      mark.dataset.tip = title.textContent;
      title.remove();
      if (!mark.closest('a')) {
        mark.setAttribute('role', 'img');
        mark.setAttribute('aria-label', mark.dataset.tip);
      }
    }
    return mark.dataset.tip;
  };
  const marked = target => target.closest && target.closest('svg circle, svg path, svg rect');
  const show = (mark, x, y) => {
    const text = mark && words(mark);
    tip.hidden = !text;
    if (!text) return;
    tip.textContent = text;
    const box = tip.getBoundingClientRect();
    tip.style.left = Math.max(8, Math.min(x + 14, innerWidth - box.width - 8)) + 'px';
    tip.style.top = (y + 18 + box.height > innerHeight ? Math.max(8, y - box.height - 12) : y + 18) + 'px';
  };
  document.addEventListener('pointermove', event => show(marked(event.target), event.clientX, event.clientY));
  document.addEventListener('focusin', event => {
    const mark = event.target.closest('svg a') && event.target.querySelector('circle, path');
    if (!mark) { tip.hidden = true; return; }
    const box = mark.getBoundingClientRect();
    show(mark, box.right, box.bottom);
  });
  document.addEventListener('focusout', () => { tip.hidden = true; });
  document.addEventListener('scroll', () => { tip.hidden = true; }, { passive: true });
  document.addEventListener('keydown', event => { if (event.key === 'Escape') tip.hidden = true; });

  // One drawing at a time.
  for (const choice of document.querySelectorAll('.choice')) {
    const articles = [...choice.querySelectorAll('article')];
    const bar = choice.querySelector('.bar');
    const buttons = articles.map((article, index) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = article.dataset.short;
      button.addEventListener('click', () => choose(index));
      bar.append(button);
      return button;
    });
    const choose = chosen => articles.forEach((article, index) => {
      article.classList.toggle('shown', index === chosen);
      buttons[index].setAttribute('aria-pressed', index === chosen);
    });
    choice.choose = article => choose(articles.indexOf(article));
    choose(0);
  }
  const follow = () => {
    const place = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const choice = place && place.closest('.choice');
    if (choice) { choice.choose(place); place.scrollIntoView(); place.querySelector('h3').focus(); }
  };
  addEventListener('hashchange', follow);
  document.addEventListener('click', event => {
    const link = event.target.closest('svg a');
    if (link && link.getAttribute('href') === location.hash) follow();
  });
  follow();

  // Tables sort by the column whose head is pressed.
  const seconds = { ms: 1e-3, s: 1, min: 60, h: 3600 };
  const value = text => {
    if (/^\d[\d.]* (ms|s|min|h)\b/.test(text)) {
      return [...text.matchAll(/([\d.]+) (ms|s|min|h)\b/g)].reduce((sum, [, number, unit]) => sum + number * seconds[unit], 0);
    }
    const number = parseFloat(text.replace(/[,  ]/g, ''));
    const unit = { k: 1e3, M: 1e6, G: 1e9 }[text.replace(/[-+\d., ]/g, '')[0]] || 1;
    return isNaN(number) ? null : number * unit;
  };
  for (const head of document.querySelectorAll('thead th')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener('click', () => {
      const table = head.closest('table'), body = table.tBodies[0], column = head.cellIndex;
      const sign = head.getAttribute('aria-sort') === 'descending' ? 1 : -1;
      for (const other of table.querySelectorAll('thead th')) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', sign > 0 ? 'ascending' : 'descending');
      const key = row => row.cells[column].textContent;
      const word = head.classList.contains('word');
      const order = (a, b) => word ? key(a).localeCompare(key(b)) : (value(key(a)) ?? -Infinity) - (value(key(b)) ?? -Infinity);
      body.append(...[...body.rows].sort((a, b) => sign * order(a, b)));
    });
  }
})();
