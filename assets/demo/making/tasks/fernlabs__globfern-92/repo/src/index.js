export { match } from './match.js';
export { walk } from './walk.js';
