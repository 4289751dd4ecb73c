// kafkajs 2.2. The only codec it supports is gzip.
const RECORDS = 20;
const LIMIT = 30000;
const [, , command, bootstrap, ...rest] = process.argv;
const valueOf = (i) => `value ${i} ${'x'.repeat(100)}`;

let kafkajs;
try {
  kafkajs = require('kafkajs');
} catch {
  console.log('kafkajs is not installed; in this folder: npm install --no-save');
  process.exit(77);
}
const { Kafka, CompressionTypes, logLevel } = kafkajs;
const kafka = new Kafka({ brokers: (bootstrap ?? '').split(','), clientId: 'kafkajs', logLevel: logLevel.NOTHING });

async function write(topic, codec) {
  const producer = kafka.producer({ idempotent: true });
  await producer.connect();
  const headers = { client: 'kafkajs', codec, empty: '' };
  const messages = Array.from({ length: RECORDS }, (_, i) => ({ key: `k${i}`, value: valueOf(i), headers }));
  await producer.send({ topic, messages, compression: { none: CompressionTypes.None, gzip: CompressionTypes.GZIP }[codec] });
  await producer.disconnect();
}

async function read(topic, count, group) {
  const half = Math.floor(count / 2);
  const found = [...await member(topic, group, half), ...await member(topic, group, count - half)];
  const writers = {};
  for (const { message } of found) {
    const headers = Object.entries(message.headers).map(([name, value]) => [name, value.toString()]);
    expect(headers.map(([name]) => name).join() === 'client,codec,empty' && headers[2][1] === '', `headers ${headers}`);
    (writers[headers[0][1] + '/' + headers[1][1]] ??= []).push(`${message.key}=${message.value}`);
  }
  const expected = Array.from({ length: RECORDS }, (_, i) => `k${i}=${valueOf(i)}`).join();
  for (const [writer, written] of Object.entries(writers)) expect(written.join() === expected, `${writer} wrote ${written}`);
}

// One member of the group: reads, commits and leaves.
async function member(topic, group, count) {
  const consumer = kafka.consumer({ groupId: group, readUncommitted: false, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const found = [];
  await within(new Promise((done, failed) => {
    consumer.on(consumer.events.CRASH, (event) => failed(event.payload.error));
    consumer.run({
      autoCommit: false,
      eachMessage: async (each) => {
        if (found.length < count && found.push(each) === count) done();
      },
    });
  }), () => `${found.length} of ${count} records came`);
  const { partition, message } = found.at(-1);
  await consumer.commitOffsets([{ topic, partition, offset: (BigInt(message.offset) + 1n).toString() }]);
  await consumer.disconnect();
  return found;
}

async function transactions(source, target, group, transactionalId) {
  const taken = await member(source, group + '-source', RECORDS);
  const producer = kafka.producer({ idempotent: true, transactionalId, maxInFlightRequests: 1 });
  const admin = kafka.admin();
  await Promise.all([producer.connect(), admin.connect()]);
  const offset = (BigInt(taken.at(-1).message.offset) + 1n).toString();
  const committed = async () => (await admin.fetchOffsets({ groupId: group, topics: [source] }))[0].partitions[0].offset;
  for (const commit of [false, true]) {
    const transaction = await producer.transaction();
    await transaction.send({ topic: target, messages: taken.map(({ message: { key, value, headers } }) => ({ key, value, headers })) });
    await transaction.sendOffsets({ consumerGroupId: group, topics: [{ topic: source, partitions: [{ partition: 0, offset }] }] });
    await (commit ? transaction.commit() : transaction.abort());
    if (!commit) expect(await committed() === '-1', 'an aborted offset is seen');
  }
  for (const deadline = Date.now() + LIMIT; await committed() !== offset;) expect(Date.now() < deadline, 'the committed offset is not seen');
  await Promise.all([producer.disconnect(), admin.disconnect()]);
  await read(target, RECORDS, group + '-check');
}

const within = (promise, why) => Promise.race([promise, new Promise((_, failed) => setTimeout(() => failed(new Error(why())), LIMIT))]);

function expect(holds, what) {
  if (!holds) throw new Error(what);
}

Promise.resolve({ tool: async () => {}, write, read, transactions }[command](...rest)).then(() => process.exit(0), (error) => {
  console.error(`failed: ${error.stack}`);
  process.exit(1);
});
