import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { match, walk } from '../src/index.js';

const FILES = [
  'readme.md', 'main.js', 'docs/a.md', 'docs/x/b.md', 'docs/x/y/c.md', 'docs/.old/d.md', '.github/e.md',
  'src/main.js', 'src/x/main.js', 'src/x/test/a.js', 'src/test/b.js', 'test/c.js', 'test/x/d.js',
  'node_modules/p/index.js', 'src/node_modules/q/index.js', 'lib', 'tests/lib', 'a/a/a', 'a/b/a', '.env', 'x/.env',
];
const root = mkdtempSync(join(tmpdir(), 'globfern-'));
after(() => rmSync(root, { recursive: true }));
for (const path of FILES) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), '');
}

function check(pattern, yes, no, options) {
  for (const path of yes) assert.ok(match(pattern, path, options), `${pattern} matches ${path}`);
  for (const path of no) assert.ok(!match(pattern, path, options), `${pattern} and ${path}`);
}

test('match: no directory', () => {
  check('src/**/*.js', ['src/main.js', 'src/x/main.js', 'src/x/y/z.js'], ['main.js', 'src', 'srcx/main.js']);
  check('**/*.md', ['readme.md', 'x/readme.md'], ['readme.txt']);
  check('docs/**/*.md', ['docs/a.md', 'docs/x/y/a.md'], ['docs.md']);
  check('src/**/main.js', ['src/main.js'], ['src/xmain.js']);
});

test('match: the last segment', () => {
  check('docs/**', ['docs/a', 'docs/x/a'], ['docs', 'docsx/a']);
  check('**', ['a', 'a/b'], ['']);
  check('**/lib/**', ['lib/a', 'x/lib/a', 'x/lib/y/a'], ['lib', 'x/lib']);
});

test('match: several', () => {
  check('a/**/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['ab', 'a', 'b']);
  check('a/**/b/**/c', ['a/b/c', 'a/x/b/c', 'a/b/x/c', 'a/x/b/y/c'], ['a/c', 'a/b', 'b/c']);
  check('docs/**/**', ['docs/a', 'docs/x/a'], ['docs']);
  check('**/{a,b}/**/*.js', ['a/x.js', 'q/b/x.js', 'b/q/x.js'], ['x.js', 'q/x.js']);
});

test('match: dots', () => {
  check('**/*.md', [], ['.github/e.md', 'docs/.old/d.md', '.hidden.md']);
  check('**/*.md', ['.github/e.md', 'docs/.old/d.md', '.hidden.md'], [], { dot: true });
  check('**/.env', ['.env', 'x/.env'], ['.x/.env']);
  check('docs/**', [], ['docs/.a', 'docs/.x/a']);
  check('.github/**/*.md', ['.github/e.md', '.github/x/e.md'], []);
});

test('walk: no directory', () => {
  assert.deepEqual(walk(root, ['src/**/*.js'], { ignore: ['**/node_modules/**'] }),
    ['src/main.js', 'src/test/b.js', 'src/x/main.js', 'src/x/test/a.js']);
  assert.deepEqual(walk(root, ['**/*.md']), ['docs/a.md', 'docs/x/b.md', 'docs/x/y/c.md', 'readme.md']);
});

test('walk: a file with the name before the last segment', () => {
  assert.deepEqual(walk(root, ['lib/**', 'tests/**']), ['tests/lib']);
  assert.deepEqual(walk(root, ['**/lib'], { ignore: ['**/lib/**'] }), ['lib', 'tests/lib']);
});

test('walk: ignored directories are not read', () => {
  const read = [];
  const found = walk(root, ['**/*.js'], {
    ignore: ['**/node_modules/**', '**/test/**'],
    onRead: (path) => read.push(path),
  });
  assert.deepEqual(found, ['main.js', 'src/main.js', 'src/x/main.js']);
  assert.ok(!read.some((path) => /node_modules|test(\/|$)/.test(path)), read.join());
});

test('walk: directories in which nothing can match are not read', () => {
  const read = [];
  walk(root, ['src/**/main.js', 'docs/*.md'], { onRead: (path) => read.push(path) });
  const allowed = (path) => path === '' || path === 'docs' || path === 'src' || path.startsWith('src/');
  assert.ok(read.every(allowed), read.join());
  assert.equal(read.length, new Set(read).size);
});

test('walk: each file once', () => {
  const found = walk(root, ['**/**/*.js', '**/main.js']);
  assert.equal(found.length, new Set(found).size);
});

test('walk and match agree', () => {
  const patterns = ['**', '**/*', '*', '**/**', 'src/**', 'src/**/**', 'src/**/*', '**/a', '**/a/**', 'a/**/a',
    'a/**/**/a', '**/test/**/*.js', '**/*.{md,js}', '{src,docs}/**/*.*', '**/.env', '**/.*/**', '.*/**', '**/x/**',
    'src/**/test/**', 'lib/**', '**/lib', '*/**', '*/**/*'];
  for (const dot of [false, true]) {
    for (const pattern of patterns) {
      const expected = FILES.filter((path) => match(pattern, path, { dot })).sort();
      assert.deepEqual(walk(root, [pattern], { dot }), expected, pattern);
      const rest = FILES.filter((path) => match('**', path, { dot }) && !match(pattern, path, { dot })).sort();
      assert.deepEqual(walk(root, ['**'], { dot, ignore: [pattern] }), rest, `all but ${pattern}`);
    }
  }
});
