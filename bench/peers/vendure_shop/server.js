// Two server processes behind one port, as a process manager would run them on two cores.
const cluster = require('cluster');

if (cluster.isPrimary) {
    for (let process_number = 0; process_number < 2; process_number++) cluster.fork();
    process.on('SIGTERM', () => process.exit(0));
} else {
    const { bootstrap } = require('@vendure/core');
    bootstrap(require('./config').config).catch(problem => {
        console.error(problem);
        process.exit(1);
    });
}
