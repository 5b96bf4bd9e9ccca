// Opens reports in headless Chromium, as a reader would: no console message, no request, nothing runs, no accessibility
// violation (axe-core) in light and dark, an A4 PDF, and the page says what the JSON says.
//
//   browser_test.mjs PROGRAM SOURCE_ROOT [SCREENSHOT_FOLDER]
//
// Skipped (77) when Chromium or the packages of package.json are missing.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const [program, source, shots] = process.argv.slice(2);
const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
let chromium, axe;
try {
  ({ chromium } = (await import('playwright-core')).default);
  axe = readFileSync(new URL('./node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
} catch (e) {
  console.log(`skipped: run npm ci in tests/report first (${e.message.split('\n')[0]})`);
  process.exit(77);
}
if (!browserPath) {
  console.log('skipped: no Chromium');
  process.exit(77);
}

const folder = mkdtempSync(path.join(tmpdir(), 'ww-pages-'));
const failures = [];
const check = (ok, what) => { if (!ok) failures.push(what); };

// Runs the program; exit status 1 means findings, not trouble.
function run(...args) {
  const r = spawnSync(program, args, { encoding: 'utf8' });
  check(r.status === 0 || r.status === 1, `${args[0]}: status ${r.status}: ${r.stderr}`);
}

const hostile = [
  '<script>document.title="owned"</script>', '"><img src="http://example.invalid/x" onerror="alert(1)">',
  "' onmouseover='alert(1)", '</style><script>alert(1)</script>', ']]><svg onload=alert(1)>', '<!-- ',
  'javascript:alert(1)', '&lt;b&gt;', '\u202eevil', 'x'.repeat(65000), '\u0007\u001b[31m',
];

// Every text of a result replaced by a hostile one, words of ours left alone so that it stays a result.
function poison(value, count = { n: 0 }) {
  const texts = new Set(['title', 'happened', 'text', 'cause', 'fix', 'fix_command', 'display_filter', 'why_text', 'note', 'name',
    'path', 'error', 'reason', 'ticket', 'comment', 'description', 'source', 'kind']);
  if (Array.isArray(value)) return value.map((v) => poison(v, count));
  if (!value || typeof value !== 'object') return value;
  for (const [key, v] of Object.entries(value)) {
    if (typeof v === 'string' && texts.has(key)) value[key] = hostile[count.n++ % hostile.length];
    else if (typeof v === 'object') value[key] = poison(v, count);
  }
  return value;
}

const sample = (name) => path.join(source, 'samples', name);
const at = (name) => path.join(folder, name);
const pages = [];
for (const name of ['push-rpc-blocked', 'push-works']) {
  run('audit', '-p', sample('site.json'), sample(`${name}.pcap`), '-o', at(`${name}.html`), '-o', at(`${name}.json`), '--ticket', 'CHG0041');
  if (existsSync(at(`${name}.json`))) pages.push({ name, result: JSON.parse(readFileSync(at(`${name}.json`), 'utf8')) });
}
const poisoned = poison(JSON.parse(readFileSync(at('push-rpc-blocked.json'), 'utf8')));
writeFileSync(at('hostile.json'), JSON.stringify(poisoned));
run('report', at('hostile.json'), '-o', at('hostile.html'));
pages.push({ name: 'hostile', result: null });
if (/^ +diff\b/m.test(execFileSync(program, ['--help'], { encoding: 'utf8' }))) {
  run('diff', at('push-rpc-blocked.json'), at('push-works.json'), '-o', at('diff.html'));
  pages.push({ name: 'diff', result: null });
}

// What the page must say, word for word, because the result says it.
function compare(name, text, r) {
  const says = (what) => check(text.includes(String(what).replace(/\s+/g, ' ')), `${name}: the page does not say ${JSON.stringify(what)}`);
  const words = { compliant: 'COMPLIANT', 'not-compliant': 'NOT COMPLIANT', 'not-assessed': 'NOT ASSESSED' };
  says(words[r.compliance]);
  if (r.run.ticket) says(r.run.ticket);
  for (const f of r.findings) {
    says(f.title), says(f.happened), says(f.display_filter), says(f.fingerprint), says(`${f.confidence} confidence`);
    for (const e of f.explanations) says(`${e.cause}: ${e.text}`);
    for (const c of f.citations) says(c.why);
    if (f.fix) says(f.fix);
  }
  for (const rule of r.rules) says(rule.id);
  for (const file of r.inputs.files) says(file.path), says(file.sha256);
  for (const w of r.warnings) says(w);
  says(r.policy.sha256), says(r.tool.version);
}

const browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox', '--disable-gpu'] });
for (const { name, result } of pages) {
  for (const colorScheme of ['light', 'dark']) {
    const context = await browser.newContext({ colorScheme, bypassCSP: true, viewport: { width: 1200, height: 1000 } });
    const page = await context.newPage();
    const where = `${name} (${colorScheme})`;
    let requests = 0;
    page.on('console', (m) => check(false, `${where}: console: ${m.text()}`));
    page.on('pageerror', (e) => check(false, `${where}: error: ${e}`));
    page.on('dialog', (d) => { check(false, `${where}: dialog`); d.dismiss(); });
    page.on('request', (q) => { if (++requests > 1) check(false, `${where}: request: ${q.url().slice(0, 100)}`); });
    await page.goto(`file://${at(`${name}.html`)}`, { waitUntil: 'load' });
    check(!(await page.title()).includes('owned'), `${where}: a script ran`);
    check((await page.locator('script, img, iframe, object, embed, link').count()) === 0, `${where}: has active content`);
    await page.evaluate(axe);
    const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
    for (const v of found.violations) check(false, `${where}: axe ${v.id}: ${v.nodes[0].html.slice(0, 200)} ${v.nodes[0].failureSummary}`);
    const text = (await page.evaluate(() => document.body.innerText)).replace(/\s+/g, ' ');
    if (result) compare(where, text, result);
    if (shots) {
      mkdirSync(shots, { recursive: true });
      await page.screenshot({ path: path.join(shots, `${name}-${colorScheme}.png`), fullPage: name !== 'hostile' });
    }
    if (colorScheme === 'light') {
      const pdf = await page.pdf({ preferCSSPageSize: true });
      const box = pdf.toString('latin1').match(/\/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)/);
      check(box && Math.abs(box[1] - 595) < 2 && Math.abs(box[2] - 842) < 2, `${where}: the PDF is not A4`);
    }
    await context.close();
  }
}
await browser.close();
rmSync(folder, { recursive: true });
for (const f of failures) console.log(f);
console.log(`${pages.length} pages, ${failures.length} failures`);
process.exit(failures.length ? 1 : 0);
