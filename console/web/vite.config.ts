import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { gzip } from 'pako';
import { defineConfig, type Plugin } from 'vite';

/**
 * Writes a .gz sibling beside every compressible file of the bundle, so that the server
 * never compresses while it serves. The compressor is one in JavaScript and the header's
 * time is 0: equal input gives equal bytes on every machine. The one inside Node.js
 * depends on its release and on the processor.
 */
function siblings(): Plugin {
  return {
    name: 'acsgd-gzip-siblings',
    apply: 'build',
    writeBundle(options) {
      const walk = (dir: string): string[] =>
        readdirSync(dir, { withFileTypes: true })
          .sort((a, b) => (a.name < b.name ? -1 : 1))
          .flatMap((e) => (e.isDirectory() ? walk(join(dir, e.name)) : [join(dir, e.name)]));
      for (const file of walk(options.dir ?? 'dist')) {
        if (!/\.(js|css|html|svg|json)$/.test(file)) continue;
        writeFileSync(`${file}.gz`, gzip(readFileSync(file), { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  base: './',
  plugins: [svelte(), siblings()],
  build: {
    target: 'es2022',
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 400,
  },
  server: {
    proxy: {
      '/api': { target: process.env['ACSGD_API'] ?? 'http://127.0.0.1:8080', ws: true },
    },
  },
});
