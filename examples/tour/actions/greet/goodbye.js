// The post step: what the main step put into GITHUB_STATE has come back as a variable.
console.log(`Goodbye, ${process.env.STATE_who}.`);
