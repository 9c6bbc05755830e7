const fs = require('fs');
const who = process.env.INPUT_WHO;
console.log(`hello ${who}, ${process.env.INPUT_TWO_WORDS}`);
fs.appendFileSync(process.env.GITHUB_OUTPUT, `greeting=hi ${who}\n`);
fs.appendFileSync(process.env.GITHUB_STATE, `who=${who}\n`);
fs.appendFileSync(process.env.GITHUB_ENV, `EXPORTED=by the action\n`);
