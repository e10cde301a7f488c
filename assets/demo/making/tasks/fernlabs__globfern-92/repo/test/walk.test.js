import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { walk } from '../src/index.js';

const root = mkdtempSync(join(tmpdir(), 'globfern-'));
after(() => rmSync(root, { recursive: true }));

for (const path of ['readme.md', 'src/x/a.js', 'src/x/y/b.js', 'src/x/b.ts', 'docs/.old/c.md']) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), '');
}

test('finds files', () => {
  assert.deepEqual(walk(root, ['src/**/*.js', '*.md']), ['readme.md', 'src/x/a.js', 'src/x/y/b.js']);
  assert.deepEqual(walk(root, ['docs/**']), []);
  assert.deepEqual(walk(root, ['docs/**'], { dot: true }), ['docs/.old/c.md']);
});

test('ignores files', () => {
  assert.deepEqual(walk(root, ['src/**/*.js'], { ignore: ['src/x/y/**'] }), ['src/x/a.js']);
});

test('reads no more than it must', () => {
  const read = [];
  walk(root, ['src/*/*.js'], { onRead: (path) => read.push(path) });
  assert.deepEqual(read.sort(), ['', 'src', 'src/x']);
});
