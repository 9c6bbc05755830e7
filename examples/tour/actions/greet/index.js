// Inputs come as variables; outputs and state go as lines of files that variables name.
const fs = require('node:fs');

const who = process.env.INPUT_WHO;
const greeting = `${process.env.GREETING || 'Hello'}, ${who}!`;
console.log(`${greeting} This is node ${process.versions.node.split('.')[0]}.`);
fs.appendFileSync(process.env.GITHUB_OUTPUT, `greeting=${greeting}\n`);
fs.appendFileSync(process.env.GITHUB_STATE, `who=${who}\n`);
