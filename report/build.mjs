// Bundles entry.js with Vega into one classic script: node build.mjs OUTPUT
import { build } from 'esbuild';

await build({
  entryPoints: [new URL('entry.js', import.meta.url).pathname],
  outfile: process.argv[2],
  bundle: true,
  minify: true,
  format: 'iife',
  platform: 'browser',
  target: ['es2020'],
  charset: 'ascii',
  legalComments: 'inline',
  logLevel: 'warning',
});
