// Budgets of what a lane console loads: node tools/check-dist.mjs. Sizes are those of the
// .gz siblings, because these are what the server sends.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const dist = join(fileURLToPath(new URL('.', import.meta.url)), '..', 'dist');
const files = readdirSync(join(dist, 'assets')).map((f) => join(dist, 'assets', f));
const kb = (list) => list.reduce((n, f) => n + statSync(f).size, 0) / 1000;
const lazy = /(History|Devices|Passage)Screen|AlarmList|ShelveDialog|Help|\/(en|ru)-/;
const pick = (ext) => files.filter((f) => f.endsWith(ext) && !lazy.test(f));
const bad = [];
const report = (what, size, limit) => {
  console.log(`${what.padEnd(34)} ${size.toFixed(1).padStart(7)} kB, at most ${limit}`);
  if (size > limit) bad.push(what);
};

report('scripts of the lane, one language', kb(pick('.js.gz')), 95);
report('styles of the lane', kb(pick('.css.gz')), 12);
report('fonts', kb(files.filter((f) => f.endsWith('.woff2'))), 130);
report('everything, uncompressed', kb(files.filter((f) => !f.endsWith('.gz'))), 700);

for (const f of [...files, join(dist, 'index.html')]) {
  if (f.endsWith('.map')) bad.push(`source map ${f}`);
  if (!f.endsWith('.gz') && /\.(js|css|html|svg)$/.test(f) && !gunzipSync(readFileSync(`${f}.gz`)).equals(readFileSync(f))) bad.push(`stale sibling of ${f}`);
}
const html = readFileSync(join(dist, 'index.html'), 'utf8');
if (/<script(?![^>]*\ssrc=)/.test(html) || /\son\w+=/.test(html) || /<style/.test(html)) bad.push('inline script or style in index.html');
for (const b of bad) console.error(`FAIL ${b}`);
process.exit(bad.length ? 1 : 0);
