using System.Collections;
using System.Reflection;
using Avro;
using Avro.Specific;
using cdp;

namespace Cdp.Contracts.Tests;

/// <summary>Records of schemas/ with random values in every field.</summary>
internal static class RandomRecords
{
    private static readonly string[] Characters = ["a", "é", "\u4e2d", "\U0001f600", "\0", "\""];

    /// <summary>A record of the type with this full name.</summary>
    public static IAvroRecord Next(string name, Random random) => (IAvroRecord)Record(SchemaOf(name), random);

    private static object? Value(Schema schema, Random random) => schema switch
    {
        // Whole milliseconds, because the library calculates in floating point.
        LogicalSchema => DateTime.UnixEpoch.AddMilliseconds(random.NextInt64(-10_000_000_000_000, 10_000_000_000_000)),
        RecordSchema record => Record(record, random),
        ArraySchema array => Fill((IList)Create(typeof(List<>), ClrType(array.ItemSchema)), array.ItemSchema, random),
        MapSchema map => Fill((IDictionary)Create(typeof(Dictionary<,>), typeof(string), ClrType(map.ValueSchema)), map.ValueSchema, random),
        UnionSchema union => random.Next(2) == 0 ? null : Value(union.Schemas[1], random),
        _ => schema.Tag switch
        {
            Schema.Type.String => Text(random),
            Schema.Type.Bytes => Bytes(random),
            Schema.Type.Boolean => random.Next(2) == 0,
            Schema.Type.Long => random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64),
            Schema.Type.Int => random.Next(int.MinValue, int.MaxValue) >> random.Next(32),
            _ => throw new InvalidOperationException($"no value for {schema}"),
        },
    };

    private static object Create(Type collection, params Type[] of) => Activator.CreateInstance(collection.MakeGenericType(of))!;

    private static ISpecificRecord Record(RecordSchema schema, Random random)
    {
        var record = (ISpecificRecord)Activator.CreateInstance(TypeOf(schema.Fullname))!;
        foreach (var field in schema.Fields) record.Put(field.Pos, Value(field.Schema, random));
        return record;
    }

    private static IList Fill(IList list, Schema items, Random random)
    {
        for (var left = random.Next(4); left > 0; left--) list.Add(Value(items, random));
        return list;
    }

    private static IDictionary Fill(IDictionary map, Schema values, Random random)
    {
        for (var left = random.Next(4); left > 0; left--) map[Text(random)] = Value(values, random);
        return map;
    }

    private static string Text(Random random) => string.Concat(random.GetItems(Characters, random.Next(100)));

    private static byte[] Bytes(Random random)
    {
        var bytes = new byte[random.Next(100)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static RecordSchema SchemaOf(string name) =>
        (RecordSchema)TypeOf(name).GetField("_SCHEMA", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;

    private static Type TypeOf(string name) => typeof(Identifier).Assembly.GetType(name)!;

    private static Type ClrType(Schema schema) => schema switch
    {
        RecordSchema record => TypeOf(record.Fullname),
        _ => schema.Tag switch
        {
            Schema.Type.Bytes => typeof(byte[]),
            Schema.Type.Boolean => typeof(bool),
            Schema.Type.Long => typeof(long),
            Schema.Type.Int => typeof(int),
            _ => typeof(string),
        },
    };
}
