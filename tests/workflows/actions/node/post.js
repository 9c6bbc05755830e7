console.log(`bye ${process.env.STATE_who}`);
