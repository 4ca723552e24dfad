// 1,000 products with plenty in stock and one with 100 units, a tax rate, a shipping method, the dummy payment method.
const fs = require('fs');
const path = require('path');
const { bootstrap } = require('@vendure/core');
const { populate } = require('@vendure/core/cli');
const { config } = require('./config');

const kinds = ['Lamp', 'Mug', 'Cushion', 'Vase', 'Clock', 'Bowl'];
const columns = [
    'name', 'slug', 'description', 'assets', 'facets', 'optionGroups', 'optionValues', 'sku', 'price', 'taxCategory',
    'stockOnHand', 'trackInventory', 'variantAssets', 'variantFacets',
];

function row(name, slug, sku, price, stock) {
    const text = `${name}: sturdy and well made, for every season, with thirty days to think it over.`;
    return [name, slug, `"${text}"`, '', 'category:Home', '', '', sku, price, 'standard', stock, 'true', '', ''].join(',');
}

const rows = [columns.join(',')];
for (let number = 1; number <= 1000; number++) {
    const name = `${kinds[number % kinds.length]} ${number}`;
    rows.push(row(name, `product-${number}`, `BENCH-${number}`, `${10 + (number % 90)}.00`, 1000000));
}
rows.push(row('Flash', 'flash', 'BENCH-FLASH', '19.00', 100));
const file = path.join(__dirname, 'products.csv');
fs.writeFileSync(file, rows.join('\n') + '\n');

const initial = {
    defaultLanguage: 'en',
    defaultZone: 'Europe',
    roles: [],
    countries: [{ name: 'Netherlands', code: 'NL', zone: 'Europe' }],
    taxRates: [{ name: 'Standard Tax', percentage: 21 }],
    shippingMethods: [{ name: 'Standard Shipping', price: 495 }],
    paymentMethods: [
        {
            name: 'Standard Payment',
            handler: { code: 'dummy-payment-handler', arguments: [{ name: 'automaticSettle', value: 'true' }] },
        },
    ],
    collections: [],
};

populate(() => bootstrap(config), initial, file)
    .then(app => app.close())
    .then(() => process.exit(0))
    .catch(problem => {
        console.error(problem);
        process.exit(1);
    });
