// Writes the Parquet files of this folder that no other library writes: every logical type in every unit, and names that differ in case alone.
//   npm install hyparquet-writer@0.17.0 && node write.mjs
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import { writeFileSync } from 'node:fs'

const optional = 'OPTIONAL'
const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } }
const bytes = new Uint8Array([0, 1, 2, 253, 254, 255])

function write(name, columns) {
  const writer = new ByteWriter()
  const file = new ParquetWriter({ writer, schema: [{ name: 'schema', num_children: columns.length }, ...columns.flatMap(column => column.schema)], codec: 'UNCOMPRESSED' })
  file.write({ columnData: columns.map(column => ({ name: column.schema[0].name, data: column.data })) })
  file.finish()
  writeFileSync(name, new Uint8Array(writer.getBuffer()))
}

const flat = (name, type, data) => ({ schema: [{ name, repetition_type: optional, ...type }], data })
const list = (name, type, data) => ({
  schema: [
    { name, repetition_type: optional, num_children: 1, converted_type: 'LIST', logical_type: { type: 'LIST' } },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', repetition_type: optional, ...type },
  ],
  data,
})
const struct = (name, type, data) => ({ schema: [{ name, repetition_type: optional, num_children: 1 }, { name: 'inner "x"', repetition_type: optional, ...type }], data })
const map = (name, type, data) => ({
  schema: [
    { name, repetition_type: optional, num_children: 1, converted_type: 'MAP', logical_type: { type: 'MAP' } },
    { name: 'key_value', repetition_type: 'REPEATED', num_children: 2 },
    { name: 'key', repetition_type: 'REQUIRED', ...text },
    { name: 'value', repetition_type: optional, ...type },
  ],
  data,
})

const decimal = (type, precision, scale, more) => ({ type, converted_type: 'DECIMAL', precision, scale, logical_type: { type: 'DECIMAL', precision, scale }, ...more })
const types = {
  boolean: [{ type: 'BOOLEAN' }, true],
  float: [{ type: 'FLOAT' }, 0.1],
  double: [{ type: 'DOUBLE' }, 55520],
  float16: [{ type: 'FIXED_LEN_BYTE_ARRAY', type_length: 2, logical_type: { type: 'FLOAT16' } }, 1.5],
  string: [text, 'Zoë "z" \\ \u{1F680}'],
  enum: [{ type: 'BYTE_ARRAY', converted_type: 'ENUM', logical_type: { type: 'ENUM' } }, new TextEncoder().encode('GOLD')],
  json: [{ type: 'BYTE_ARRAY', converted_type: 'JSON', logical_type: { type: 'JSON' } }, { a: [1, null], b: 'c' }],
  bson: [{ type: 'BYTE_ARRAY', logical_type: { type: 'BSON' } }, bytes],
  binary: [{ type: 'BYTE_ARRAY' }, bytes],
  fixed: [{ type: 'FIXED_LEN_BYTE_ARRAY', type_length: 6 }, bytes],
  uuid: [{ type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, logical_type: { type: 'UUID' } }, Uint8Array.from(Array(16).keys())],
  date: [{ type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } }, 18262],
  interval: [{ type: 'FIXED_LEN_BYTE_ARRAY', type_length: 12, converted_type: 'INTERVAL' }, Uint8Array.from([1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0])],
  decimal_int32: [decimal('INT32', 9, 0), 55520n],
  decimal_int64: [decimal('INT64', 18, 4), 1234567890123456789n],
  decimal_fixed: [decimal('FIXED_LEN_BYTE_ARRAY', 38, 2, { type_length: 16 }), 12345678901234567890123456789012345678n],
  decimal_binary: [decimal('BYTE_ARRAY', 20, 3), -1234n],
}
for (const [bits, signed, unsigned] of [[8, -128, 255], [16, -32768, 65535], [32, -2147483648, 4294967295], [64, -9223372036854775808n, 18446744073709551615n]]) {
  const type = bits === 64 ? 'INT64' : 'INT32'
  types[`int${bits}`] = [{ type, converted_type: `INT_${bits}` }, signed]
  types[`uint${bits}`] = [{ type, converted_type: `UINT_${bits}` }, unsigned]
}
const nanos = 1577836800123456789n
for (const [unit, divisor] of [['MILLIS', 1000000n], ['MICROS', 1000n], ['NANOS', 1n]]) {
  for (const isAdjustedToUTC of [true, false]) {
    const zone = isAdjustedToUTC ? 'utc' : 'local'
    const timeOfDay = 86399123456789n / divisor
    types[`timestamp_${unit.toLowerCase()}_${zone}`] = [{ type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC, unit } }, nanos / divisor]
    types[`time_${unit.toLowerCase()}_${zone}`] = [
      { type: unit === 'MILLIS' ? 'INT32' : 'INT64', logical_type: { type: 'TIME', isAdjustedToUTC, unit } },
      unit === 'MILLIS' ? Number(timeOfDay) : timeOfDay,
    ]
  }
}
types.timestamp_millis_converted = [{ type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' }, nanos / 1000000n]
types.timestamp_micros_converted = [{ type: 'INT64', converted_type: 'TIMESTAMP_MICROS' }, nanos / 1000n]

write('types.parquet', Object.entries(types).flatMap(([name, [type, value]]) => [
  flat(`${name}.flat`, type, [value, null]),
  list(`${name}.list`, type, [[value, null], null]),
  struct(`${name}.struct`, type, [{ 'inner "x"': value }, null]),
  map(`${name}.map`, type, [{ 'a key': value }, null]),
]))
write('empty-type.parquet', [flat('type', text, ['track']), flat('properties.nothing', { type: 'INT32', logical_type: { type: 'NULL' } }, [null])])
write('case-columns.parquet', [flat('type', text, ['track']), flat('event', text, ['E']), flat('USERID', text, ['ADA']), flat('userId', text, ['cs-real']), flat('userid', text, ['third'])])
write('same-columns.parquet', [flat('userId', text, ['1']), flat('userId', text, ['2'])])
const two = (name, first, second) => ({
  schema: [{ name, repetition_type: optional, num_children: 2 }, { name: first, repetition_type: optional, ...text }, { name: second, repetition_type: optional, ...text }],
  data: [{ [first]: '1', [second]: '2' }],
})
write('case-members.parquet', [two('properties', 'plan', 'PLAN')])
write('map-with-a-key-twice.parquet', [map('properties', text, [[{ key: 'a', value: '1' }, { key: 'a', value: '2' }]])])
write('wide-decimal.parquet', [flat('properties.price', decimal('FIXED_LEN_BYTE_ARRAY', 40, 2, { type_length: 17 }), [1n])])
write('logical-type-alone.parquet', [flat('properties.price', { type: 'INT64', logical_type: { type: 'DECIMAL', precision: 18, scale: 2 } }, [999n])])
write('control-character.parquet', [flat('properties.a\nb', text, ['x'])])
const times = { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' } }
write('infinite-time.parquet', [flat('type', text, ['track', 'track']), flat('userId', text, ['u1', 'u2']), flat('event', text, ['A', 'B']), flat('timestamp', times, [9223372036854775807n, 1577836800000000n])])
write('bad-utf8.parquet', [flat('type', { type: 'BYTE_ARRAY', converted_type: 'UTF8' }, [Uint8Array.from([65, 255])])])
write('bson-converted.parquet', [flat('properties.a', { type: 'BYTE_ARRAY', converted_type: 'BSON', logical_type: { type: 'BSON' } }, [bytes])])
