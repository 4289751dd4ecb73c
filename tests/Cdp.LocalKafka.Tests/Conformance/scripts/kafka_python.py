"""kafka-python 2.0: python3-kafka on Debian. It has neither transactions nor, without further modules, codecs but gzip."""
import sys

import common

try:
    from kafka import KafkaConsumer, KafkaProducer
except ImportError:
    common.missing("kafka-python is not installed; on Debian: apt-get install python3-kafka")


def write(bootstrap, topic, codec):
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=50, compression_type=None if codec == "none" else codec)
    sent = [producer.send(topic, key=key, value=value, headers=headers) for key, value, headers in common.records("kafka-python", codec)]
    producer.flush(30)
    for future in sent:
        future.get(30)
    producer.close()


def read(bootstrap, topic, count, group):
    count = int(count)
    found = members(bootstrap, topic, group, count // 2) + members(bootstrap, topic, group, count - count // 2)
    common.check(found, count)


def members(bootstrap, topic, group, count):
    """One member of the group: reads, commits and leaves."""
    consumer = KafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False, consumer_timeout_ms=30000, max_poll_records=1)
    found = []
    for record in consumer:
        found.append((record.key, record.value, record.headers))
        if len(found) == count:
            break
    consumer.commit()
    consumer.close()
    return found


if sys.argv[1] != "tool":
    {"write": write, "read": read}[sys.argv[1]](*sys.argv[2:])
