// Pictures of every screen against the mock server, for people to look at: node tools/shots.mjs [folder] [name part]
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { start } from '../mock/server.mjs';
import { launch, signIn } from './browser.mjs';

const out = process.argv[2] ?? 'shots';
const only = process.argv[3] ?? '';
mkdirSync(out, { recursive: true });
const browser = await launch();
if (!browser) throw new Error('no Chromium on this machine');
const small = { width: 1280, height: 1024 };
const wide = { width: 1366, height: 768 };
const archived = async (page) => {
  await page.getByTestId('history-verdict').selectOption('exceeds');
  await page.getByTestId('history-search').click();
  await page.locator('tbody a').first().click();
  await page.getByTestId('instruments').scrollIntoViewIfNeeded();
};
const large = { width: 1920, height: 1080 };

const scenes = [
  ...['day', 'night'].flatMap((theme) => ['gamma', 'norm', 'neutron'].map((kind, i) => ({ name: `radiation-${kind}-${theme}`, size: large, hash: `#/lane/${i + 1}`, lang: theme === 'day' ? 'en' : 'ru', theme, radiation: true, act: (page) => page.getByTestId('radiation-chart').waitFor() }))),
  { name: 'radiation-assess', size: large, hash: '#/lane/1', lang: 'kk', radiation: true, act: async (page) => { await page.getByTestId('case-assess').waitFor(); await page.keyboard.press('F10'); } },
  { name: 'radiation-inspect', size: large, hash: '#/lane/1', lang: 'ru', theme: 'night', user: 'second', radiation: true, act: async (page) => { await page.getByTestId('case-inspect').click(); } },
  { name: 'radiation-code', size: large, hash: '#/lane/2', lang: 'en', radiation: true, act: (page) => page.getByTestId('case-adjudicate').click() },
  { name: 'radiation-override', size: large, hash: '#/lane/2', lang: 'kk', radiation: true, act: (page) => page.keyboard.press('F8') },
  { name: 'radiation-1280', size: small, hash: '#/lane/3', lang: 'kk', radiation: true, act: (page) => page.getByTestId('radiation-chart').waitFor() },
  { name: 'radiation-running', size: large, hash: '#/lane/4', lang: 'kk', radiation: true, act: (page) => page.getByTestId('radiation-chart').waitFor() },
  { name: 'login', size: small, login: false },
  { name: 'overview-1280', size: small, hash: '#/' },
  { name: 'overview-1920-32', size: large, hash: '#/', lanes: 32, mode: 'enforcement' },
  { name: 'clean-1280', size: small, hash: '#/lane/1' },
  { name: 'clean-1920', size: large, hash: '#/lane/1', mode: 'enforcement', lang: 'ru' },
  { name: 'overloaded-1280', size: small, hash: '#/lane/2' },
  { name: 'overloaded-1920-night', size: large, hash: '#/lane/2', theme: 'night', lang: 'ru' },
  { name: 'overloaded-1920-en', size: large, hash: '#/lane/2', lang: 'en' },
  { name: 'undeclared-1280-night', size: small, hash: '#/lane/3', theme: 'night', lang: 'en' },
  { name: 'measuring-1280', size: small, hash: '#/lane/4', lang: 'en' },
  { name: 'free-1280', size: small, hash: '#/lane/5' },
  { name: 'pending-1280-second', size: small, hash: '#/lane/7', user: 'second', lang: 'en' },
  { name: 'nodata-1280', size: small, hash: '#/lane/8', lang: 'ru' },
  { name: 'contrast-1280', size: small, hash: '#/lane/2', theme: 'contrast', lang: 'en' },
  { name: 'stale-1280', size: small, hash: '#/lane/2', lang: 'en', act: async (page, base) => { await page.request.post(`${base}/mock/freeze`); await page.getByTestId('stale-banner').waitFor(); await page.waitForTimeout(3500); } },
  { name: 'stale-overview-night', size: large, hash: '#/', theme: 'night', act: async (page, base) => { await page.request.post(`${base}/mock/freeze`); await page.getByTestId('stale-banner').waitFor(); await page.waitForTimeout(3500); } },
  { name: 'hold-dialog', size: small, hash: '#/lane/2', lang: 'en', act: (page) => page.keyboard.press('F3') },
  { name: 'override-dialog', size: small, hash: '#/lane/2', lang: 'kk', act: (page) => page.keyboard.press('F8') },
  { name: 'released', size: small, hash: '#/lane/1', lang: 'en', act: async (page) => { await page.keyboard.press('F2'); await page.waitForTimeout(2600); } },
  { name: 'alarms-1280', size: small, hash: '#/alarms', lang: 'ru' },
  { name: 'alarms-1920-night', size: large, hash: '#/alarms', lang: 'kk', theme: 'night' },
  { name: 'alarms-shelve', size: small, hash: '#/alarms', lang: 'en', act: (page) => page.locator('[data-testid^="shelve-"]').first().click() },
  { name: 'history', size: large, hash: '#/history', lang: 'ru' },
  { name: 'devices', size: small, hash: '#/devices', lang: 'en', act: (page) => page.getByRole('button', { name: '2', exact: true }).first().click() },
  { name: 'devices-ru', size: wide, hash: '#/devices', lang: 'ru', mode: 'enforcement' },
  { name: 'history-kk', size: wide, hash: '#/history', lang: 'kk', mode: 'enforcement' },
  { name: 'passage-ru', size: wide, hash: '#/history', lang: 'ru', mode: 'enforcement', act: archived },
  { name: 'help', size: small, hash: '#/', lang: 'kk', act: (page) => page.keyboard.press('?') },
  { name: 'plates-correct', size: large, hash: '#/lane/3', lang: 'en', act: async (page) => { await page.keyboard.press('F7'); await page.getByTestId('correct-text').waitFor(); } },
  { name: 'plates-correct-night-ru', size: small, hash: '#/lane/2', lang: 'ru', theme: 'night', act: async (page) => { await page.getByTestId('plate-trailer').scrollIntoViewIfNeeded(); await page.keyboard.press('F7'); await page.getByTestId('correct-text').waitFor(); await page.keyboard.press('PageDown'); await page.keyboard.press('ArrowRight'); await page.keyboard.press('B'); await page.keyboard.press('O'); } },
  { name: 'plates-panel-ru', size: large, hash: '#/lane/2', lang: 'ru', act: async (page) => { await page.getByTestId('more-front').locator('summary').click(); await page.getByTestId('plate-trailer').scrollIntoViewIfNeeded(); } },
  { name: 'plates-corrected', size: large, hash: '#/lane/3', lang: 'kk', act: async (page) => { await page.keyboard.press('F7'); await page.getByTestId('correct-text').fill('01kg 417 acv'); await page.keyboard.press('Enter'); } },
  { name: 'candidates', size: small, hash: '#/lane/2', lang: 'en', act: (page) => page.keyboard.press('m') },
];

for (const sc of scenes) {
  if (!sc.name.includes(only)) continue;
  const srv = await start(0, { lanes: sc.lanes, mode: sc.mode, radiation: sc.radiation });
  const base = `http://127.0.0.1:${srv.port}`;
  const ctx = await browser.newContext({ viewport: sc.size });
  await ctx.addInitScript(([lang, theme]) => {
    localStorage.setItem('acsgd.lang', lang);
    localStorage.setItem('acsgd.theme', theme);
  }, [sc.lang ?? 'kk', sc.theme ?? 'day']);
  const page = await ctx.newPage();
  page.on('console', (m) => m.type() === 'error' && !m.text().includes('401') && console.log(sc.name, m.text()));
  page.on('pageerror', (e) => console.log(sc.name, String(e)));
  if (sc.login === false) {
    await page.goto(`${base}/`);
    await page.getByTestId('login-form').waitFor();
  } else {
    await signIn(page, base, sc.user, sc.hash);
    await page.waitForTimeout(1400);
    await sc.act?.(page, base);
    await page.waitForTimeout(500);
  }
  await page.screenshot({ path: join(out, `${sc.name}.png`) });
  await ctx.close();
  srv.close();
}
await browser.close();
