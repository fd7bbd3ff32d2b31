// Opens reports in a real browser: no errors, no requests, hover and click work, nothing that a screen reader stumbles over.
// node check.mjs FOLDER PAGE…; screenshots go to FOLDER.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, resolve } from 'node:path';

const require = createRequire(resolve('package.json'));
const puppeteer = require('puppeteer-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const [folder, ...pages] = process.argv.slice(2);
const faults = [];
const expect = (holds, what) => { if (!holds) faults.push(what); };
const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });

for (const file of pages) {
  const name = `${basename(dirname(file))}`;
  const page = await browser.newPage();
  await page.setViewport({ width: 1200, height: 900 });
  page.on('console', message => { if (message.type() === 'error') faults.push(`${name}: console: ${message.text()}`); });
  page.on('pageerror', error => faults.push(`${name}: ${error.message}`));
  const address = `file://${resolve(file)}`;
  page.on('request', request => {
    const url = request.url();
    if (url.split('#')[0] !== address && !url.startsWith('data:')) faults.push(`${name}: a request leaves the page: ${url}`);
  });
  const begun = Date.now();
  await page.goto(address, { waitUntil: 'load' });
  const taken = Date.now() - begun;
  expect(taken < 2000, `${name}: it opens in ${taken} ms`);
  await page.evaluate(() => { document.documentElement.style.scrollBehavior = 'auto'; });

  // Hover.
  const mark = await page.$('main svg circle:has(> title)');
  if (mark) {
    await mark.scrollIntoView();
    // The page hears of the scrolling later, and hides its tip then.
    await new Promise(done => setTimeout(done, 200));
    const box = await mark.boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    const tip = await page.$eval('#tip', tip => ({ hidden: tip.hidden, text: tip.textContent }));
    expect(!tip.hidden && tip.text.length > 5, `${name}: hovering says nothing`);
    await page.keyboard.press('Escape');
  }
  // A click on a point of the front shows its drawing, and so does Enter.
  const links = await page.$$('main svg a');
  for (const [index, act] of [[links.length - 1, 'click'], [0, 'enter']]) {
    const link = links[index];
    if (!link) continue;
    const target = await link.evaluate(link => link.getAttribute('href').slice(1));
    if (act === 'click') await link.evaluate(link => link.querySelector('circle').dispatchEvent(new MouseEvent('click', { bubbles: true })));
    else { await link.evaluate(link => link.focus()); await page.keyboard.press('Enter'); }
    const shown = await page.evaluate(async target => {
      await new Promise(done => setTimeout(done, 100));
      const article = document.getElementById(target);
      const others = [...article.closest('.choice').querySelectorAll('article')].filter(other => other !== article);
      return article.offsetHeight > 50 && others.every(other => other.offsetHeight === 0);
    }, target);
    expect(shown, `${name}: ${act} on a point does not show ${target}`);
  }
  // Tables sort.
  const sorted = await page.evaluate(() => {
    const head = document.querySelector('thead th:not(.word)');
    if (!head) return true;
    const cells = () => [...head.closest('table').tBodies[0].rows].map(row => parseFloat(row.cells[head.cellIndex].textContent));
    head.querySelector('button').click();
    const down = cells().filter(value => !isNaN(value));
    return head.getAttribute('aria-sort') === 'descending' && down.every((value, index) => index === 0 || down[index - 1] >= value);
  });
  expect(sorted, `${name}: a table does not sort`);
  // CSV behind every table.
  const links_ = await page.$$eval('.get a', links => links.map(link => link.href.startsWith('data:text/csv') && link.download.endsWith('.csv')));
  expect(links_.length > 0 && links_.every(Boolean), `${name}: a table has no CSV`);

  for (const scheme of ['light', 'dark']) {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
    for (const { id, impact, nodes } of violations) {
      const where = nodes.slice(0, 3).map(node => node.target.join(' ')).join(', ');
      if (['serious', 'critical'].includes(impact)) faults.push(`${name}, ${scheme}: ${id} (${impact}): ${where}`);
      else console.log(`${name}, ${scheme}: ${id} (${impact}): ${where}`);
    }
    const blank = await page.evaluate(() => [...document.querySelectorAll('main svg')].filter(svg => svg.getBoundingClientRect().width < 100 && svg.closest('article:not(.shown)') === null).length);
    expect(blank === 0, `${name}, ${scheme}: ${blank} figures are blank`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    expect(!wide, `${name}, ${scheme}: the page is wider than its window`);
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({ path: `${folder}/${name}-${scheme}.png`, fullPage: true });
  }
  // On a telephone, on paper, and without script.
  await page.setViewport({ width: 390, height: 800 });
  expect(!(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)), `${name}: it is wider than a telephone`);
  await page.setViewport({ width: 1200, height: 900 });
  await page.pdf({ path: `${folder}/${name}.pdf` });
  await page.close();
  const plain = await browser.newPage();
  await plain.setJavaScriptEnabled(false);
  await plain.goto(address);
  const hidden = await plain.$$eval('article', articles => articles.filter(article => article.offsetHeight === 0).length).catch(() => 0);
  expect(hidden === 0, `${name}: ${hidden} drawings are hidden without script`);
  await plain.close();
  console.log(`${name}: opened in ${taken} ms, ${links.length} points lead to drawings`);
}
await browser.close();
for (const fault of faults) console.error(`fault: ${fault}`);
process.exit(faults.length ? 1 : 0);
