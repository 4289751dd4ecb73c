"""confluent-kafka for Python on librdkafka 2.0: python3-confluent-kafka on Debian."""
import sys

import common

try:
    from confluent_kafka import Consumer, Producer, TopicPartition
except ImportError:
    common.missing("confluent-kafka is not installed; on Debian: apt-get install python3-confluent-kafka")

LIMIT = 30


def write(bootstrap, topic, codec):
    producer = Producer({"bootstrap.servers": bootstrap, "compression.type": codec, "enable.idempotence": True, "linger.ms": 50})
    failed = []
    for key, value, headers in common.records("confluent-python", codec):
        producer.produce(topic, key=key, value=value, headers=headers, on_delivery=lambda error, _: failed.append(error) if error else None)
    common.expect(producer.flush(LIMIT) == 0, "not all was delivered")
    common.expect(not failed, f"{failed}")


def read(bootstrap, topic, count, group):
    count = int(count)
    found = members(bootstrap, topic, group, count // 2) + members(bootstrap, topic, group, count - count // 2)
    common.check([(record.key(), record.value(), record.headers()) for record in found], count)


def consumer_of(bootstrap, topic, group):
    consumer = Consumer({
        "bootstrap.servers": bootstrap, "group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False,
        "isolation.level": "read_committed", "partition.assignment.strategy": "cooperative-sticky",
    })
    consumer.subscribe([topic])
    return consumer


def members(bootstrap, topic, group, count):
    """One member of the group: reads, commits and leaves."""
    consumer = consumer_of(bootstrap, topic, group)
    found = [next_of(consumer) for _ in range(count)]
    consumer.commit(message=found[-1], asynchronous=False)
    consumer.close()
    return found


def next_of(consumer):
    record = consumer.poll(LIMIT)
    common.expect(record is not None, "nothing came")
    common.expect(record.error() is None, f"{record.error()}")
    return record


def transactions(bootstrap, source, target, group, transactional_id):
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": transactional_id})
    producer.init_transactions(LIMIT)
    consumer = consumer_of(bootstrap, source, group)
    taken = [next_of(consumer) for _ in range(common.RECORDS)]
    position = [TopicPartition(source, 0, taken[-1].offset() + 1)]
    for commit in (False, True):
        producer.begin_transaction()
        for record in taken:
            producer.produce(target, key=record.key(), value=record.value(), headers=record.headers())
        producer.send_offsets_to_transaction(position, consumer.consumer_group_metadata(), LIMIT)
        if commit:
            producer.commit_transaction(LIMIT)
            continue
        common.expect(producer.flush(LIMIT) == 0, "not all was delivered")
        producer.abort_transaction(LIMIT)
        common.expect(consumer.committed([TopicPartition(source, 0)], LIMIT)[0].offset < 0, "an aborted offset is seen")
    common.expect(consumer.committed([TopicPartition(source, 0)], LIMIT)[0].offset == position[0].offset, "the committed offset is not seen")
    consumer.close()
    read(bootstrap, target, common.RECORDS, group + "-check")


if sys.argv[1] != "tool":
    {"write": write, "read": read, "transactions": transactions}[sys.argv[1]](*sys.argv[2:])
