// Budgets of what a lane console loads: node tools/check-dist.mjs. Sizes are those of the
// .gz siblings, because these are what the server sends.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const dist = join(fileURLToPath(new URL('.', import.meta.url)), '..', 'dist');
const assets = join(dist, 'assets');
const files = readdirSync(assets).map((f) => join(assets, f));
const kb = (list) => list.reduce((n, f) => n + statSync(f).size, 0) / 1000;
const html = readFileSync(join(dist, 'index.html'), 'utf8');
const bad = [];
const report = (what, size, limit) => {
  console.log(`${what.padEnd(34)} ${size.toFixed(1).padStart(7)} kB, at most ${limit}`);
  if (size > limit) bad.push(what);
};

// What the first picture of the lane waits for: the page's script and what it imports at
// once, and the longest of the languages. The rest comes after it.
const first = new Set();
const follow = (name) => {
  if (first.has(name)) return;
  first.add(name);
  const code = readFileSync(join(assets, name), 'utf8');
  for (const m of code.matchAll(/(?:from|import)"\.\/([^"]+\.js)"/g)) follow(m[1]);
};
for (const m of html.matchAll(/src="\.\/assets\/([^"]+\.js)"/g)) follow(m[1]);
const longest = (re) => Math.max(...files.filter((f) => re.test(f)).map((f) => kb([f])));
const language = longest(/\/(kk|ru|en)-[^/]+\.js\.gz$/);
const more = longest(/\/later-(kk|ru|en)-[^/]+\.js\.gz$/);
const styles = [...html.matchAll(/href="\.\/assets\/([^"]+\.css)"/g)].map((m) => m[1]);

report('scripts of the lane, one language', kb([...first].map((f) => join(assets, `${f}.gz`))) + language, 70);
report('styles of the lane', kb(styles.map((f) => join(assets, `${f}.gz`))), 12);
report('all scripts, one language', kb(files.filter((f) => f.endsWith('.js.gz') && !/\/(later-)?(kk|ru|en)-[^/]+$/.test(f))) + language + more, 140);
report('fonts', kb(files.filter((f) => f.endsWith('.woff2'))), 130);
report('everything, uncompressed', kb(files.filter((f) => !f.endsWith('.gz'))), 700);

for (const f of [...files, join(dist, 'index.html')]) {
  if (f.endsWith('.map')) bad.push(`source map ${f}`);
  if (!f.endsWith('.gz') && /\.(js|css|html|svg)$/.test(f) && !gunzipSync(readFileSync(`${f}.gz`)).equals(readFileSync(f))) bad.push(`stale sibling of ${f}`);
}
if (/<script(?![^>]*\ssrc=)/.test(html) || /\son\w+=/.test(html) || /<style/.test(html)) bad.push('inline script or style in index.html');
for (const b of bad) console.error(`FAIL ${b}`);
process.exit(bad.length ? 1 : 0);
