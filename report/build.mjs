// Bundles entry.js with Vega into one classic script, and the licences of what is in it: node build.mjs OUTPUT
import { build } from 'esbuild';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

function licence(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? readFileSync(join(folder, file), 'utf8').trim() : `Licence: ${license}`;
  return `${name} ${version}\n\n${text}`;
}

function packageOf(input) {
  const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
  return match && existsSync(join(here, match[1], 'package.json')) ? join(here, match[1]) : null;
}

const result = await build({
  absWorkingDir: here,
  entryPoints: ['entry.js'],
  bundle: true,
  minify: true,
  write: false,
  metafile: true,
  format: 'iife',
  platform: 'browser',
  target: ['es2020'],
  charset: 'ascii',
  legalComments: 'none',
  logLevel: 'warning',
});
const inputs = Object.values(result.metafile.outputs)[0].inputs;
const folders = new Set(Object.keys(inputs).filter((input) => inputs[input].bytesInOutput > 0).map(packageOf).filter(Boolean));
const notices = Array.from(folders).sort().map(licence).join('\n\n----\n\n');
const script = result.outputFiles[0].text;
if (/<\/script|<!--/i.test(script)) throw new Error('the bundle would end its own script element');
writeFileSync(process.argv[2], `/*!\n${notices.replaceAll('*/', '* /').replaceAll('<', '(')}\n*/\n${script}`);
