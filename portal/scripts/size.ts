/**
 * The size gate: how much JavaScript, compressed, a first visit loads. Signed out it is the front page's; signed in,
 * what signing in takes comes on top.
 */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const LIMIT = 80 * 1024;
const DIST = new URL('../dist/', import.meta.url);

interface Chunk {
  file: string;
  imports?: string[];
}

const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', DIST), 'utf8')) as Record<string, Chunk>;

/** The files that `entry` needs, its imports' imports included. */
function needed(entry: string, seen = new Set<string>()): Set<string> {
  const chunk = manifest[entry];
  if (!chunk) throw new Error(`the build has no ${entry}`);
  if (!seen.has(chunk.file)) {
    seen.add(chunk.file);
    for (const imported of chunk.imports ?? []) needed(imported, seen);
  }
  return seen;
}

const visits = {
  'signed out': ['index.html', 'src/catalogue/Catalogues.svelte'],
  'signed in': ['index.html', 'src/catalogue/Catalogues.svelte', 'src/session/oidc.ts'],
};

for (const [visit, entries] of Object.entries(visits)) {
  const files = new Set(entries.flatMap((entry) => [...needed(entry)]));
  const size = [...files].reduce((sum, file) => sum + gzipSync(readFileSync(new URL(file, DIST))).length, 0);
  console.log(`JavaScript of a first visit, ${visit}: ${(size / 1024).toFixed(1)} KiB of ${LIMIT / 1024}, compressed`);
  if (size > LIMIT) {
    console.error(`That is too much: load what the front page does not need when it is needed (src/router/routes.ts).`);
    process.exitCode = 1;
  }
}
