// The process that works off jobs (search index and so on).
const { bootstrapWorker } = require('@vendure/core');

bootstrapWorker(require('./config').config)
    .then(worker => worker.startJobQueue())
    .catch(problem => {
        console.error(problem);
        process.exit(1);
    });
