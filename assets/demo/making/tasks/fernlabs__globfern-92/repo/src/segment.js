/** May wildcards stand for this segment of a path? */
export function visible(name, options) {
  return Boolean(options.dot) || !name.startsWith('.');
}

/** A function that tells whether a pattern segment matches a segment of a path. */
export function segmentTest(segment, options) {
  const source = segment
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.');
  const regex = new RegExp(`^${source}$`, 'su');
  const literalDot = segment.startsWith('.');
  return (name) => (literalDot || visible(name, options)) && regex.test(name);
}
