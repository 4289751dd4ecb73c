using System.Reflection;
using Avro;
using Avro.IO;
using Avro.Specific;
using cdp;
using Xunit;

namespace Cdp.Contracts.Tests;

/// <summary>The generated code against Apache's implementation, for every record of schemas/.</summary>
public sealed class RecordCodecTests
{
    private const int Records = 50;

    public static TheoryData<string> Names => [.. AvroRecords.Reads.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Write_AnyRecord_IsWhatTheLibraryWrites(string name)
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        for (var i = 0; i < Records; i++)
        {
            var record = (IAvroRecord)Value(SchemaOf(name), random)!;
            Assert.True(ByLibrary(record).SequenceEqual(Written(record)), $"seed {seed}, record {i}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Read_WhatTheLibraryWrote_IsTheRecord(string name)
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        for (var i = 0; i < Records; i++)
        {
            var bytes = ByLibrary((IAvroRecord)Value(SchemaOf(name), random)!);
            var reader = new AvroReader(bytes);
            Assert.True(bytes.SequenceEqual(ByLibrary(AvroRecords.Reads[name](ref reader))), $"seed {seed}, record {i}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Read_CutOrBrokenBytes_AnswersOrThrowsAvroExceptionOnly(string name)
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        for (var i = 0; i < Records; i++)
        {
            var bytes = ByLibrary((IAvroRecord)Value(SchemaOf(name), random)!);
            if (bytes.Length == 0) continue;
            var broken = bytes[..random.Next(bytes.Length)];
            if (i % 2 == 0) (broken = bytes)[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                var reader = new AvroReader(broken);
                AvroRecords.Reads[name](ref reader);
            }
            catch (AvroException)
            {
                continue;
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, record {i}: {e}");
            }
        }
    }

    [Fact]
    public void Read_ArrayInSeveralBlocksWithSizes_IsWhole()
    {
        // Strings "a" and "b": a block of one element that tells its size (2 bytes), then one that does not; other writers may do either.
        byte[] absorbed = [0x01, 0x04, 0x02, (byte)'a', 0x02, 0x02, (byte)'b', 0x00];
        var reader = new AvroReader(absorbed);
        var texts = new List<string>();
        for (var count = reader.Block(); count > 0; count = reader.Block())
        {
            for (; count > 0; count--) texts.Add(reader.Text());
        }
        Assert.Equal(["a", "b"], texts);
    }

    [Fact]
    public void Write_NullWhereNoneMayBe_ThrowsAvroException() => Assert.Throws<AvroException>(() => Written(new Identifier { type = "email" }));

    [Theory]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("1969-12-31T23:59:59.999999Z")]
    [InlineData("9999-12-31T23:59:59.999999Z")]
    public void Time_ToTheMicrosecond_ComesBack(string time)
    {
        var (writer, expected) = (new AvroWriter(), DateTime.Parse(time, null, System.Globalization.DateTimeStyles.AdjustToUniversal));
        writer.Time(expected);
        var reader = new AvroReader(writer.Written);
        var read = reader.Time();
        Assert.Equal((expected, DateTimeKind.Utc), (read, read.Kind));
    }

    private static RecordSchema SchemaOf(string name) => (RecordSchema)TypeOf(name).GetField("_SCHEMA", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;

    private static Type TypeOf(string name) => typeof(Identifier).Assembly.GetType(name)!;

    private static byte[] Written(IAvroRecord record)
    {
        var writer = new AvroWriter();
        record.Write(writer);
        return writer.Written.ToArray();
    }

    private static byte[] ByLibrary(IAvroRecord record)
    {
        using var stream = new MemoryStream();
        new SpecificDatumWriter<ISpecificRecord>(record.Schema).Write(record, new BinaryEncoder(stream));
        return stream.ToArray();
    }

    private static object? Value(Schema schema, Random random) => schema switch
    {
        // Whole milliseconds: the library counts in floating point.
        LogicalSchema => DateTime.UnixEpoch.AddMilliseconds(random.NextInt64(-10_000_000_000_000, 10_000_000_000_000)),
        RecordSchema record => Record(record, random),
        ArraySchema array => Fill((System.Collections.IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(ClrType(array.ItemSchema)))!, array.ItemSchema, random),
        MapSchema map => Fill((System.Collections.IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(typeof(string), ClrType(map.ValueSchema)))!, map.ValueSchema, random),
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

    private static ISpecificRecord Record(RecordSchema schema, Random random)
    {
        var record = (ISpecificRecord)Activator.CreateInstance(TypeOf(schema.Fullname))!;
        foreach (var field in schema.Fields) record.Put(field.Pos, Value(field.Schema, random));
        return record;
    }

    private static System.Collections.IList Fill(System.Collections.IList list, Schema items, Random random)
    {
        for (var left = random.Next(4); left > 0; left--) list.Add(Value(items, random));
        return list;
    }

    private static System.Collections.IDictionary Fill(System.Collections.IDictionary map, Schema values, Random random)
    {
        for (var left = random.Next(4); left > 0; left--) map[Text(random)] = Value(values, random);
        return map;
    }

    private static string Text(Random random) => string.Concat(Enumerable.Range(0, random.Next(100)).Select(_ => new[] { "a", "é", "\u4e2d", "\U0001f600", "\0", "\"" }[random.Next(6)]));

    private static byte[] Bytes(Random random)
    {
        var bytes = new byte[random.Next(100)];
        random.NextBytes(bytes);
        return bytes;
    }

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
