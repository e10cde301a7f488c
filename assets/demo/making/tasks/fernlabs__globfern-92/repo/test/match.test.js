import assert from 'node:assert/strict';
import { test } from 'node:test';
import { match } from '../src/index.js';

function check(pattern, yes, no, options) {
  for (const path of yes) assert.ok(match(pattern, path, options), `${pattern} matches ${path}`);
  for (const path of no) assert.ok(!match(pattern, path, options), `${pattern} and ${path}`);
}

test('wildcards within a segment', () => {
  check('src/*.js', ['src/a.js', 'src/a.b.js'], ['a.js', 'src/x/a.js', 'src/a.jsx']);
  check('a?c', ['abc', 'a.c'], ['ac', 'a/c']);
  check('a**z', ['abcz', 'az'], ['a/z']);
});

test('braces', () => {
  check('*.{js,ts}', ['a.js', 'a.ts'], ['a.css']);
});

test('directories', () => {
  check('src/**/*.js', ['src/x/a.js', 'src/x/y/a.js'], ['src/x/a.ts', 'lib/x/a.js']);
  check('docs/**', ['docs/a', 'docs/x/a'], ['docs', 'other/a']);
});

test('dots', () => {
  check('*', ['a'], ['.a']);
  check('**/x', ['a/x'], ['.a/x']);
  check('.*', ['.a'], ['a']);
  check('**/x', ['a/x', '.a/x'], [], { dot: true });
});
