node --test test/hidden.test.js test/match.test.js test/walk.test.js
