import { GLOBSTAR, parse } from './parse.js';
import { visible } from './segment.js';

/** Does a path match a pattern? */
export function match(pattern, path, options = {}) {
  const names = path.split('/').filter((name) => name !== '');
  return parse(pattern, options).some((segments) => matchFrom(segments, 0, names, 0, options));
}

function matchFrom(segments, i, names, j, options) {
  if (i === segments.length) return j === names.length;
  if (segments[i] === GLOBSTAR) {
    // Give the globstar one more name at a time.
    for (let end = j + 1; end <= names.length; end++) {
      if (!visible(names[end - 1], options)) return false;
      if (matchFrom(segments, i + 1, names, end, options)) return true;
    }
    return false;
  }
  return j < names.length && segments[i](names[j]) && matchFrom(segments, i + 1, names, j + 1, options);
}
