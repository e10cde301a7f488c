import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { GLOBSTAR, parse } from './parse.js';
import { visible } from './segment.js';

/**
 * Find the files below a directory that match one of the patterns.
 *
 * Paths are not matched again and again from their beginning: on the way down, each
 * directory keeps the places within the patterns at which its path may have arrived.
 */
export function walk(root, patterns, options = {}) {
  const wanted = patterns.flatMap((pattern) => parse(pattern, options));
  const ignored = (options.ignore ?? []).flatMap((pattern) => parse(pattern, options));
  const found = [];
  visit('', places(wanted), places(ignored));
  return found.sort();

  function visit(path, want, ignore) {
    options.onRead?.(path);
    for (const entry of readdirSync(join(root, path), { withFileTypes: true })) {
      const below = path === '' ? entry.name : `${path}/${entry.name}`;
      const wantBelow = step(want, entry.name, options);
      const ignoreBelow = step(ignore, entry.name, options);
      if (entry.isDirectory()) {
        if (wantBelow.some(goesOn) && !ignoreBelow.some(holdsAll)) {
          visit(below, wantBelow, ignoreBelow);
        }
      } else if (wantBelow.some(atEnd) && !ignoreBelow.some(atEnd)) {
        found.push(below);
      }
    }
  }
}

/** The places at which the empty path is. */
function places(lists) {
  return lists.map((segments) => ({ segments, index: 0 }));
}

/** The places after one more name. */
function step(before, name, options) {
  const after = [];
  for (const { segments, index } of before) {
    const segment = segments[index];
    if (segment === GLOBSTAR) {
      if (!visible(name, options)) continue;
      after.push({ segments, index }, { segments, index: index + 1 });
    } else if (segment !== undefined && segment(name)) {
      after.push({ segments, index: index + 1 });
    }
  }
  return after;
}

const atEnd = ({ segments, index }) => index === segments.length;

/** Can the path of a file below still match? */
const goesOn = ({ segments, index }) => index < segments.length;

/** Does everything below match? */
const holdsAll = ({ segments, index }) => segments[index] === GLOBSTAR && index === segments.length - 1;
