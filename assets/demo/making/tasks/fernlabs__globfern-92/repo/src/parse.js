import { segmentTest } from './segment.js';

/** The segment that stands for any number of directories. */
export const GLOBSTAR = Symbol('**');

/** All patterns without braces that a pattern stands for. */
export function expand(pattern) {
  const braces = /\{([^{}]*)\}/.exec(pattern);
  if (!braces) return [pattern];
  const before = pattern.slice(0, braces.index);
  const after = pattern.slice(braces.index + braces[0].length);
  return braces[1].split(',').flatMap((choice) => expand(before + choice + after));
}

/**
 * Turn a pattern into lists of segments. Each segment is GLOBSTAR or a function that
 * tells whether it matches a segment of a path.
 */
export function parse(pattern, options = {}) {
  return expand(pattern).map((plain) =>
    plain
      .split('/')
      .filter((segment) => segment !== '')
      .map((segment) => (segment === '**' ? GLOBSTAR : segmentTest(segment, options))),
  );
}
