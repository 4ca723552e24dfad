// Vendure in production mode: what @vendure/create writes, without dashboard, assets and mail, payment by its own dummy.
// Everything that differs between machines comes from the environment.
const core = require('@vendure/core');

const isSeeding = process.env.BENCH_SEEDING === '1';

exports.config = {
    logger: new core.DefaultLogger({ level: core.LogLevel.Warn, timestamp: false }),
    apiOptions: {
        hostname: '127.0.0.1',
        port: Number(process.env.BENCH_PORT),
        adminApiPath: 'admin-api',
        shopApiPath: 'shop-api',
        trustProxy: 1,
    },
    authOptions: {
        tokenMethod: ['bearer', 'cookie'],
        superadminCredentials: { identifier: 'superadmin', password: 'bench-superadmin-1' },
        cookieOptions: { secret: 'bench-cookies' },
    },
    dbConnectionOptions: {
        type: 'postgres',
        url: process.env.BENCH_DATABASE_URL,
        synchronize: isSeeding,
        migrations: [],
        logging: false,
    },
    paymentOptions: { paymentMethodHandlers: [core.dummyPaymentHandler] },
    customFields: {},
    plugins: [
        core.DefaultSchedulerPlugin.init(),
        core.DefaultJobQueuePlugin.init({ useDatabaseForBuffer: true }),
        core.DefaultSearchPlugin.init({ bufferUpdates: false, indexStockStatus: true }),
    ],
};
