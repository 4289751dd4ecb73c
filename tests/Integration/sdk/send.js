// Sends the events of a visitor with one of the unmodified SDKs: node send.js segment|rudderstack|rudderstack-plain URL WRITE_KEY USER
const [, , sdk, url, writeKey, user] = process.argv;
const anonymousId = `${user}-device`;

const events = [
  ['page', { anonymousId, name: 'Home' }],
  ['track', { anonymousId, event: 'Product Viewed', properties: { sku: 'LAMP-1' } }],
  ['identify', { anonymousId, userId: user, traits: { name: `Customer ${user}`, plan: 'pro' } }],
  ['track', { anonymousId, userId: user, event: 'Order Completed', properties: { order_id: 'o-1', revenue: 49.9 } }],
];

async function segment() {
  const { Analytics } = require('@segment/analytics-node');
  const analytics = new Analytics({ writeKey, host: url, flushAt: 2 });
  analytics.on('error', fail);
  for (const [call, event] of events) analytics[call](event);
  await analytics.closeAndFlush();
}

// It compresses its requests unless gzip is false.
async function rudderstack(gzip) {
  const RudderAnalytics = require('@rudderstack/rudder-sdk-node');
  // Flush once, explicitly: with a small flushAt, events were still unsent when flush() returned.
  const analytics = new RudderAnalytics(writeKey, { dataPlaneUrl: url, gzip });
  for (const [call, event] of events) analytics[call](event);
  await analytics.flush();
}

function fail(error) {
  console.error(error);
  process.exit(1);
}

({ segment, rudderstack: () => rudderstack(true), 'rudderstack-plain': () => rudderstack(false) })[sdk]().then(() => process.exit(0), fail);
