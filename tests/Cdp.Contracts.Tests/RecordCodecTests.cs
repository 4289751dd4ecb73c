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
            var record = RandomRecords.Next(name, random);
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
            var bytes = ByLibrary(RandomRecords.Next(name, random));
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
            var bytes = ByLibrary(RandomRecords.Next(name, random));
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
        // Strings "a" and "b": a block of one element that states its size (2 bytes), then one that does not; other writers may do either.
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
}
